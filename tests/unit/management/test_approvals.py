"""S9.4-02: risky acts wait for a second administrator, or for a day where there is none."""

from datetime import timedelta
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.clients.fields import FIELDS
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.clients.setting import Agreement
from authsvc.core.clock import now
from authsvc.management import approvals, four_eyes, relying_parties
from authsvc.management.acting import FRESH, NeedsAgreement, NotPermitted, ProveAgain
from authsvc.management.actors import COMMAND_LINE, Agreed, Member
from authsvc.management.approvals import NotPending, OwnRequest
from authsvc.management.models import Approval
from authsvc.management.people import rename_device
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_device, make_subject, make_tenant
from tests.unit.management.conftest import member

pytestmark = pytest.mark.requirement("S9.4-02")
ADDRESS = "https://partner.example/cb"
MORE = [ADDRESS, "https://partner.example/second"]


@pytest.fixture
def party(tenant: Tenant) -> RelyingParty:
    return register(name="Partner", redirect_uris=[ADDRESS], floor_level="L2")[0]


def change(by: Member, party: RelyingParty, **settings: Any) -> Approval:
    """Try to change a relying party, and ask for what that takes."""
    with pytest.raises(NeedsAgreement) as needed:
        relying_parties.change(by=by, party=party, **settings)
    return approvals.ask(by=by, wanted=needed.value, why="They have a second site.")


def addresses(party: RelyingParty) -> list[str]:
    found: list[str] = RelyingParty.objects.get(pk=party.pk).redirect_uris
    return found


RISKY = [
    {"redirect_uris": MORE},
    {"redirect_uris": ["https://elsewhere.example/cb"]},
    {"subject_type": "public"},
    {"floor_level": "L1"},
    {"name": "Harmless", "floor_level": "L1"},
]
HARMLESS = [
    {"redirect_uris": [ADDRESS]},
    {"name": "Renamed"},
    {"subject_type": "pairwise"},
]


@pytest.mark.parametrize("settings", RISKY)
def test_a_risky_change_by_one_alone_changes_nothing(
    ada: Member, grace: Member, party: RelyingParty, settings: dict[str, Any]
) -> None:
    before = RelyingParty.objects.filter(pk=party.pk).values().get()
    asked = change(ada, party, **settings)
    assert asked.is_pending
    assert RelyingParty.objects.filter(pk=party.pk).values().get() == before


@pytest.mark.parametrize("settings", HARMLESS)
def test_what_is_not_risky_needs_nobody_else(
    ada: Member, party: RelyingParty, settings: dict[str, Any]
) -> None:
    relying_parties.change(by=ada, party=party, **settings)
    assert not Approval.objects.exists()


def test_t21_public_subjects_take_agreement_from_the_first(ada: Member, grace: Member) -> None:
    with pytest.raises(NeedsAgreement):
        relying_parties.register(by=ada, name="New", redirect_uris=[ADDRESS], subject_type="public")
    assert not RelyingParty.objects.exists()


def test_t21_a_setting_that_says_so_takes_agreement(
    ada: Member, grace: Member, party: RelyingParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by a name that the table of four eyes knows, but by what the setting's own row says."""
    flagged = [name for name, row in FIELDS.items() if row.approval is not None]
    assert flagged == ["scope_floors", "subject_type"]
    assert len(four_eyes.OF_SETTINGS) == len(flagged)
    never = Agreement(lambda before, after: False, "never")
    monkeypatch.setitem(vars(FIELDS["subject_type"]), "approval", never)
    relying_parties.change(by=ada, party=party, subject_type="public")
    assert RelyingParty.objects.get(pk=party.pk).subject_type == "public"


def test_t21_another_agrees_and_the_site_gets_public_subjects(
    ada: Member, grace: Member, party: RelyingParty
) -> None:
    with pytest.raises(NeedsAgreement) as needed:
        relying_parties.register(by=ada, name="New", redirect_uris=[ADDRESS], subject_type="public")
    assert [str(why) for why in needed.value.reasons] == [
        "It tells the site identifiers that other sites know too."
    ]
    asked = approvals.ask(by=ada, wanted=needed.value, why="Both are ours.")
    made, _secret = approvals.approve(by=grace, approval=asked)
    assert (made.subject_type, party.subject_type) == ("public", "pairwise")
    relying_parties.change(by=ada, party=made, subject_type="public", name="Renamed")
    relying_parties.change(by=ada, party=made, subject_type="pairwise")
    with pytest.raises(NeedsAgreement):
        relying_parties.change(by=ada, party=made, subject_type="public")


@pytest.mark.parametrize("settings", RISKY)
def test_a_sandbox_tenant_and_the_command_line_are_not_asked(
    party: RelyingParty, tenant: Tenant, ada: Member, settings: dict[str, Any]
) -> None:
    relying_parties.change(by=COMMAND_LINE, party=party, **settings)
    other = make_tenant()
    with tenant_scope(other.id):
        theirs = register(name="Theirs", redirect_uris=[ADDRESS], floor_level="L2")[0]
        relying_parties.change(by=member((other, Role.ADMIN)), party=theirs, **settings)


def test_another_agrees_and_it_is_done_once(ada: Member, grace: Member, party: RelyingParty) -> None:
    asked = change(ada, party, redirect_uris=MORE)
    approvals.approve(by=grace, approval=asked)
    assert addresses(party) == MORE
    done = Approval.objects.get()
    assert (done.state, done.decided_by_name) == (Approval.State.APPROVED, grace.name)
    changed = AuditEvent.objects.get(tag=Tag.CLIENT_CHANGED)
    given = AuditEvent.objects.get(tag=Tag.APPROVAL_GIVEN)
    assert (changed.actor, given.actor, given.details["asked_by"]) == (ada.name, grace.name, ada.name)
    assert AuditEvent.objects.filter(tag=Tag.APPROVAL_ASKED, actor=ada.name).count() == 1
    with pytest.raises(NotPending):
        approvals.approve(by=grace, approval=asked)


def test_nobody_agrees_with_themselves(ada: Member, grace: Member, party: RelyingParty) -> None:
    asked = change(ada, party, redirect_uris=MORE)
    with pytest.raises(OwnRequest):
        approvals.approve(by=ada, approval=asked)
    with pytest.raises(OwnRequest):
        approvals.carry_out_alone(by=ada, approval=asked)
    assert addresses(party) == [ADDRESS]


def test_who_agrees_has_the_permission_and_a_fresh_proof(
    ada: Member, grace: Member, party: RelyingParty, tenant: Tenant
) -> None:
    asked = change(ada, party, redirect_uris=MORE)
    stale = member((tenant, Role.OWNER), ago=FRESH + timedelta(seconds=5))
    for by, refusal in (
        (member((tenant, Role.AUDITOR)), NotPermitted),
        (member((make_tenant(), Role.OWNER)), NotPermitted),
        (stale, ProveAgain),
    ):
        with pytest.raises(refusal):
            approvals.approve(by=by, approval=asked)
    assert addresses(party) == [ADDRESS]


def test_who_asks_has_the_permission_and_a_fresh_proof(
    ada: Member, grace: Member, party: RelyingParty, tenant: Tenant
) -> None:
    with pytest.raises(NeedsAgreement) as needed:
        relying_parties.change(by=ada, party=party, redirect_uris=MORE)
    for by, refusal in (
        (member((tenant, Role.AUDITOR)), NotPermitted),
        (member((tenant, Role.ADMIN), ago=None), ProveAgain),
    ):
        with pytest.raises(refusal):
            approvals.ask(by=by, wanted=needed.value, why="x")
    assert not Approval.objects.exists()


def test_who_lost_the_role_since_asked_in_vain(ada: Member, grace: Member, party: RelyingParty) -> None:
    asked = change(ada, party, redirect_uris=MORE)
    Membership.objects.filter(user_id=ada.user_id).update(disabled_at=now())
    with pytest.raises(NotPermitted):
        approvals.approve(by=grace, approval=asked)
    assert addresses(party) == [ADDRESS]


def test_a_refused_or_expired_request_is_over(ada: Member, grace: Member, party: RelyingParty) -> None:
    refused, late = change(ada, party, redirect_uris=MORE), change(ada, party, floor_level="L1")
    approvals.refuse(by=grace, approval=refused)
    Approval.objects.filter(pk=late.pk).update(expires_at=now())
    for over in (refused, late):
        with pytest.raises(NotPending):
            approvals.approve(by=grace, approval=over)
    assert approvals.expire() == 1
    assert approvals.expire() == 0
    assert {row.state for row in Approval.objects.all()} == {"refused", "expired"}
    assert AuditEvent.objects.filter(tag=Tag.APPROVAL_REFUSED, actor=grace.name).count() == 1
    assert AuditEvent.objects.filter(tag=Tag.APPROVAL_EXPIRED).count() == 1


def test_the_same_request_twice_is_one(ada: Member, grace: Member, party: RelyingParty) -> None:
    assert change(ada, party, redirect_uris=MORE).pk == change(ada, party, redirect_uris=MORE).pk


@pytest.mark.parametrize("field", ["arguments", "act", "digest"])
def test_what_is_not_what_was_asked_for_is_not_done(
    ada: Member, grace: Member, party: RelyingParty, field: str
) -> None:
    asked = change(ada, party, redirect_uris=MORE)
    other = {
        "arguments": {**asked.arguments, "redirect_uris": ["https://evil.example/cb"]},
        "act": "relying_parties.add_secret",
        "digest": "0" * 64,
    }
    Approval.objects.filter(pk=asked.pk).update(**{field: other[field]})
    with pytest.raises(NotPending):
        approvals.approve(by=grace, approval=asked)
    assert addresses(party) == [ADDRESS]


def test_only_what_changes_is_kept_and_nothing_else_is_undone(
    ada: Member, grace: Member, party: RelyingParty
) -> None:
    asked = change(ada, party, redirect_uris=MORE, name="Partner", floor_level="L2")
    assert asked.arguments.keys() == {"party", "redirect_uris"}
    relying_parties.change(by=grace, party=party, name="Renamed since")
    approvals.approve(by=grace, approval=asked)
    assert RelyingParty.objects.get(pk=party.pk).name == "Renamed since"


def test_what_it_is_about_may_be_gone(ada: Member, grace: Member, party: RelyingParty) -> None:
    asked = change(ada, party, redirect_uris=MORE)
    party.delete()
    with pytest.raises(NotPending):
        approvals.approve(by=grace, approval=asked)


def test_a_failing_act_leaves_the_request_waiting(ada: Member, grace: Member, party: RelyingParty) -> None:
    asked = change(ada, party, redirect_uris=[ADDRESS, "ftp://partner.example/cb"])
    with pytest.raises(Exception, match="redirect_uris"):
        approvals.approve(by=grace, approval=asked)
    assert Approval.objects.get().is_pending


def test_one_administrator_alone_waits_a_day(ada: Member, party: RelyingParty, tenant: Tenant) -> None:
    member((tenant, Role.AUDITOR))
    asked = change(ada, party, redirect_uris=MORE)
    assert asked.alone_from is not None
    assert asked.alone_from - asked.asked_at == timedelta(hours=24)
    with pytest.raises(OwnRequest):
        approvals.carry_out_alone(by=ada, approval=asked)
    Approval.objects.update(alone_from=now() - timedelta(seconds=1))
    stale = Member(ada.user_id, ada.name, now() - timedelta(hours=1))
    with pytest.raises(ProveAgain):
        approvals.carry_out_alone(by=stale, approval=asked)
    assert addresses(party) == [ADDRESS]
    approvals.carry_out_alone(by=ada, approval=asked)
    assert addresses(party) == MORE


def test_who_is_alone_no_more_needs_the_other(ada: Member, party: RelyingParty, tenant: Tenant) -> None:
    asked = change(ada, party, redirect_uris=MORE)
    grace = member((tenant, Role.OWNER))
    Approval.objects.update(alone_from=now() - timedelta(seconds=1))
    with pytest.raises(OwnRequest):
        approvals.carry_out_alone(by=ada, approval=asked)
    with pytest.raises(OwnRequest):
        approvals.carry_out_alone(by=grace, approval=asked)
    approvals.approve(by=grace, approval=asked)
    assert addresses(party) == MORE


def test_two_at_one_still_need_the_permission(ada: Member, grace: Member) -> None:
    device = make_device(make_subject())
    auditor = Member(grace.user_id, grace.name, now())
    Membership.objects.filter(user_id=grace.user_id).update(role=Role.AUDITOR)
    with pytest.raises(NotPermitted):
        rename_device(by=Agreed(asked=ada, agreed=auditor), device=device, name="x")
