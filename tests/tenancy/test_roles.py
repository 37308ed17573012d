"""Every route of the portal, as every role of three people: of this tenant, of another one, and of none."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from django.db import connection
from django.test import Client

from authsvc.management.permissions import ROLES, Permission, permissions_of
from authsvc.tenancy.roles import Role
from portal.screens import SCREENS, Screen
from portal.team.powers import told
from tests.campaign import sampled
from tests.tenancy.conftest import World
from tests.tenancy.people import make_user, signed_in
from tests.tenancy.routes import EXPECTED, Kind, filled, routes

pytestmark = [pytest.mark.requirement("S9.4-01"), pytest.mark.django_db]
PORTAL: Final = "portal/<slug:tenant>/"
PEOPLE: Final = ("member", "member of another tenant", "nobody")
METHODS: Final = ("get", "post")
DONE: Final = {200, 201, 302, 409, 422}
# What a form of a screen takes, where it is not the one permission to change what the screen shows.
CHANGES: Final = {
    "people": Permission.CHANGE_PEOPLE,
    "relying-parties": Permission.CHANGE_RELYING_PARTIES,
    "provider": Permission.CHANGE_PROVIDER,
    "provider/keys": Permission.CHANGE_KEYS,
    "policies": Permission.CHANGE_POLICY,
    "team": Permission.CHANGE_TEAM,
    "approvals": Permission.AGREE,
    "audit/export": Permission.EXPORT_LOG,
    "audit/checks": Permission.SEE_AUDIT,
    "start": Permission.CHANGE_SETTINGS,
    "settings": Permission.CHANGE_SETTINGS,
    "single-sign-on": Permission.CHANGE_TEAM,
    "self-enrolment": Permission.CHANGE_PROVIDER,
    "filters": Permission.SEE_OVERVIEW,
}


def screen_at(route: str) -> Screen:
    """The screen of a route of the portal."""
    name = route.removeprefix(PORTAL).split("/")[0]
    return next((screen for screen in SCREENS if screen.name == name), SCREENS[0])


def change_at(route: str) -> Permission:
    """What a form at a route takes: the row of the longest beginning."""
    place = route.removeprefix(PORTAL)
    return max((len(begin), takes) for begin, takes in CHANGES.items() if place.startswith(begin))[1]


def cases() -> dict[str, tuple[str, str, str, str]]:
    """Every route, role, person and method, by a name."""
    return {
        f"{route.removeprefix(PORTAL)} {role} {person} {method}": (route, role, person, method)
        for route in routes(Kind.MEMBER, Kind.CHANGER, Kind.FORM, Kind.ASKER)
        for role in ROLES
        for person in PEOPLE
        for method in METHODS
    }


def pairwise() -> list[str]:
    """The names of some of them in which every two of route, role, person and method come together."""
    return [
        name
        for at, name in enumerate(cases())
        if _is_taken(*divmod(at, len(ROLES) * len(PEOPLE) * len(METHODS)))
    ]


def _is_taken(route: int, within: int) -> bool:
    role, rest = divmod(within, len(PEOPLE) * len(METHODS))
    person, method = divmod(rest, len(METHODS))
    return person == (route + role) % len(PEOPLE) and method == (route + role + route // 6) % len(METHODS)


def test_the_sample_has_every_pair() -> None:
    known, taken = cases(), [cases()[name] for name in pairwise()]
    for one in range(4):
        for other in range(one + 1, 4):
            wanted = {(case[one], case[other]) for case in known.values()}
            assert wanted == {(case[one], case[other]) for case in taken}


@pytest.fixture
def come(ours: World, theirs: World, client: Client) -> Callable[[str, str], Client]:
    def opened(role: str, person: str) -> Client:
        worlds = {"member": ours, "member of another tenant": theirs}
        return signed_in(make_user((worlds[person].tenant, role))) if person in worlds else client

    return opened


@pytest.mark.parametrize("case", sampled(cases(), *pairwise()))
def test_each_role_does_what_the_table_says(
    case: tuple[str, str, str, str], ours: World, come: Callable[[str, str], Client]
) -> None:
    route, role, person, method = case
    visitor, path = come(role, person), filled(route, ours.values)
    if person == "member":
        visitor.get(f"/portal/{ours.tenant.slug}/")  # That they came is written down, once.
    written: list[str] = []
    with connection.execute_wrapper(_noting(written)):
        status = getattr(visitor, method)(path).status_code
    if person == "nobody":
        assert status == (302 if method == "get" else 401)
    elif person != "member":
        assert status == 404
    elif method == "get":
        seen = screen_at(route).permission in permissions_of(role)
        there = 405 if EXPECTED[route] in {Kind.CHANGER, Kind.ASKER} else 200
        assert status == (there if seen else 403)
    elif EXPECTED[route] == Kind.MEMBER:
        assert status in {403, 405}
    elif change_at(route) in permissions_of(role):
        assert status in DONE
        return
    else:
        # A form that says nothing may be sent back before anybody is asked who they are.
        assert status in {403, 422}
    assert written == []


def _noting(written: list[str]) -> Callable[..., Any]:
    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        # When a session was used last is its own.
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and "accounts_administratorsession" not in sql:
            written.append(sql)
        return execute(sql, *rest)

    return note


def test_the_page_of_roles_is_the_table(ours: World, teammate: Client) -> None:
    page = teammate.get(f"/portal/{ours.tenant.slug}/team/roles/").content.decode()
    powers = [power for _group, of_group in told() for power in of_group]
    assert [power.label for power in powers] == [permission.words for permission in Permission]
    for permission, power in zip(Permission, powers, strict=True):
        assert str(permission.words) in page
        assert [held for _label, held in power.held] == [permission in ROLES[role] for role in Role.values]
    assert page.count(">Yes<") == sum(map(len, ROLES.values()))
