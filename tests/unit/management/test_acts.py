"""Every administrative act: who may perform it, that it is recorded, and that it stands or falls as one."""

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied

from authsvc import management
from authsvc.audit.models import AuditEvent
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.management import (
    acting,
    approvals,
    faces,
    keys,
    needs,
    people,
    policies,
    provider,
    relying_parties,
    team,
)
from authsvc.management.acting import FRESH, NotPermitted, ProveAgain, act, may
from authsvc.management.actors import Actor, Member, Person, System
from authsvc.management.permissions import ACTS, OWN, ROLES, SEEING, Permission, permissions_of
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import TenantOwned
from authsvc.tenancy.roles import Role
from tests.campaign import crossed
from tests.factories import make_subject, make_tenant
from tests.provider.tokens import key_set, new_key
from tests.unit.management.conftest import TRUSTED, Estate, member

pytestmark = pytest.mark.requirement("S9.4-01")

# Each act, done once to the estate.
DONE: dict[str, Callable[[Estate, Actor], Any]] = {
    "people.invite": lambda _, by: people.invite(by=by, name="Grace", external_id="7", email=""),
    "people.create_link": lambda has, by: people.create_link(by=by, subject=has.person),
    "people.revoke_link": lambda has, by: people.revoke_link(by=by, link=has.link),
    "people.revoke_device": lambda has, by: people.revoke_device(by=by, device=has.device),
    "people.rename_device": lambda has, by: people.rename_device(by=by, device=has.device, name="Phone"),
    "people.make_recovery_codes": lambda has, by: people.make_recovery_codes(by=by, subject=has.person),
    "faces.remove": lambda has, by: faces.remove(by=by, subject=has.person),
    "faces.withdraw": lambda has, by: faces.withdraw(by=by, subject=has.person),
    "needs.set_light": lambda has, by: needs.set_light(by=by, subject=has.person, still=True),
    "people.close": lambda has, by: people.close(by=by, subject=has.person),
    "relying_parties.register": lambda _, by: relying_parties.register(
        by=by, name="Second", redirect_uris=["https://second.example/cb"]
    ),
    "relying_parties.change": lambda has, by: relying_parties.change(by=by, party=has.party, name="New"),
    "relying_parties.add_secret": lambda has, by: relying_parties.add_secret(by=by, party=has.party),
    "relying_parties.revoke_secret": lambda has, by: relying_parties.revoke_secret(by=by, secret=has.secret),
    "provider.set_options": lambda _, by: provider.set_options(by=by, dynamic_registration=True),
    "provider.trust_statements": lambda _, by: provider.trust_statements(
        by=by, issuer="https://new.example", keys=key_set(new_key())
    ),
    "provider.distrust_statements": lambda _, by: provider.distrust_statements(by=by, issuer=TRUSTED),
    "provider.issue_initial_token": lambda _, by: provider.issue_initial_token(by=by, note="Another"),
    "provider.revoke_initial_token": lambda has, by: provider.revoke_initial_token(by=by, token=has.token),
    "keys.rotate": lambda _, by: keys.rotate(by=by, algorithm="ES256"),
    "keys.revoke": lambda has, by: keys.revoke(by=by, kid=has.key.kid),
    "policies.set_least_age": lambda _, by: policies.set_least_age(by=by, age=21),
    "team.admit": lambda has, by: team.admit(by=by, user=has.newcomer, role=Role.AUDITOR),
    "team.invite": lambda _, by: team.invite(by=by, email="new@example.org", role=Role.AUDITOR),
    "team.withdraw_invitation": lambda has, by: team.withdraw_invitation(by=by, invitation=has.invitation),
    "team.set_role": lambda has, by: team.set_role(by=by, membership=has.colleague, role=Role.AUDITOR),
    "team.disable": lambda has, by: team.disable(by=by, membership=has.colleague),
    "team.enable": lambda has, by: team.enable(by=by, membership=has.disabled),
    "team.remove": lambda has, by: team.remove(by=by, membership=has.colleague),
    "team.start_anew": lambda has, by: team.start_anew(by=by, membership=has.colleague),
    "approvals.approve": lambda has, by: approvals.approve(by=by, approval=has.asked),
    "approvals.refuse": lambda has, by: approvals.refuse(by=by, approval=has.asked),
}
# What a person does to another row than a member.
BY_PERSONS: dict[str, Callable[[Estate, Actor], Any]] = {
    "approvals.refuse": lambda has, by: approvals.refuse(by=by, approval=has.asked_about),
}
# Acts of members alone, who have done something before.
IN_TEST_APPROVALS = {"approvals.ask", "approvals.carry_out_alone"}
# What takes a second factor used just now, and when one was used that does not count.
PROVEN = {name: name for name in DONE if ACTS[name].just_proven and ACTS[name].permission}
STALE = {
    "a little late": FRESH + timedelta(seconds=5),
    "yesterday": timedelta(hours=20),
    "in the future": -timedelta(hours=1),
    "never": None,
}
ALLOWED = [(name, role) for name in DONE for role in Role if ACTS[name].permission in permissions_of(role)]
REFUSED = [
    (name, role) for name in DONE for role in Role if ACTS[name].permission not in permissions_of(role)
]


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tenant in scope, audit log and memberships included."""
    models = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
    rows = {model.__name__: sorted(model.objects.values_list(), key=repr) for model in models}
    return {**rows, "Membership": sorted(Membership.objects.values_list(), key=repr)}


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Each function that a room of management defines for others, by the name that the table calls it."""
    for found in pkgutil.walk_packages(management.__path__, f"{management.__name__}."):
        if found.name == acting.__name__ or ".commands" in found.name:
            continue
        module = import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{found.name.rpartition('.')[2]}.{name}", function


def recorded(by: Actor) -> int:
    return AuditEvent.objects.filter(actor=by.name).count()


def test_every_act_of_the_table_is_tried_here_and_none_is_missing_in_it() -> None:
    found = set()
    for name, function in public_functions():
        if "by" in inspect.signature(function).parameters:
            assert function.__globals__["__name__"] == acting.__name__, f"{name} is no act"
            found.add(name)
    assert found == set(ACTS) == DONE.keys() | IN_TEST_APPROVALS
    assert not DONE.keys() & IN_TEST_APPROVALS


@pytest.mark.parametrize(("name", "role"), ALLOWED)
def test_who_may_does_it_and_it_is_recorded(estate: Estate, name: str, role: Role) -> None:
    by, before = member((estate.tenant, role)), everything()
    DONE[name](estate, by)
    assert recorded(by) >= 1
    changed = {model for model, rows in everything().items() if rows != before[model]}
    assert changed > {"AuditEvent", "AuditHead"}


@pytest.mark.parametrize(("name", "role"), REFUSED)
def test_who_may_not_is_refused_and_nothing_happens(estate: Estate, name: str, role: Role) -> None:
    by = member((estate.tenant, role))
    before = everything()
    with pytest.raises(NotPermitted, match=f"{by.name} called {name} without {ACTS[name].permission}"):
        DONE[name](estate, by)
    assert everything() == before


@pytest.mark.parametrize("name", DONE)
def test_an_owner_of_another_tenant_is_refused(estate: Estate, name: str) -> None:
    by = member((make_tenant(), Role.OWNER))
    before = everything()
    with pytest.raises(NotPermitted):
        DONE[name](estate, by)
    assert everything() == before


@pytest.mark.parametrize("name", DONE)
def test_the_command_line_may_do_everything_and_is_recorded(estate: Estate, name: str) -> None:
    by = System("an operator")
    DONE[name](estate, by)
    assert recorded(by) >= 1


def at_their_page(estate: Estate, *, ago: timedelta = timedelta(0), person: Any = None) -> Person:
    """Return the estate's person, or another one, as acts know somebody at their own page."""
    return Person(subject_id=(person or estate.person).pk, proven_at=now() - ago)


@pytest.mark.parametrize("name", OWN)
def test_a_person_does_to_what_is_theirs_what_the_table_says_and_it_is_recorded(
    estate: Estate, name: str
) -> None:
    by = at_their_page(estate)
    {**DONE, **BY_PERSONS}[name](estate, by)
    assert recorded(by) >= 1


@pytest.mark.parametrize("name", DONE)
def test_a_person_does_nothing_to_what_is_another_persons(estate: Estate, name: str) -> None:
    by = at_their_page(estate, person=make_subject(name="Grace"))
    before = everything()
    with pytest.raises(NotPermitted):
        DONE[name](estate, by)
    assert everything() == before


@pytest.mark.parametrize("name", sorted(DONE.keys() - OWN.keys()))
def test_a_person_does_nothing_that_the_table_does_not_give_them(estate: Estate, name: str) -> None:
    before = everything()
    with pytest.raises(NotPermitted):
        DONE[name](estate, at_their_page(estate))
    assert everything() == before


@pytest.mark.parametrize("name", [name for name, takes_fresh in OWN.items() if takes_fresh])
def test_what_cannot_be_undone_takes_a_passkey_used_just_now(estate: Estate, name: str) -> None:
    before = everything()
    with pytest.raises(ProveAgain):
        DONE[name](estate, at_their_page(estate, ago=FRESH + timedelta(seconds=5)))
    assert everything() == before
    DONE[name](estate, at_their_page(estate, ago=FRESH - timedelta(seconds=5)))


@pytest.mark.parametrize(("name", "ago"), crossed(PROVEN, STALE))
def test_t13_what_matters_takes_a_second_factor_used_just_now(
    estate: Estate, name: str, ago: timedelta | None
) -> None:
    by = member((estate.tenant, Role.OWNER), ago=ago)
    before = everything()
    with pytest.raises(ProveAgain):
        DONE[name](estate, by)
    assert everything() == before


def test_t13_only_what_takes_back_or_names_takes_no_fresh_proof(estate: Estate) -> None:
    lasting = {name for name, needed in ACTS.items() if not needed.just_proven}
    assert lasting == {
        "people.revoke_link",
        "people.rename_device",
        "provider.revoke_initial_token",
        "team.withdraw_invitation",
        "approvals.refuse",
    }
    for name in lasting:
        DONE[name](estate, member((estate.tenant, Role.OWNER), ago=timedelta(hours=20)))


def test_what_the_portal_has_no_permission_for_is_the_persons_own() -> None:
    alone = {name for name, needed in ACTS.items() if needed.permission is None}
    assert alone == {"people.make_recovery_codes"}
    assert alone <= OWN.keys()


def test_a_person_has_no_permission_of_the_portals(estate: Estate) -> None:
    assert not any(may(at_their_page(estate), permission) for permission in Permission)


@pytest.mark.parametrize("name", DONE)
def test_without_its_audit_row_nothing_is_done(
    estate: Estate, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ACTS[name].permission is None
    by: Actor = at_their_page(estate) if own else member((estate.tenant, Role.OWNER))
    before = everything()

    def fails(_: AuditEvent) -> None:
        raise OSError("the log cannot be written")

    monkeypatch.setattr("authsvc.audit.services.append", fails)
    with pytest.raises(OSError, match="cannot be written"):
        DONE[name](estate, by)
    assert everything() == before


def test_a_role_that_was_taken_away_counts_at_once(estate: Estate) -> None:
    by = member((estate.tenant, Role.OWNER))
    assert may(by, Permission.CHANGE_KEYS)
    Membership.objects.filter(user_id=by.user_id).update(disabled_at=now())
    assert not may(by, Permission.CHANGE_KEYS)
    Membership.objects.filter(user_id=by.user_id).update(disabled_at=None)
    assert may(by, Permission.CHANGE_KEYS)
    Membership.objects.filter(user_id=by.user_id).delete()
    assert not may(by, Permission.CHANGE_KEYS)


def test_what_is_neither_a_member_nor_the_installation_is_nobody(estate: Estate) -> None:
    for nobody in (None, "command line"):
        with pytest.raises(AttributeError):
            may(nobody, Permission.SEE_AUDIT)  # type: ignore[arg-type]


def test_an_act_without_a_row_in_the_table_cannot_be_written() -> None:
    with pytest.raises(KeyError, match="unheard_of"):

        @act
        def unheard_of(*, by: Actor) -> None: ...


def test_a_refusal_is_one_for_programs_and_for_django() -> None:
    refusal = NotPermitted(Member(user_id=uuid4(), name="a@example.org"), "keys.revoke")
    assert isinstance(refusal, Refused)
    assert isinstance(refusal, PermissionDenied)
    assert (refusal.code, refusal.status) == ("not-permitted", 403)


def test_roles_today() -> None:
    assert set(ROLES) == set(Role)
    assert permissions_of(Role.OWNER) == set(Permission)
    assert set(Permission) - permissions_of(Role.ADMIN) == {Permission.CHANGE_TEAM}
    assert permissions_of(Role.AUDITOR) == SEEING
    assert permissions_of("unheard of") == frozenset()


def test_no_request_acts_as_the_installation() -> None:
    root = Path(settings.BASE_DIR)
    users = {
        str(path.relative_to(root))
        for package in ("authsvc", "portal")
        for path in (root / package).rglob("*.py")
        if re.search(r"\b(System|COMMAND_LINE)\b", path.read_text(encoding="utf-8"))
    }
    commands = {path for path in users if "/commands/" in path}
    assert commands
    assert users - commands == {"authsvc/management/actors.py", "authsvc/management/acting.py"}
