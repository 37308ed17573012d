"""A sign-in's reference: opened for the person and device of the transaction, or somebody hears of it."""

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import references
from authsvc.biometrics.crossing import Sent
from authsvc.biometrics.templates import encode_template
from authsvc.biometrics.types import FeatureResult, Reason, StageError, Template
from authsvc.biometrics.unsealing import SampleLost
from authsvc.protection.base import Features, Share
from authsvc.protection.registry import PROTECTIONS
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.models import Reference
from authsvc.vault.moving import move
from tests.bucket import Bucket, bucket_at_work
from tests.factories import make_device, make_subject, make_tenant

pytestmark = pytest.mark.django_db
VECTORS = np.eye(2, 128, dtype=np.float32)
TEMPLATE = encode_template(FeatureResult(VECTORS, (0, 1), np.full(2, 0.5, np.float32)), engine="engine:1")


@pytest.fixture(autouse=True)
def _tenant():
    with tenant_scope(make_tenant().id):
        yield


@pytest.fixture
def share() -> Share:
    return Share(os.urandom(32), "prf")


@pytest.fixture
def transaction(share: Share) -> Any:
    """A sign-in of somebody who is enrolled."""
    subject = make_subject(reference="", reference_version=0)
    device = make_device(subject)
    made = Features(TEMPLATE, "engine:1", 70)
    kept = PROTECTIONS["G"].protect(made, subject=subject, device=device, share=share, consent="c")
    subject.reference, subject.reference_version = kept.pseudonym, kept.version
    return SimpleNamespace(
        id="txn", pk="txn", kind="authenticate", subject=subject, subject_id=subject.pk, device=device
    )


def opened(transaction: Any, share: Share) -> Template:
    sent = Sent(share, Share(b"", ""))
    return references.open_template(transaction, PROTECTIONS["G"], sent)


def alarms() -> list[str]:
    return list(AuditEvent.objects.filter(tag=Tag.REFERENCE_ALARM).values_list("reason", flat=True))


def test_the_right_share_opens_it_and_nobody_is_alarmed(transaction: Any, share: Share) -> None:
    template = opened(transaction, share)
    assert (template.engine, template.vectors.tolist()) == ("engine:1", VECTORS.tolist())
    assert alarms() == []


@pytest.mark.requirement("S8.1-05", "S6.3-01", "S6.2-02")
@pytest.mark.parametrize(
    "change",
    [{"model": "?"}, {"version": 2}, {"engine": "engine:2"}, {"status": Reference.Status.REVOKED}],
    ids=lambda change: next(iter(change)),
)
def test_a_reference_that_does_not_open_is_an_alarm(
    transaction: Any, share: Share, change: dict[str, Any]
) -> None:
    Reference.objects.update(**change)
    with pytest.raises(StageError) as refused:
        opened(transaction, share)
    assert refused.value.reason == Reason.REFERENCE
    assert alarms() == [Reason.REFERENCE]


class TestOutside:
    """The reference lies in a store that somebody else runs."""

    pytestmark = [pytest.mark.requirement("S8.1-05", "S8.1-06")]

    @pytest.fixture(autouse=True)
    def bucket(self, settings: Any, transaction: Any) -> Iterator[Bucket]:
        """Where the reference of the sign-in was put."""
        with bucket_at_work() as running:
            settings.OBJECTS = running.settings
            assert move(outwards=True).count == 1
            yield running

    def test_it_opens_as_it_does_elsewhere(self, transaction: Any, share: Share) -> None:
        assert opened(transaction, share).vectors.tolist() == VECTORS.tolist()

    @pytest.mark.parametrize("fault", ["altered", "lost"])
    def test_what_is_not_what_was_put_there_is_refused_and_an_alarm_of_its_own(
        self, bucket: Bucket, transaction: Any, share: Share, fault: str
    ) -> None:
        if fault == "lost":
            bucket.objects.clear()
        bucket.tampers = lambda _, content: content[::-1]
        with pytest.raises(StageError) as refused:
            opened(transaction, share)
        assert refused.value.reason == Reason.REFERENCE
        event = AuditEvent.objects.get(tag=Tag.STORE_UNTRUE)
        assert (event.reason, event.transaction) == (fault, "txn")
        assert alarms() == []

    def test_a_store_that_does_not_answer_costs_the_person_no_try(
        self, bucket: Bucket, transaction: Any, share: Share
    ) -> None:
        """As what nobody can judge: the worker asks for it again."""
        bucket.answers = 503
        with pytest.raises(SampleLost, match="InternalError"):
            opened(transaction, share)
        assert AuditEvent.objects.filter(tag=Tag.STORE_AWAY, transaction="txn").count() == 1
        assert alarms() == []


@pytest.mark.requirement("S6.3-02")
def test_a_share_of_another_kind_is_refused_before_anything_is_opened(transaction: Any, share: Share) -> None:
    with pytest.raises(StageError, match="another kind"):
        opened(transaction, Share(share.value, "browser"))
    assert alarms() == []


@pytest.mark.parametrize("missing", ["subject", "device", "reference"])
def test_without_person_device_or_reference_nothing_opens(
    transaction: Any, share: Share, missing: str
) -> None:
    if missing == "reference":
        transaction.subject.reference = ""
    else:
        setattr(transaction, missing, None)
    with pytest.raises(StageError, match="no subject"):
        opened(transaction, share)


@pytest.mark.requirement("S9.4-11", "S6.1-02")
def test_t26_an_opened_reference_is_written_down_without_its_pseudonym(
    transaction: Any, share: Share
) -> None:
    opened(transaction, share)
    event = AuditEvent.objects.get(tag=Tag.REFERENCE_OPENED)
    assert (event.transaction, event.subject) == ("txn", str(transaction.subject.id))
    assert event.details == {"model": "G", "version": 1}
    assert transaction.subject.reference not in str(vars(event))
