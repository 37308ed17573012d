"""T02: an older copy of a row is put back with the seal that it had then, alone or not, and refused."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.test import Client
from psycopg.types.json import Jsonb

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.remembered import forget_everything
from authsvc.devices.models import Device
from authsvc.enrolment.models import RecoveryCodes
from authsvc.enrolment.recovery import make_codes
from authsvc.keys.service import copies
from authsvc.management import team
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member, System
from authsvc.management.approvals import ask, refuse
from authsvc.management.models import Approval
from authsvc.oidc.models import Session
from authsvc.oidc.sessions.logout.ending import end_session
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import BrokenPolicy, current_policy, publish_policy
from authsvc.seals.rows import believed
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from tests.factories import make_device, make_subject
from tests.provider.browser import Browser, answer_of, make_partner, make_person
from tests.tenancy.people import make_user, signed_in

Committed = Callable[[], AbstractContextManager[Any]]

pytestmark = pytest.mark.requirement("S8.3-01", "S8.1-05")


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Committed:
    """Let what a block changes be committed, so that it counts."""
    return partial(django_capture_on_commit_callbacks, execute=True)


class Copy:
    """A row as it stands, to be put back later by SQL."""

    def __init__(self, row: models.Model) -> None:
        self._table, self._key = row._meta.db_table, row._meta.pk
        key = self._key.get_db_prep_value(row.pk, connection)
        with connection.cursor() as cursor:
            where = f'"{self._key.column}" = %s'
            cursor.execute(f'SELECT * FROM "{self._table}" WHERE {where}', [key])  # noqa: S608
            self._values = cursor.fetchone()
            self._names = [column[0] for column in cursor.description]

    def put_back(self) -> None:
        """Write the row as it was, whether it is still there or not."""
        names, marks = ", ".join(f'"{name}"' for name in self._names), ", ".join(["%s"] * len(self._names))
        key = self._values[self._names.index(self._key.column)]
        with connection.cursor() as cursor:
            where = f'"{self._key.column}" = %s'
            cursor.execute(f'DELETE FROM "{self._table}" WHERE {where}', [key])  # noqa: S608
            insert = f'INSERT INTO "{self._table}" ({names}) VALUES ({marks})'  # noqa: S608
            cursor.execute(insert, list(map(_param, self._values)))
        forget_everything()


def _param(value: Any) -> Any:
    if connection.vendor == "postgresql" and isinstance(value, dict | list):
        return Jsonb(value)
    return value


def test_t02_a_revoked_passkey_stays_revoked(tenant: Tenant, committed: Committed) -> None:
    device = make_device(make_subject())
    before = Copy(device)
    with committed():
        Device.objects.filter(pk=device.pk).update(status=Device.Status.REVOKED)
    before.put_back()
    assert not Device.objects.filter(pk=device.pk, status=Device.Status.ACTIVE)
    assert not believed(Device.objects.unchecked().get(pk=device.pk))


def test_t02_an_older_reference_of_a_person_is_noticed(tenant: Tenant, committed: Committed) -> None:
    subject = make_subject()
    before = Copy(subject)
    with committed():
        Subject.objects.filter(pk=subject.pk).update(reference="another", reference_version=2)
    assert Subject.objects.get().reference == "another"
    before.put_back()
    assert list(Subject.objects.all()) == []


def test_t02_two_rows_put_back_together_are_noticed(tenant: Tenant, committed: Committed) -> None:
    subject = make_subject()
    device = make_device(subject)
    copies = Copy(subject), Copy(device)
    with committed():
        Subject.objects.filter(pk=subject.pk).update(reference="", reference_version=0)
        Device.objects.filter(pk=device.pk).update(status=Device.Status.REVOKED)
    for copy in copies:
        copy.put_back()
    assert list(Subject.objects.all()) == []
    assert list(Device.objects.all()) == []


def test_t02_a_recovery_code_that_was_used_or_replaced_does_not_come_back(
    tenant: Tenant, committed: Committed
) -> None:
    subject, http, path = make_person(), Client(), f"/t/{tenant.slug}/me/lost"
    with committed():
        codes = make_codes(subject=subject, actor="a test")
    before = Copy(RecoveryCodes.objects.get())
    with committed():
        assert http.post(path, {"code": codes[0]}).status_code == 303
    used = Copy(RecoveryCodes.objects.get())
    before.put_back()
    assert [http.post(path, {"code": code}).status_code for code in codes[:2]] == [422, 422]
    used.put_back()
    with committed():
        assert http.post(path, {"code": codes[1]}).status_code == 303
        make_codes(subject=subject, actor="a test")
    RecoveryCodes.objects.get().delete()
    before.put_back()
    assert http.post(path, {"code": codes[2]}).status_code == 422


def test_t02_a_passkey_of_a_recovery_code_is_not_made_a_full_one(
    tenant: Tenant, committed: Committed
) -> None:
    device = make_device(make_subject())
    before = Copy(device)
    with committed():
        device.recovered = True
        device.save()
    before.put_back()
    assert not Device.objects.filter(pk=device.pk)


def test_t02_an_ended_session_stays_ended(tenant: Tenant, committed: Committed) -> None:
    visitor, partner = Browser(tenant), make_partner()
    visitor.sign_in(partner, make_person())
    session = Session.objects.get()
    before = Copy(session)
    assert "code" in answer_of(visitor.authorize(partner, prompt="none"))
    with committed():
        end_session(session, reason="test")
    before.put_back()
    assert answer_of(visitor.authorize(partner, prompt="none"))["error"] == "login_required"


def test_t02_a_membership_that_was_taken_does_not_come_back(tenant: Tenant, committed: Committed) -> None:
    user = make_user((tenant, Role.OWNER))
    portal, screen = signed_in(user), f"/portal/{tenant.slug}/attempts/"
    before = Copy(Membership.objects.get())
    assert portal.get(screen).status_code == 200
    with committed():
        Membership.objects.get().delete()
    before.put_back()
    assert portal.get(screen).status_code == 404


def test_t02_a_role_that_was_lowered_stays_low(tenant: Tenant, committed: Committed) -> None:
    user = make_user((tenant, Role.OWNER))
    row = Membership.objects.get()
    before = Copy(row)
    row.role = Role.AUDITOR
    with committed():
        row.save(update_fields=["role"])
    assert signed_in(user).get(f"/portal/{tenant.slug}/attempts/").status_code == 200
    before.put_back()
    assert signed_in(user).get(f"/portal/{tenant.slug}/attempts/").status_code == 404


@pytest.mark.parametrize("gone", ["the newest version", "every version"])
def test_t02_an_older_policy_is_noticed(tenant: Tenant, committed: Committed, gone: str) -> None:
    with committed():
        for quality in (50, 60):
            publish_policy(document={**DEFAULT, "minimum_quality": quality}, published_by="an administrator")
    assert current_policy().minimum_quality == 60
    least = 2 if gone == "the newest version" else 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM policy_policyversion WHERE number >= %s", [least])
    assert current_policy().minimum_quality == 60  # it stands for ten seconds where it was read just now
    forget_everything()
    with pytest.raises(BrokenPolicy, match="version 2 was"):
        current_policy()
    publish_policy(document=DEFAULT, published_by="an administrator")
    assert PolicyVersion.objects.latest("number").number == 3
    assert current_policy().minimum_quality == DEFAULT["minimum_quality"]


def test_t02_a_change_that_is_taken_back_leaves_it_believed(tenant: Tenant, committed: Committed) -> None:
    subject = make_subject()
    with committed(), transaction.atomic():
        Subject.objects.filter(pk=subject.pk).update(reference="another", reference_version=2)
        transaction.set_rollback(True)
    assert Subject.objects.get().reference == subject.reference


def test_t02_a_request_that_was_refused_is_not_carried_out_later(
    tenant: Tenant, committed: Committed
) -> None:
    user, party = make_user((tenant, Role.OWNER)), make_partner().party
    by = Member(user_id=user.pk, name=user.email, proven_at=now())
    wanted = NeedsAgreement(by, "relying_parties.change", {"party": party, "name": "Refused"}, [])
    asked = ask(by=by, wanted=wanted, why="a test")
    with committed():
        Approval.objects.update(alone_from=now())
    before, path = Copy(asked), f"/portal/{tenant.slug}/approvals/{asked.pk}/alone/"
    with committed():
        refuse(by=by, approval=asked)
    before.put_back()
    assert signed_in(user).post(path).status_code == 404
    assert RelyingParty.objects.get().name != "Refused"


def test_t02_a_restored_key_store_knows_what_its_copy_knew(
    tenant: Tenant, committed: Committed, tmp_path: Path, settings: Any
) -> None:
    """The store comes back from its copy, the database from an older one: what was revoked stays so."""
    device, other = make_device(make_subject()), make_device(make_subject())
    before = Copy(device)
    with committed():
        Device.objects.filter(pk=device.pk).update(status=Device.Status.REVOKED)
    copy, settings.KEY_STORE = copies.taken(settings.KEY_STORE), tmp_path / "restored"
    copies.restore(copy, settings.KEY_STORE, destroyed=copy.destroyed)
    before.put_back()
    assert list(Device.objects.all()) == [other]


@pytest.mark.parametrize("over", ["withdrawn", "replaced", "used"])
def test_t02_an_invitation_that_is_over_stays_so(tenant: Tenant, committed: Committed, over: str) -> None:
    by = System("a test")
    row, token = team.invite(by=by, email="invited@example.org", role=Role.OWNER)
    before = Copy(row)
    with committed():
        if over == "withdrawn":
            assert team.withdraw_invitation(by=by, invitation=row)
        elif over == "replaced":
            team.invite(by=by, email="invited@example.org", role=Role.AUDITOR)
        else:
            team.accept(invitation=row, user=make_user())
    before.put_back()
    assert team.find_invitation(token) is None
    with pytest.raises(Invitation.DoesNotExist):
        team.accept(invitation=row, user=make_user())
