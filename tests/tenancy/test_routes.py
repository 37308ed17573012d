"""Owner, teammate and stranger walk every route (S9.4-01)."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from authsvc.devices.models import Device
from authsvc.person.visits import cookie_name
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from tests.tenancy.conftest import World, make_visit
from tests.tenancy.routes import EXPECTED, Kind, all_routes, filled, names_a_row, routes

pytestmark = [pytest.mark.requirement("S9.4-01"), pytest.mark.django_db]
DONE = {200, 201, 302, 422}
# Of django-allauth, with ones of the portal's own before them.
REPLACED = {"account/2fa/", "account/2fa/webauthn/keys/<int:pk>/remove/"}


def test_every_route_is_expected() -> None:
    walked = list(all_routes())
    assert set(walked) == set(EXPECTED)
    assert {route for route, count in Counter(walked).items() if count > 1} == REPLACED


@pytest.mark.parametrize("route", routes(Kind.MEMBER, Kind.FORM))
def test_members_read_and_nobody_else(
    route: str, ours: World, owner: Client, teammate: Client, stranger: Client, client: Client
) -> None:
    path = filled(route, ours.values)
    assert owner.get(path).status_code == 200
    assert teammate.get(path).status_code == 200
    assert stranger.get(path).status_code == 404
    assert client.get(path).status_code == 302
    assert client.get(path)["Location"].startswith("/account/login/")


@pytest.mark.parametrize("route", routes(Kind.CHANGER, Kind.FORM))
def test_only_owners_and_administrators_change(
    route: str, ours: World, owner: Client, teammate: Client, stranger: Client, client: Client
) -> None:
    path = filled(route, ours.values)
    assert client.post(path).status_code == 401
    assert stranger.post(path).status_code == 404
    assert teammate.post(path).status_code == 403
    assert owner.post(path).status_code in DONE


@pytest.mark.parametrize("route", routes(Kind.MEMBER, Kind.CHANGER, Kind.FORM, Kind.ASKER))
def test_a_change_is_never_made_by_following_a_link(route: str, ours: World, owner: Client) -> None:
    owner.get(f"/portal/{ours.tenant.slug}/")  # That they came is written down, once.
    written: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        written.extend([sql] if sql.startswith(("INSERT", "UPDATE", "DELETE")) else [])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        answer = owner.get(filled(route, ours.values))
    assert answer.status_code == (405 if EXPECTED[route] in {Kind.CHANGER, Kind.ASKER} else 200)
    assert written == []


@pytest.mark.parametrize("route", [route for route in routes(Kind.MEMBER, Kind.FORM) if names_a_row(route)])
def test_a_stranger_cannot_read_our_rows_under_their_tenant(
    route: str, ours: World, theirs: World, stranger: Client
) -> None:
    path = filled(route, {**ours.values, "tenant": theirs.tenant.slug})
    assert stranger.get(path).status_code == 404


@pytest.mark.parametrize("route", [route for route in routes(Kind.CHANGER, Kind.FORM) if names_a_row(route)])
def test_a_stranger_cannot_change_our_rows_under_their_tenant(
    route: str, ours: World, theirs: World, stranger: Client
) -> None:
    path = filled(route, {**ours.values, "tenant": theirs.tenant.slug})
    assert stranger.post(path).status_code == 404
    with tenant_scope(ours.tenant.id):
        assert Subject.objects.get(pk=ours.values["subject"]).status == Subject.Status.ACTIVE


@pytest.mark.parametrize("inner", ["secret", "link", "device"])
def test_a_row_is_not_reached_through_a_parent_of_another_tenant(
    inner: str, ours: World, theirs: World, owner: Client
) -> None:
    for route in routes(Kind.CHANGER):
        if f":{inner}>" in route:
            mixed = filled(route, {**ours.values, inner: theirs.values[inner]})
            assert owner.post(mixed).status_code == 404


@pytest.mark.parametrize("route", routes(Kind.AGENT))
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_agent_cannot_reach_a_row_through_another_tenant(
    route: str, method: str, ours: World, theirs: World, client: Client
) -> None:
    path = filled(route, {**ours.values, "tenant": theirs.tenant.slug})
    answer = getattr(client, method)(path, headers={"origin": "http://localhost:8000"})
    assert 400 <= answer.status_code < 500
    assert ours.tenant.name not in answer.content.decode()


@pytest.mark.parametrize("route", routes(Kind.PERSON))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_persons_page_knows_its_person_at_their_own_tenant_alone(
    route: str, method: str, ours: World, theirs: World, client: Client
) -> None:
    with tenant_scope(theirs.tenant.id):
        stranger = make_visit(theirs)
    client.cookies[cookie_name()] = stranger
    for world, names in ((theirs, ours.values), (ours, theirs.values)):
        path = filled(route, {**names, "tenant": world.tenant.slug})
        answer = getattr(client, method)(path, headers={"origin": settings.BASE_URL})
        assert answer.status_code in {200, 302, 303, 404, 405, 422}
        assert f"Person of {ours.tenant.slug}" not in answer.content.decode()
    with tenant_scope(ours.tenant.id):
        assert Device.objects.get(pk=ours.values["device"]).status == Device.Status.ACTIVE
        assert Subject.objects.get(pk=ours.values["subject"]).has_face


@pytest.mark.parametrize("route", [route for route in routes(Kind.OPEN, Kind.ACCOUNT) if "<" not in route])
def test_open_and_account_pages_show_nothing_of_a_tenant(route: str, ours: World, client: Client) -> None:
    answer = client.get("/" + route)
    assert answer.status_code < 500 or route == "readyz"
    assert ours.tenant.slug not in answer.content.decode()


def test_lists_show_rows_of_one_tenant_only(ours: World, theirs: World, owner: Client) -> None:
    for route in routes(Kind.MEMBER):
        page = owner.get(filled(route, ours.values)).content.decode()
        assert f"of {theirs.tenant.slug}" not in page
    assert (
        f"Person of {ours.tenant.slug}" in owner.get(f"/portal/{ours.tenant.slug}/people/").content.decode()
    )
