"""References in a store that somebody else runs: it is believed in nothing, and keeps nothing for ever."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.components import Component
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.sql import leave_role, take_role
from authsvc.vault import lifecycle, opening, outside
from authsvc.vault.models import DueObject, Moment, Reference
from authsvc.vault.stores import objects
from authsvc.vault.stores.chosen import object_store
from authsvc.vault.stores.interface import NotThere, StoreAway
from tests.bucket import Bucket, bucket_at_work
from tests.factories import make_tenant
from tests.unit.vault.conftest import TEMPLATE, create

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.1-05", "S8.1-06")]
AGAIN = b"another moment" * 20


@pytest.fixture(autouse=True)
def tenant() -> Iterator[Tenant]:
    row = make_tenant()
    with tenant_scope(row.id):
        yield row


@pytest.fixture
def bucket(settings: Any) -> Iterator[Bucket]:
    """Where new references come to lie."""
    with bucket_at_work() as running:
        settings.REFERENCE_STORE, settings.OBJECTS = "objects", running.settings
        yield running


@pytest.fixture
def kept(bucket: Bucket, share: bytes) -> Reference:
    """A reference that a worker has put into the store."""
    row = create(share)
    assert outside.carry_out_due() == 1
    row.refresh_from_db()
    return row


def opened(row: Reference, share: bytes, *moments: str) -> tuple[bytes, ...]:
    return opening.open_reference(
        pseudonym=row.pseudonym, version=1, device="device-1", device_share=share, moments=moments
    ).templates


def add_moment(row: Reference, share: bytes) -> Moment:
    return opening.add_moment(
        pseudonym=row.pseudonym, version=1, device="device-1", device_share=share, template=AGAIN, quality=70
    )


def all_is_due() -> None:
    DueObject.objects.update(due_at=now())


def test_a_reference_comes_to_lie_in_the_store_and_opens_from_there(
    bucket: Bucket, kept: Reference, share: bytes
) -> None:
    moment = add_moment(kept, share)
    outside.carry_out_due()
    assert opened(kept, share, kept.pk, moment.pk) == (TEMPLATE, AGAIN)
    assert len(bucket.objects) == 2
    rows = [*Reference.objects.all(), *Moment.objects.all()]
    assert [bytes(row.sealed_template) for row in rows] == [b"", b""]
    assert not DueObject.objects.exists()


def test_it_opens_before_a_worker_has_put_it_there(bucket: Bucket, share: bytes) -> None:
    row = create(share)
    assert (opened(row, share), bucket.asked) == ((TEMPLATE,), [])


def test_the_store_learns_nothing_but_sizes(bucket: Bucket, kept: Reference, tenant: Tenant) -> None:
    [(name, content)] = bucket.objects.items()
    for known in (kept.pseudonym, str(tenant.pk), tenant.slug, "device-1", "engine", "consent"):
        assert known not in name
        assert known.encode() not in content
    assert b"canary" not in content
    assert len(name) == 43


def other(bucket: Bucket, share: bytes) -> bytes:
    """What the store has of somebody else."""
    mine = set(bucket.objects)
    create(share, template=b"other" * 50)
    outside.carry_out_due()
    return next(content for name, content in bucket.objects.items() if name not in mine)


def alters(bucket: Bucket, _share: bytes) -> None:
    bucket.tampers = lambda _, content: bytes([content[0] ^ 1]) + content[1:]


def cuts(bucket: Bucket, _share: bytes) -> None:
    bucket.tampers = lambda _, content: content[:-1]


def sends_much(bucket: Bucket, _share: bytes) -> None:
    bucket.tampers = lambda _, content: content + bytes(200_000)


def swaps(bucket: Bucket, share: bytes) -> None:
    """Gives back what is of another person, under the same share of the same device."""
    content = other(bucket, share)
    bucket.tampers = lambda *_: content


def rolls_back(bucket: Bucket, share: bytes) -> None:
    """Has under every name what was kept before: of the same passkey, from another enrolment."""
    bucket.objects = dict.fromkeys(bucket.objects, other(bucket, share))


def loses(bucket: Bucket, _share: bytes) -> None:
    bucket.objects.clear()


UNTRUE: dict[Callable[[Bucket, bytes], None], str] = {
    alters: "altered",
    cuts: "altered",
    sends_much: "altered",
    swaps: "altered",
    rolls_back: "altered",
    loses: "lost",
}


@pytest.mark.parametrize("fault", UNTRUE, ids=lambda fault: fault.__name__)
def test_what_is_not_what_was_put_there_opens_nothing(
    bucket: Bucket, kept: Reference, share: bytes, fault: Callable[[Bucket, bytes], None]
) -> None:
    fault(bucket, share)
    with pytest.raises(opening.StoreUntrue) as refused:
        opened(kept, share)
    assert (refused.value.how, refused.value.tag.is_alarm) == (UNTRUE[fault], True)
    bucket.tampers = None


def test_a_digest_that_was_changed_too_lets_nothing_in(bucket: Bucket, kept: Reference, share: bytes) -> None:
    """The database's owner and the store's together: the seal speaks of tenant, person and version."""
    name = kept.object_name
    other(bucket, share)
    [stranger] = Reference.objects.exclude(pk=kept.pk)
    Reference.objects.filter(pk=kept.pk).update(object_name=stranger.object_name, digest=stranger.digest)
    with pytest.raises(opening.CannotOpenReference, match="altered or belongs to another"):
        opened(kept, share)
    assert name in bucket.objects


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "CALL_SECONDS", 0.3)


def hangs(bucket: Bucket) -> None:
    bucket.waits = 1.0


def trickles(bucket: Bucket) -> None:
    bucket.drips = 0.05


def fails(bucket: Bucket) -> None:
    bucket.answers = 503


def sends_elsewhere(bucket: Bucket) -> None:
    bucket.answers = 307


def is_gone(bucket: Bucket) -> None:
    bucket.url = "http://127.0.0.1:9"


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("fault", [hangs, trickles, fails, sends_elsewhere, is_gone])
def test_a_store_that_does_not_answer_keeps_nobody_waiting(
    bucket: Bucket, kept: Reference, share: bytes, settings: Any, fault: Callable[[Bucket], None]
) -> None:
    fault(bucket)
    settings.OBJECTS = bucket.settings
    began = time.monotonic()
    with pytest.raises(opening.StoreNotReached) as refused:
        opened(kept, share)
    assert time.monotonic() - began < 2
    assert not refused.value.tag.is_alarm


def test_a_process_with_another_key_gets_nothing(
    bucket: Bucket, kept: Reference, share: bytes, settings: Any
) -> None:
    settings.OBJECTS = {**bucket.settings, "access_key": "another"}
    with pytest.raises(opening.StoreNotReached, match="AccessDenied"):
        opened(kept, share)


@pytest.mark.requirement("S9.2-11")
def test_an_erasure_deletes_the_object_once_the_store_answers(
    bucket: Bucket, kept: Reference, share: bytes
) -> None:
    add_moment(kept, share)
    outside.carry_out_due()
    lifecycle.revoke_reference(pseudonym=kept.pseudonym, reason="test")
    bucket.answers = 503
    assert outside.carry_out_due() == 0
    assert (DueObject.objects.count(), len(bucket.objects)) == (2, 2)
    bucket.answers = 0
    all_is_due()
    assert outside.carry_out_due() == 2
    assert not bucket.objects
    assert not DueObject.objects.exists()
    assert AuditEvent.objects.filter(tag=Tag.OBJECT_DELETED).count() == 2


def test_a_moment_that_is_dropped_is_deleted_there_too(bucket: Bucket, kept: Reference, share: bytes) -> None:
    moment = add_moment(kept, share)
    outside.carry_out_due()
    lifecycle.drop_moments(pseudonym=kept.pseudonym, moments=[kept.pseudonym])
    outside.carry_out_due()
    moment.refresh_from_db()
    assert list(bucket.objects) == [moment.object_name]
    with pytest.raises(opening.CannotOpenReference):
        opened(kept, share)
    assert opened(kept, share, moment.pk) == (AGAIN,)


def test_an_erasure_while_it_is_put_leaves_no_object(
    bucket: Bucket, share: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = create(share)
    store = object_store()

    class ErasedMeanwhile:
        def put(self, name: str, content: bytes) -> None:
            store.put(name, content)
            lifecycle.revoke_reference(pseudonym=row.pseudonym, reason="test")

        def delete(self, name: str) -> None:
            store.delete(name)

    monkeypatch.setattr(outside, "object_store", ErasedMeanwhile)
    assert outside.carry_out_due() == 0
    assert len(bucket.objects) == 1
    all_is_due()
    assert outside.carry_out_due() == 1
    assert not bucket.objects


def test_what_broke_off_while_it_was_put_is_put_again_under_the_same_name(
    bucket: Bucket, share: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = create(share)
    with monkeypatch.context() as patch:
        patch.setattr(outside, "_note", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            outside.carry_out_due()
    [name] = bucket.objects
    assert outside.carry_out_due() == 0  # another worker may still be at it
    all_is_due()
    assert outside.carry_out_due() == 1
    row.refresh_from_db()
    assert (row.object_name, list(bucket.objects)) == (name, [name])


def test_no_transaction_is_open_while_the_store_is_asked(
    bucket: Bucket, share: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth = len(connection.savepoint_ids)
    seen: list[int] = []
    run = objects.ObjectStore._call

    def looking(store: objects.ObjectStore, act: Any) -> Any:
        seen.append(len(connection.savepoint_ids))
        return run(store, act)

    monkeypatch.setattr(objects.ObjectStore, "_call", looking)
    row = create(share)
    outside.carry_out_due()
    opened(row, share)
    lifecycle.revoke_reference(pseudonym=row.pseudonym, reason="test")
    outside.carry_out_due()
    assert seen == [depth] * 3


@pytest.mark.needs("postgresql")
def test_t02_each_process_does_its_part_with_its_own_rights(bucket: Bucket, share: bytes) -> None:
    def as_role(role: str, act: Callable[[], object]) -> None:
        take_role(connection, role)
        try:
            act()
        finally:
            leave_role(connection)

    made: list[Reference] = []
    as_role("visor_worker", lambda: made.append(create(share)))
    as_role("visor_worker", lambda: add_moment(made[0], share))
    as_role("visor_worker", outside.carry_out_due)
    assert len(bucket.objects) == 2
    for role in ("visor_web", "visor_provider", "visor_portal"):
        with transaction.atomic():
            as_role(role, lambda: lifecycle.revoke_reference(pseudonym=made[0].pk, reason="test"))
            transaction.set_rollback(role != "visor_portal")
    as_role("visor_worker", outside.carry_out_due)
    assert not bucket.objects


def test_a_creation_that_is_taken_back_puts_nothing(bucket: Bucket, share: bytes) -> None:
    with transaction.atomic():
        create(share)
        transaction.set_rollback(True)
    assert outside.carry_out_due() == 0
    assert bucket.asked == []


def test_without_a_choice_all_stays_in_the_database(share: bytes) -> None:
    row = create(share)
    assert not DueObject.objects.exists()
    assert (opened(row, share), row.object_name) == ((TEMPLATE,), "")


class TestMoving:
    @pytest.fixture
    def here(self, share: bytes) -> Reference:
        """A reference of two moments in the database."""
        row = create(share)
        add_moment(row, share)
        return row

    def test_it_goes_out_and_comes_back(
        self, here: Reference, share: bytes, bucket: Bucket, settings: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.REFERENCE_STORE = "database"
        moment = Moment.objects.get()
        for to, lies in (("objects", (0, 2)), ("objects", (0, 2)), ("database", (2, 0))):
            call_command("references", "move", to=to)
            assert f"{lies[0]} in the database, {lies[1]} in the object store" in capsys.readouterr().out
            assert opened(here, share, here.pk, moment.pk) == (TEMPLATE, AGAIN)
        outside.carry_out_due()
        assert not bucket.objects

    @pytest.mark.usefixtures("_impatient")
    def test_it_goes_on_where_it_broke_off(self, here: Reference, share: bytes, bucket: Bucket) -> None:
        bucket.answers = 503
        with pytest.raises(CommandError, match="run it again"):
            call_command("references", "move", to="objects")
        bucket.answers = 0
        all_is_due()
        call_command("references", "move", to="objects")
        assert len(bucket.objects) == 2

    def test_what_is_not_what_was_put_there_is_not_brought_back(
        self, here: Reference, bucket: Bucket
    ) -> None:
        call_command("references", "move", to="objects")
        alters(bucket, b"")
        with pytest.raises(CommandError, match="something else than it was given"):
            call_command("references", "move", to="database")
        assert bytes(Reference.objects.get().sealed_template) == b""

    @pytest.mark.requirement("S10-12")
    def test_nothing_goes_to_another_region(
        self, here: Reference, bucket: Bucket, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("authsvc.vault.moving.pinned_region", lambda: "eu-1")
        settings.COMPONENTS = (Component("objects", region="ap-1"),)
        with pytest.raises(CommandError, match="pinned to eu-1, and that store is in ap-1"):
            call_command("references", "move", to="objects")
        assert bucket.asked == []


@pytest.mark.requirement("S10-12")
def test_a_pinned_region_holds_for_the_object_store_too(
    bucket: Bucket, share: bytes, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "pinned_region", lambda: "eu-1")
    settings.COMPONENTS = (
        Component("store", region="eu-1"),
        Component("keys", region="eu-1"),
        Component("objects", region="ap-1"),
    )
    with pytest.raises(opening.KeptElsewhere, match="the object store is in ap-1"):
        create(share)
    settings.OBJECTS = {**bucket.settings, "url": ""}
    create(os.urandom(32))


def test_what_is_said_to_be_there_and_is_not_is_told(bucket: Bucket) -> None:
    with pytest.raises(NotThere):
        object_store().get("nothing")
    object_store().delete("nothing")


def test_a_process_that_is_told_of_no_store_says_so(settings: Any) -> None:
    settings.OBJECTS = {**settings.OBJECTS, "url": ""}
    with pytest.raises(StoreAway, match="VISOR_OBJECTS_URL"):
        object_store()
