"""A witness cosigns a log that only grows, and tells one that was cut or rewritten, without any folder."""

from collections.abc import Iterator
from typing import Any

import pytest

from authsvc.audit import verification
from authsvc.audit.models import AuditEvent, Position, Segment, StoredCheckpoint
from authsvc.audit.proofs import receipt
from authsvc.audit.sequencing import LogBroken, origin_of, sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.verification import verify_log
from authsvc.audit.writers import verifier
from authsvc.core.remembered import forget_everything
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from devtools.verify_log import Wrong, check_receipt, read_key
from tests.factories import make_tenant
from tests.unit.audit.owner import without_triggers
from tests.unit.audit.witnessing import Witness, witness_at_work

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-12")]


@pytest.fixture(autouse=True)
def tenant() -> Iterator[Tenant]:
    row = make_tenant("witnessed")
    with tenant_scope(row.id):
        yield row


@pytest.fixture(autouse=True)
def witness(tenant: Tenant, settings: Any) -> Iterator[Witness]:
    """The only place beside the database in which something of the log is known."""
    with witness_at_work() as (found, address):
        settings.LOG_ANCHOR, settings.LOG_WITNESS, settings.LOG_WITNESS_KEY = None, address, str(found.key)
        origin = origin_of(tenant.pk)
        found.logs[origin] = read_key(str(verifier(origin)))
        for _ in range(3):
            record(Tag.CLIENT_CREATED)
            record(Tag.CLIENT_CHANGED)
            sequence()
        yield found


def test_each_checkpoint_bears_the_signature_of_the_witness(witness: Witness) -> None:
    assert StoredCheckpoint.objects.exclude(cosignatures="").count() == 3
    said = receipt(AuditEvent.objects.earliest("sequence"), opened=False)
    check_receipt(said, read_key(said["key"]), read_key(str(witness.key)))
    said["checkpoint"] = StoredCheckpoint.objects.latest("size").note
    with pytest.raises(Wrong, match=r"witness\.example/w1 has not signed"):
        check_receipt(said, read_key(said["key"]), read_key(str(witness.key)))


def test_a_witness_that_does_not_answer_is_asked_again_and_keeps_nobody_waiting(witness: Witness) -> None:
    witness.answers_at_all = False
    record(Tag.CLIENT_CREATED)
    assert sequence() == 1
    newest = StoredCheckpoint.objects.latest("size")
    assert newest.cosignatures == ""
    witness.answers_at_all = True
    assert sequence() == 0
    newest.refresh_from_db()
    assert newest.cosignatures


def test_t01_a_signature_of_the_witness_that_somebody_wrote_is_told_and_asked_for_again() -> None:
    StoredCheckpoint.objects.filter(size=6).update(cosignatures="— witness.example/w1 AAAAAAAA\n")
    finding = verify_log().finding
    assert finding is not None
    assert (finding.number, finding.kind) == (6, "altered")
    assert sequence() == 0
    assert verify_log() == (6, 0, None)


def test_t01_a_signature_of_the_witness_on_another_checkpoint_is_none() -> None:
    lines = StoredCheckpoint.objects.get(size=4).cosignatures
    StoredCheckpoint.objects.filter(size=6).update(cosignatures=lines)
    finding = verify_log().finding
    assert finding is not None
    assert (finding.number, finding.kind) == (6, "altered")


def test_a_round_beside_a_verification_takes_nothing_away(monkeypatch: pytest.MonkeyPatch) -> None:
    newest, rounds = verification._newest, iter((True,))

    def then_a_round() -> Any:
        found = newest()
        if next(rounds, False):
            record(Tag.CLIENT_CREATED)
            assert sequence() == 1
        return found

    monkeypatch.setattr(verification, "_newest", then_a_round)
    assert verify_log().finding is None
    assert verify_log() == (7, 0, None)


def cut() -> None:
    """Put the database back to where it had four events."""
    without_triggers()
    gone = Position.objects.filter(position__gte=4)
    AuditEvent.objects.filter(pk__in=gone.values("event")).delete()
    gone.delete()
    Segment.objects.filter(first__gte=4).delete()
    StoredCheckpoint.objects.filter(size__gt=4).delete()
    forget_everything()


def test_t01_a_database_that_was_put_back_is_told_by_the_witness() -> None:
    assert verify_log().finding is None
    cut()
    finding = verify_log().finding
    assert finding is not None
    assert (finding.number, finding.kind) == (5, "missing")


def test_t01_a_log_that_goes_on_from_an_older_backup_is_refused_by_the_witness() -> None:
    cut()
    for _ in range(3):
        record(Tag.CLIENT_CREATED)
    with pytest.raises(LogBroken, match="422"):
        sequence()
    finding = verify_log().finding
    assert finding is not None
    assert finding.kind == "altered"
