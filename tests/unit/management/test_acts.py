"""Every administrative act: who may perform it, that it is recorded, and that it stands or falls as one."""

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from authsvc import management
from authsvc.audit.models import AuditEvent
from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.life import REMOVED_AT
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.hosts import moving
from authsvc.hosts.models import Host
from authsvc.management import (
    acting,
    approvals,
    checks,
    disputes,
    faces,
    hosts,
    importing,
    keys,
    log,
    needs,
    organisation,
    people,
    policies,
    provider,
    reach,
    relying_parties,
    saved_filters,
    self_enrolment,
    single_sign_on,
    starting,
    team,
    tenants,
)
from authsvc.management.acting import FRESH, NotPermitted, ProveAgain, act, may
from authsvc.management.actors import COMMAND_LINE, Actor, Member, Operator, Person, System
from authsvc.management.models import SavedFilter
from authsvc.management.permissions import ACTS, OWN, PLATFORM, ROLES, SEEING, Permission, permissions_of
from authsvc.oidc.bench import running
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import SHIPPED
from authsvc.privacy.models import Need
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant, TenantOwned
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from tests.campaign import sampled
from tests.factories import OWN_PROVIDER, PEOPLE_PROVIDER, make_subject, make_tenant
from tests.provider.tokens import key_set, new_key
from tests.unit.management.conftest import ADDRESS, LOGO, REGION, TABLE, TRUSTED, Estate, member

pytestmark = pytest.mark.requirement("S9.4-01")

SAVED = {"of": "attempts", "name": "Mine"}


@transaction.atomic
def restored(has: Estate, by: Actor) -> None:
    has.party.status = RelyingParty.Status.REMOVED
    REMOVED_AT.put(has.party, now().isoformat())
    has.party.save()
    relying_parties.restore(by=by, party=has.party)


@transaction.atomic
def bench_stopped(has: Estate, by: Actor) -> None:
    running.begin(has.party)
    relying_parties.stop_bench(by=by, party=has.party)


@transaction.atomic
def answered(has: Estate, by: Actor) -> None:
    given = {"kind": "refused", "said": "It was me"}
    dispute = disputes.raise_dispute(by=COMMAND_LINE, subject=has.person, **given)
    disputes.answer(by=by, dispute=dispute, outcome="rejected", text="It was not")


@transaction.atomic
def filter_dropped(has: Estate, by: Actor) -> None:
    for name in (SAVED["name"], "One that stays"):
        SavedFilter.objects.create(saved_by=by.name, saved_at=now(), **{**SAVED, "name": name})
    saved_filters.drop(by=by, **SAVED)


@transaction.atomic
def resumed(has: Estate, by: Actor) -> None:
    people.suspend(by=COMMAND_LINE, subject=has.person, why="away")
    people.resume(by=by, subject=has.person)


@transaction.atomic
def links_taken(has: Estate, by: Actor) -> None:
    importing.begin(by=COMMAND_LINE, table=has.table, way="link")
    importing.go_on(has.table.pk)
    has.table.refresh_from_db()
    importing.take_links(by=by, table=has.table)


def bench_started(has: Estate, by: Actor) -> None:
    with patch.object(relying_parties, "bench_lacks", lambda _: []):
        relying_parties.start_bench(by=by, party=has.party)


def let_live(has: Estate, by: Actor) -> None:
    with patch.object(running, "last_run", lambda _: running.Run("run", now(), [], goes_on=False)):
        relying_parties.let_live(by=by, party=has.party)


@transaction.atomic
def opened_again(has: Estate, by: Actor) -> None:
    Tenant.objects.filter(pk=has.tenant.pk).update(suspended_at=now())
    tenants.resume(by=by, tenant=has.tenant)


# Each act, done once to the estate.
DONE: dict[str, Callable[[Estate, Actor], Any]] = {
    "people.invite": lambda _, by: people.invite(by=by, name="Grace", external_id="7", email=""),
    "importing.check": lambda _, by: importing.check(by=by, name="people.csv", content=TABLE),
    "importing.begin": lambda has, by: importing.begin(by=by, table=has.table, way="link"),
    "checks.start": lambda _, by: checks.start(by=by),
    "importing.stop": lambda has, by: importing.stop(by=by, table=has.table),
    "importing.take_links": lambda has, by: links_taken(has, by),
    "people.create_link": lambda has, by: people.create_link(by=by, subject=has.person),
    "people.revoke_link": lambda has, by: people.revoke_link(by=by, link=has.link),
    "people.revoke_device": lambda has, by: people.revoke_device(by=by, device=has.device),
    "people.rename_device": lambda has, by: people.rename_device(by=by, device=has.device, name="Phone"),
    "people.make_recovery_codes": lambda has, by: people.make_recovery_codes(by=by, subject=has.person),
    "faces.remove": lambda has, by: faces.remove(by=by, subject=has.person),
    "faces.withdraw": lambda has, by: faces.withdraw(by=by, subject=has.person),
    "needs.set_need": lambda has, by: needs.set_need(
        by=by, subject=has.person, kind=Need.Kind.NO_TURN, has=True
    ),
    "reach.subscribe": lambda has, by: reach.subscribe(by=by, device=has.device, address=ADDRESS),
    "reach.unsubscribe": lambda has, by: reach.unsubscribe(by=by, subscription=has.subscription),
    "reach.set_wish": lambda has, by: reach.set_wish(
        by=by, subject=has.person, way="mail", quiet_hours="22:00-07:00 UTC"
    ),
    "people.change": lambda has, by: people.change(
        by=by, subject=has.person, name="Ada King", external_id="7", email="ada@example.org", claims={}
    ),
    "people.suspend": lambda has, by: people.suspend(by=by, subject=has.person, why="away"),
    "people.resume": lambda has, by: resumed(has, by),
    "disputes.raise_dispute": lambda has, by: disputes.raise_dispute(
        by=by, subject=has.person, kind="refused", said="It was me"
    ),
    "disputes.answer": lambda has, by: answered(has, by),
    "people.close": lambda has, by: people.close(by=by, subject=has.person),
    "relying_parties.register": lambda _, by: relying_parties.register(
        by=by, name="Second", redirect_uris=["https://second.example/cb"]
    ),
    "relying_parties.change": lambda has, by: relying_parties.change(by=by, party=has.party, name="New"),
    "relying_parties.add_secret": lambda has, by: relying_parties.add_secret(by=by, party=has.party),
    "relying_parties.revoke_secret": lambda has, by: relying_parties.revoke_secret(by=by, secret=has.secret),
    "relying_parties.remove": lambda has, by: relying_parties.remove(by=by, party=has.party),
    "relying_parties.restore": restored,
    "relying_parties.begin_test": lambda has, by: relying_parties.begin_test(
        by=by, party=has.party, return_to="https://portal.example/"
    ),
    "relying_parties.start_bench": bench_started,
    "relying_parties.stop_bench": bench_stopped,
    "relying_parties.let_live": let_live,
    "relying_parties.let_live_untested": lambda has, by: relying_parties.let_live_untested(
        by=by, party=has.party
    ),
    "saved_filters.keep": lambda _, by: saved_filters.keep(by=by, **SAVED, query="level=L1"),
    "saved_filters.drop": filter_dropped,
    "provider.set_options": lambda _, by: provider.set_options(by=by, dynamic_registration=True),
    "provider.trust_statements": lambda _, by: provider.trust_statements(
        by=by, issuer="https://new.example", keys=key_set(new_key())
    ),
    "provider.distrust_statements": lambda _, by: provider.distrust_statements(by=by, issuer=TRUSTED),
    "provider.issue_initial_token": lambda _, by: provider.issue_initial_token(by=by, note="Another"),
    "provider.revoke_initial_token": lambda has, by: provider.revoke_initial_token(by=by, token=has.token),
    "hosts.ask": lambda _, by: hosts.ask(by=by, host="new.example.org"),
    "hosts.go_live": lambda _, by: hosts.go_live(by=by, host="asked.example.org"),
    "hosts.leave": lambda _, by: hosts.leave(by=by, host="live.example.org"),
    "hosts.drop": lambda _, by: hosts.drop(by=by, host="asked.example.org"),
    "keys.rotate": lambda _, by: keys.rotate(by=by, algorithm="ES256"),
    "keys.revoke": lambda has, by: keys.revoke(by=by, kid=has.key.kid),
    "log.allow_export": lambda _, by: log.allow_export(by=by, form="csv"),
    "policies.set_least_age": lambda _, by: policies.set_least_age(by=by, age=21),
    "policies.set_handoff": lambda _, by: policies.set_handoff(by=by, digits=4, near=False),
    "policies.set_quiet_hours": lambda _, by: policies.set_quiet_hours(by=by, line="22:00-07:00 UTC"),
    "policies.set_region": lambda _, by: policies.set_region(by=by, region=REGION),
    "policies.set_models": lambda _, by: policies.set_models(by=by, models=["B", "G"], justification=""),
    "policies.save_draft": lambda _, by: policies.save_draft(by=by, changes={"handoff_digits": 4}),
    "policies.discard_draft": lambda _, by: policies.discard_draft(by=by),
    "policies.publish": lambda _, by: policies.publish(
        by=by, document={**DEFAULT, "least_age": 21}, parties={}, over=SHIPPED
    ),
    "policies.roll_back": lambda has, by: policies.roll_back(by=by, version=has.version),
    "team.admit": lambda has, by: team.admit(by=by, user=has.newcomer, role=Role.AUDITOR),
    "team.invite": lambda _, by: team.invite(by=by, email="new@example.org", role=Role.AUDITOR),
    "team.withdraw_invitation": lambda has, by: team.withdraw_invitation(by=by, invitation=has.invitation),
    "team.set_role": lambda has, by: team.set_role(by=by, membership=has.colleague, role=Role.AUDITOR),
    "team.disable": lambda has, by: team.disable(by=by, membership=has.colleague),
    "team.enable": lambda has, by: team.enable(by=by, membership=has.disabled),
    "team.remove": lambda has, by: team.remove(by=by, membership=has.colleague),
    "team.start_anew": lambda has, by: team.start_anew(by=by, membership=has.colleague),
    "organisation.describe": lambda _, by: organisation.describe(by=by, name="Other", language=""),
    "organisation.set_accent": lambda _, by: organisation.set_accent(by=by, accent="#aa3300"),
    "organisation.set_logo": lambda _, by: organisation.set_logo(by=by, picture=LOGO),
    "organisation.drop_logo": lambda _, by: organisation.drop_logo(by=by),
    "starting.note_read": lambda _, by: starting.note_read(by=by, what="policy"),
    "tenants.found": lambda _, by: tenants.found(by=by, slug="new", name="New", kind="sandbox"),
    "tenants.suspend": lambda has, by: tenants.suspend(by=by, tenant=has.tenant),
    "tenants.resume": opened_again,
    "tenants.bound": lambda has, by: tenants.bound(
        by=by, tenant=has.tenant, most_people=9, most_relying_parties=None
    ),
    "single_sign_on.configure": lambda _, by: single_sign_on.configure(
        by=by, **{**OWN_PROVIDER, "password_stays": False}
    ),
    "single_sign_on.set_secret": lambda _, by: single_sign_on.set_secret(by=by, secret="a secret"),
    "single_sign_on.remove": lambda _, by: single_sign_on.remove(by=by),
    "single_sign_on.unlink": lambda has, by: single_sign_on.unlink(by=by, identity=has.identity),
    "self_enrolment.configure": lambda _, by: self_enrolment.configure(
        by=by, **{**PEOPLE_PROVIDER, "email": "needed"}
    ),
    "self_enrolment.set_secret": lambda _, by: self_enrolment.set_secret(by=by, secret="a secret"),
    "self_enrolment.remove": lambda _, by: self_enrolment.remove(by=by),
    "approvals.approve": lambda has, by: approvals.approve(by=by, approval=has.asked),
    "approvals.refuse": lambda has, by: approvals.refuse(by=by, approval=has.asked),
}
# What a person does to another row than a member.
BY_PERSONS: dict[str, Callable[[Estate, Actor], Any]] = {
    "approvals.refuse": lambda has, by: approvals.refuse(by=by, approval=has.asked_about),
}
# Acts of members alone, who have done something before (test_approvals.py, test_export.py).
IN_TEST_APPROVALS = {"approvals.ask", "approvals.carry_out_alone", "log.take_export"}
# What takes a second factor used just now, and when one was used that does not count.
PROVEN = [name for name in DONE if ACTS[name].just_proven and ACTS[name].permission]
STALE = {
    "a little late": FRESH + timedelta(seconds=5),
    "yesterday": timedelta(hours=20),
    "in the future": -timedelta(hours=1),
    "never": None,
}
ALLOWED = {
    f"{name}-{role}": (name, role)
    for name in DONE
    for role in Role
    if ACTS[name].permission in permissions_of(role)
}
# Each act by the last of its roles: another one makes no other rows.
BY_ONE = {name: each for each, (name, _) in ALLOWED.items()}


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tenant in scope, and organisations, memberships and host names."""
    models = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
    rows = {model.__name__: sorted(model.objects.values_list(), key=repr) for model in models}
    apart = {
        model.__name__: sorted(model.objects.values_list(), key=repr) for model in (Tenant, Membership, Host)
    }
    return {**rows, **apart}


@pytest.fixture(autouse=True)
def names_lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each host name answers its challenge."""
    monkeypatch.setattr(moving, "require_answer", lambda *_: None)


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
    """How many events of anybody's log name them: what makes an organisation is in that one's."""
    count = 0
    for tenant in Tenant.objects.all():
        with tenant_scope(tenant.pk):
            count += AuditEvent.objects.filter(actor=by.name).count()
    return count


def test_every_act_of_the_table_is_tried_here_and_none_is_missing_in_it() -> None:
    found = set()
    for name, function in public_functions():
        if "by" in inspect.signature(function).parameters:
            assert function.__globals__["__name__"] == acting.__name__, f"{name} is no act"
            found.add(name)
    assert found == set(ACTS) == DONE.keys() | IN_TEST_APPROVALS
    assert not DONE.keys() & IN_TEST_APPROVALS


@pytest.mark.parametrize("allowed", sampled(ALLOWED, *BY_ONE.values()))
def test_who_may_does_it_and_it_is_recorded(estate: Estate, allowed: tuple[str, Role]) -> None:
    name, role = allowed
    by, before = member((estate.tenant, role)), everything()
    DONE[name](estate, by)
    assert recorded(by) >= 1
    changed = {model for model, rows in everything().items() if rows != before[model]}
    # What is allowed is done by a command; the event is all that there is of it.
    assert changed > {"AuditEvent"} or (name, changed) == ("log.allow_export", {"AuditEvent"})


@pytest.mark.parametrize("role", Role)
def test_who_may_not_is_refused_and_nothing_happens(estate: Estate, role: Role) -> None:
    by = member((estate.tenant, role))
    names = [name for name in DONE if ACTS[name].permission not in permissions_of(role)]
    before = everything()
    for name in names:
        with pytest.raises(NotPermitted, match=f"{by.name} called {name} without {ACTS[name].permission}"):
            DONE[name](estate, by)
    assert everything() == before


def test_an_owner_of_another_tenant_is_refused(estate: Estate) -> None:
    assert_none_is_done(estate, member((make_tenant(), Role.OWNER)), DONE, NotPermitted)


def assert_none_is_done(estate: Estate, by: Actor, names: Iterable[str], refused: type[Refused]) -> None:
    """Fail unless each of these acts is refused, and no row is another one after all of them."""
    before = everything()
    for name in names:
        with pytest.raises(refused):
            pytest.fail(f"{name} was done: {DONE[name](estate, by)}")
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


def test_a_person_does_nothing_to_what_is_another_persons(estate: Estate) -> None:
    other = at_their_page(estate, person=make_subject(name="Grace"))
    assert_none_is_done(estate, other, DONE, NotPermitted)


def test_a_person_does_nothing_that_the_table_does_not_give_them(estate: Estate) -> None:
    assert_none_is_done(estate, at_their_page(estate), DONE.keys() - OWN.keys(), NotPermitted)


@pytest.mark.parametrize("name", [name for name, takes_fresh in OWN.items() if takes_fresh])
def test_what_cannot_be_undone_takes_a_passkey_used_just_now(estate: Estate, name: str) -> None:
    before = everything()
    with pytest.raises(ProveAgain):
        DONE[name](estate, at_their_page(estate, ago=FRESH + timedelta(seconds=5)))
    assert everything() == before
    DONE[name](estate, at_their_page(estate, ago=FRESH - timedelta(seconds=5)))


@pytest.mark.parametrize("ago", STALE.values(), ids=STALE)
def test_t13_what_matters_takes_a_second_factor_used_just_now(estate: Estate, ago: timedelta | None) -> None:
    by = member((estate.tenant, Role.OWNER), ago=ago)
    assert_none_is_done(estate, by, PROVEN, ProveAgain)


def test_t13_only_what_takes_back_or_names_takes_no_fresh_proof(estate: Estate) -> None:
    lasting = {name for name, needed in ACTS.items() if not needed.just_proven}
    assert lasting == {
        "checks.start",
        "starting.note_read",
        "saved_filters.keep",
        "saved_filters.drop",
        "policies.save_draft",
        "policies.discard_draft",
        "importing.check",
        "importing.stop",
        "people.suspend",
        "disputes.raise_dispute",
        "people.revoke_link",
        "people.rename_device",
        "provider.revoke_initial_token",
        "relying_parties.stop_bench",
        "team.withdraw_invitation",
        "single_sign_on.unlink",
        "self_enrolment.remove",
        "approvals.refuse",
    }
    for name in lasting:
        DONE[name](estate, member((estate.tenant, Role.OWNER), ago=timedelta(hours=20)))


def test_what_the_portal_has_no_permission_for_is_the_persons_own_or_the_operators() -> None:
    alone = {name for name, needed in ACTS.items() if needed.permission is None}
    of_reach = {"reach.subscribe", "reach.unsubscribe", "reach.set_wish"}
    assert alone == {"people.make_recovery_codes", *of_reach, *PLATFORM}
    assert alone - PLATFORM <= OWN.keys()


def test_a_person_has_no_permission_of_the_portals(estate: Estate) -> None:
    assert not any(may(at_their_page(estate), permission) for permission in Permission)


@pytest.mark.parametrize("name", DONE)
def test_without_its_audit_row_nothing_is_done(
    estate: Estate, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ACTS[name].permission is None
    by: Actor = at_their_page(estate) if own else member((estate.tenant, Role.OWNER))
    if name in PLATFORM:
        by = Operator(uuid4(), "an operator", now())
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
    known = {f"authsvc/management/{name}.py" for name in ("actors", "acting")}
    # Leaves a question out for an operator alone, and so asks who acts.
    assert users - commands == known | {"authsvc/management/hosts.py"}
