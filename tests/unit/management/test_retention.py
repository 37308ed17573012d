"""References go when their time is over, whoever forgot them."""

from datetime import timedelta

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.management.retention import ACTOR, UNUSED, erase_overdue
from authsvc.management.tasks import erase_what_is_over
from authsvc.privacy.models import ConsentReceipt
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.models import DeviceWrap, Reference
from config.management.commands.sweeper import WORK
from tests.factories import make_consent, make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S10-05")]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _tenant():
    with tenant_scope(make_tenant().id):
        yield


def with_face(*, made: timedelta = DAY, used: timedelta | None = None) -> tuple[Subject, Reference]:
    """Make a person with consent whose reference was made, and last used, so long ago."""
    subject = make_subject(reference=new_id())
    make_consent(subject)
    row = Reference.objects.create(
        pseudonym=subject.reference, model="G", sealed_template=b"sealed", engine="engine", consent="c"
    )
    DeviceWrap.objects.create(
        reference=row, device="d", share_kind="prf", sealed_server_share=b"s", wrapped_key=b"k"
    )
    moment = now()
    Reference.objects.filter(pk=row.pk).update(
        created_at=moment - made, last_opened_at=None if used is None else moment - used
    )
    return subject, row


def is_kept(subject: Subject, row: Reference) -> bool:
    row.refresh_from_db()
    subject.refresh_from_db()
    kept = bytes(row.sealed_template) == b"sealed" and DeviceWrap.objects.filter(reference=row).exists()
    assert kept == subject.has_face == (row.status == Reference.Status.ACTIVE)
    return kept


@pytest.mark.parametrize(
    ("made", "used", "kept"),
    [
        (DAY, None, True),
        (UNUSED - DAY, None, True),
        (UNUSED + DAY, None, False),  # never used: it counts from its making
        (UNUSED + DAY, DAY, True),
        (UNUSED * 3, UNUSED - DAY, True),
        (UNUSED * 3, UNUSED + DAY, False),
    ],
)
def test_a_reference_unused_for_twelve_months_is_erased(
    made: timedelta, used: timedelta | None, kept: bool
) -> None:
    subject, row = with_face(made=made, used=used)
    assert erase_overdue() == int(not kept)
    assert is_kept(subject, row) == kept


def test_twelve_months_are_not_exceeded() -> None:
    assert timedelta(days=359) <= UNUSED <= timedelta(days=365)


@pytest.mark.parametrize(
    "change",
    [{"withdrawn_at": now()}, {"expires_at": now() - timedelta(seconds=1)}],
    ids=["withdrawn", "expired"],
)
def test_a_reference_without_live_consent_is_erased(change: dict[str, object]) -> None:
    subject, row = with_face()
    ConsentReceipt.objects.update(**change)
    assert erase_overdue() == 1
    assert not is_kept(subject, row)
    event = AuditEvent.objects.get(tag=Tag.FACE_ERASED)
    assert (event.actor, event.subject, event.reason) == (ACTOR, str(subject.pk), "no-consent")


def test_a_reference_that_nobody_has_is_erased_once_it_is_no_longer_new() -> None:
    _, row = with_face()
    Subject.objects.update(reference="")
    assert erase_overdue() == 1
    row.refresh_from_db()
    assert row.status == Reference.Status.REVOKED


def test_an_enrolment_that_is_just_being_finished_is_left_alone() -> None:
    _, row = with_face(made=timedelta(minutes=1))
    Subject.objects.update(reference="")
    ConsentReceipt.objects.all().delete()
    assert erase_overdue() == 0
    row.refresh_from_db()
    assert row.status == Reference.Status.ACTIVE


def test_erasing_twice_is_erasing_once() -> None:
    with_face(made=UNUSED + DAY)
    assert [erase_overdue(), erase_overdue()] == [1, 0]
    assert AuditEvent.objects.filter(tag=Tag.FACE_ERASED).count() == 1


def test_one_persons_time_is_not_anothers() -> None:
    kept, over = with_face(), with_face(made=UNUSED + DAY)
    erase_overdue()
    assert (is_kept(*kept), is_kept(*over)) == (True, False)


@pytest.mark.requirement("S8.3-02")
def test_the_task_goes_through_every_tenant_and_each_erases_its_own() -> None:
    mine = with_face(made=UNUSED + DAY)
    other = make_tenant()
    with tenant_scope(other.id):
        theirs = with_face(made=UNUSED + DAY)
        kept = with_face()
    erase_what_is_over()
    assert not is_kept(*mine)
    with tenant_scope(other.id):
        assert (is_kept(*theirs), is_kept(*kept)) == (False, True)


def test_the_sweeper_does_it_at_least_daily_and_needs_no_worker() -> None:
    assert {act: seconds for _name, seconds, act in WORK}[erase_what_is_over] <= DAY.total_seconds()
