"""S9.4-01, S9.4-02: nobody gives somebody power over the organisation alone (T11)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from authsvc.core.clock import now
from authsvc.management import approvals, team
from authsvc.management.acting import NeedsAgreement, NotPermitted
from authsvc.management.actors import COMMAND_LINE, Agreed, Member
from authsvc.management.approvals import OwnRequest
from authsvc.management.freezing import digest_of
from authsvc.management.models import Approval
from authsvc.management.team import LastOwner
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant
from tests.tenancy.people import make_user
from tests.unit.management.conftest import member

pytestmark = pytest.mark.requirement("S9.4-01", "S9.4-02")
NEW = {"email": "new@example.org", "role": Role.ADMIN}


@pytest.fixture
def owner(tenant: Tenant) -> Member:
    """Who gives power."""
    return member((tenant, Role.OWNER))


@pytest.fixture
def auditor(tenant: Tenant) -> Membership:
    """Who could get more of it."""
    return make_user((tenant, Role.AUDITOR)).memberships.get()


def asked(by: Member, act: Callable[..., Any], **given: Any) -> Approval:
    """Try an act, which is refused, and ask for it."""
    with pytest.raises(NeedsAgreement) as needed:
        act(by=by, **given)
    return approvals.ask(by=by, wanted=needed.value, why="a test")


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.OWNER])
def test_t11_nobody_is_invited_by_one_alone(owner: Member, grace: Member, role: Role) -> None:
    request = asked(owner, team.invite, email="new@example.org", role=role)
    assert not Invitation.objects.exists()
    assert (request.about, request.alone_from) == ("new@example.org", None)
    with pytest.raises(OwnRequest):
        approvals.approve(by=owner, approval=request)
    invitation, token = approvals.approve(by=grace, approval=request)
    assert team.find_invitation(token) == invitation
    assert (invitation.email, invitation.role, invitation.invited_by) == ("new@example.org", role, owner.name)


def test_t11_an_invitation_that_is_refused_invites_nobody(owner: Member, grace: Member) -> None:
    request = asked(owner, team.invite, **NEW)
    approvals.refuse(by=grace, approval=request)
    with pytest.raises(approvals.NotPending):
        approvals.approve(by=grace, approval=request)
    assert not Invitation.objects.exists()


def test_who_may_not_change_the_team_may_not_agree_to_it(owner: Member, ada: Member) -> None:
    request = asked(owner, team.invite, **NEW)
    with pytest.raises(NotPermitted):
        approvals.approve(by=ada, approval=request)


def test_the_only_owner_waits_a_day(owner: Member, ada: Member) -> None:
    request = asked(owner, team.invite, **NEW)
    assert request.alone_from == request.asked_at + timedelta(hours=24)
    with pytest.raises(OwnRequest):
        approvals.carry_out_alone(by=owner, approval=request)
    Approval.objects.update(alone_from=now())
    invitation, _token = approvals.carry_out_alone(by=owner, approval=request)
    assert invitation.email == "new@example.org"


def test_a_second_owner_ends_the_way_alone(owner: Member, tenant: Tenant) -> None:
    request = asked(owner, team.invite, **NEW)
    Approval.objects.update(alone_from=now())
    member((tenant, Role.OWNER))
    with pytest.raises(OwnRequest):
        approvals.carry_out_alone(by=owner, approval=request)


def test_the_first_owner_comes_without_anybodys_agreement(tenant: Tenant) -> None:
    team.invite(by=COMMAND_LINE, email="first@example.org", role=Role.OWNER)
    assert team.admit(by=COMMAND_LINE, user=make_user(), role=Role.OWNER).role == Role.OWNER
    assert not Approval.objects.exists()


def test_a_sandbox_asks_nobody(db: None) -> None:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        invitation, _token = team.invite(by=member((tenant, Role.OWNER)), **NEW)
    assert invitation.role == Role.ADMIN


def test_t11_a_link_to_anothers_account_takes_two(owner: Member, grace: Member, auditor: Membership) -> None:
    request = asked(owner, team.start_anew, membership=auditor)
    assert request.about == auditor.user.get_username()
    invitation, _token = approvals.approve(by=grace, approval=request)
    assert (invitation.email, invitation.starts_anew) == (auditor.user.get_username(), True)


def test_who_cannot_come_in_is_not_waited_for(owner: Member, tenant: Tenant) -> None:
    """Of two owners one lost everything: the other may go alone after a day, in sight of the first."""
    lost = make_user((tenant, Role.OWNER)).memberships.get()
    request = asked(owner, team.start_anew, membership=lost)
    assert request.alone_from is not None
    Approval.objects.update(alone_from=now())
    assert approvals.carry_out_alone(by=owner, approval=request)[0].starts_anew


def test_who_could_agree_and_is_not_concerned_is_waited_for(
    owner: Member, grace: Member, auditor: Membership
) -> None:
    assert asked(owner, team.start_anew, membership=auditor).alone_from is None


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_more_power_takes_two(owner: Member, grace: Member, auditor: Membership, role: Role) -> None:
    request = asked(owner, team.set_role, membership=auditor, role=role)
    assert Membership.objects.get(pk=auditor.pk).role == Role.AUDITOR
    approvals.approve(by=grace, approval=request)
    assert Membership.objects.get(pk=auditor.pk).role == role


def test_a_role_lowered_meanwhile_counts(owner: Member, grace: Member, tenant: Tenant) -> None:
    """What the caller holds says administrator; the row says auditor by now."""
    read = make_user((tenant, Role.ADMIN)).memberships.get()
    team.set_role(by=grace, membership=read, role=Role.AUDITOR)
    assert read.role == Role.ADMIN
    with pytest.raises(NeedsAgreement):
        team.set_role(by=owner, membership=read, role=Role.ADMIN)


def test_less_power_takes_one(owner: Member, grace: Member, tenant: Tenant) -> None:
    admin = make_user((tenant, Role.ADMIN)).memberships.get()
    team.set_role(by=owner, membership=admin, role=Role.AUDITOR)
    team.disable(by=owner, membership=admin)
    team.remove(by=owner, membership=admin)
    assert not Approval.objects.exists()


def test_who_was_disabled_is_let_in_again_by_two(owner: Member, grace: Member, auditor: Membership) -> None:
    team.disable(by=owner, membership=auditor)
    request = asked(owner, team.enable, membership=auditor)
    approvals.approve(by=grace, approval=request)
    assert Membership.in_force.filter(pk=auditor.pk).exists()


def test_a_member_who_left_meanwhile_is_not_raised(owner: Member, grace: Member, auditor: Membership) -> None:
    request = asked(owner, team.set_role, membership=auditor, role=Role.OWNER)
    team.remove(by=owner, membership=auditor)
    with pytest.raises(approvals.NotPending):
        approvals.approve(by=grace, approval=request)


def test_a_member_of_another_tenant_is_nobody_here(owner: Member, grace: Member, auditor: Membership) -> None:
    request = asked(owner, team.set_role, membership=auditor, role=Role.OWNER)
    other = make_user((make_tenant(), Role.AUDITOR)).memberships.get()
    kept = {**request.arguments, "membership": {**request.arguments["membership"], "key": str(other.pk)}}
    Approval.objects.update(arguments=kept, digest=digest_of(request.act, kept))
    with pytest.raises(approvals.NotPending):
        approvals.approve(by=grace, approval=request)
    assert Membership.objects.get(pk=other.pk).role == Role.AUDITOR


def test_two_who_agree_are_still_held_by_the_rules_of_the_act(owner: Member, grace: Member) -> None:
    own = Membership.objects.get(user_id=owner.user_id)
    team.disable(by=grace, membership=own)
    with pytest.raises(LastOwner):
        team.disable(
            by=Agreed(asked=grace, agreed=grace), membership=Membership.objects.get(user_id=grace.user_id)
        )
