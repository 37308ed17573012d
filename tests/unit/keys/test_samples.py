"""Sample keys: in a worker's memory only, offered while it is there, and not for long."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from joserfc.jwk import ECKey

from authsvc.core.clock import now
from authsvc.core.components import Component
from authsvc.keys import samples
from authsvc.keys.holding import FORGOTTEN, Holder, forget_gone_workers
from authsvc.keys.models import SampleKey, WorkerKey
from authsvc.keys.ratchet import PERIOD, Ratchet

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.5-02")]


class Clock:
    def __init__(self) -> None:
        self.seconds = 5.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(clock: Clock) -> Holder:
    return Holder(Ratchet(clock=clock))


def verdict_keys() -> dict[str, bytes]:
    """Make the pair of keys that signs verdicts and sample keys."""
    pair = Ed25519PrivateKey.generate()
    private, public = pair.private_bytes_raw(), pair.public_key().public_bytes_raw()
    return {"verdict_private_key": private, "verdict_public_key": public}


def offered() -> set[str]:
    return {key.kid for key in samples.keys_on_offer()}


def test_nothing_is_offered_before_a_worker_published_a_key() -> None:
    assert samples.keys_on_offer() == []


def test_a_worker_publishes_and_opens_its_key(worker: Holder) -> None:
    worker.beat()
    (key,) = samples.keys_on_offer()
    assert set(key.key) == {"kty", "crv", "x", "y"}
    opened = worker.open(key.kid)
    assert isinstance(opened, ECKey)
    assert opened.as_dict(private=False)["x"] == key.key["x"]
    worker.beat()
    assert samples.keys_on_offer() == [key]


def test_t10_another_worker_with_all_secrets_and_the_whole_database_has_no_key(worker: Holder) -> None:
    worker.beat()
    (key,) = samples.keys_on_offer()
    assert Holder().open(key.kid) is None
    private = str(worker.open(key.kid).as_dict(private=True)["d"])
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own
            assert private not in str(cursor.fetchall())


def test_t10_the_table_of_keys_has_no_place_for_a_private_part() -> None:
    public = {"kid", "worker", "public_jwk", "signature", "offered_until", "kept_until", "seen_at", "region"}
    assert {field.name for field in WorkerKey._meta.get_fields()} == public


@pytest.mark.parametrize(
    "changes",
    [
        {"public_jwk": {"kty": "EC", "crv": "P-256", "x": "a", "y": "b"}},
        {"offered_until": now() + timedelta(days=1)},
        {"signature": "AAAA"},
        {"signature": "no base64"},
        {"region": "eu-central"},
    ],
)
def test_a_row_that_no_worker_signed_is_not_offered(worker: Holder, changes: dict[str, Any]) -> None:
    worker.beat()
    WorkerKey.objects.update(**changes)
    assert samples.keys_on_offer() == []


@pytest.mark.requirement("S10-12")
def test_a_worker_signs_its_region_and_is_offered_there_alone(settings: Any) -> None:
    settings.COMPONENTS = (Component("worker", "default", region="eu-central"),)
    there = Holder()
    settings.COMPONENTS = ()
    elsewhere = Holder()
    for each in (there, elsewhere):
        each.beat()
    (key,) = samples.keys_on_offer("eu-central")
    assert samples.worker_of(key.kid) == there.worker
    assert samples.still_held(region="eu-central") == {key.kid}
    assert (samples.region_of_key(key.kid), samples.region_of_key("gone")) == ("eu-central", None)
    assert samples.keys_on_offer("ap-1") == []
    assert len(samples.keys_on_offer()) == 2
    # Who moves the other worker there in the database gets no sample sealed to it.
    WorkerKey.objects.update(region="eu-central")
    assert samples.keys_on_offer("eu-central") == [key]


def test_a_signature_is_that_of_its_own_key(worker: Holder) -> None:
    worker.beat()
    other = Holder()
    other.beat()
    row = WorkerKey.objects.get(worker=other.worker)
    WorkerKey.objects.filter(worker=worker.worker).update(signature=row.signature, public_jwk=row.public_jwk)
    assert {samples.worker_of(kid) for kid in offered()} == {other.worker}


def test_o08_a_worker_renews_its_key_itself_and_forgets_the_old_one(worker: Holder, clock: Clock) -> None:
    worker.beat()
    (first,) = offered()
    clock.seconds += PERIOD
    worker.beat()
    assert offered().isdisjoint({first})
    assert worker.open(first) is not None
    assert samples.still_held([first]) == {first}
    clock.seconds += PERIOD
    worker.beat()
    assert worker.open(first) is None
    assert not WorkerKey.objects.filter(kid=first).exists()


def test_a_key_is_on_offer_at_any_time_between_two_beats(worker: Holder, clock: Clock) -> None:
    clock.seconds += PERIOD - 6
    worker.beat()
    until = WorkerKey.objects.get().offered_until
    assert until > now() + timedelta(seconds=20)


def test_what_is_sealed_at_the_last_moment_is_opened_until_its_verdict_is_due(
    worker: Holder, clock: Clock
) -> None:
    worker.beat()
    row = WorkerKey.objects.get()
    assert row.kept_until - row.offered_until >= timedelta(seconds=120 + 60)


def test_a_worker_that_was_not_heard_of_is_gone(worker: Holder) -> None:
    worker.beat()
    (kid,) = offered()
    assert samples.still_held([kid, "another"]) == {kid}
    WorkerKey.objects.update(seen_at=now() - samples.SILENT - timedelta(seconds=1))
    assert offered() == samples.still_held([kid]) == samples.still_held() == set()
    worker.beat()
    assert offered() == samples.still_held() == {kid}


def test_a_worker_publishes_anew_what_a_crash_of_the_database_emptied(worker: Holder, clock: Clock) -> None:
    worker.beat()
    clock.seconds += PERIOD
    worker.beat()
    kids = samples.still_held()
    WorkerKey.objects.all().delete()
    worker.beat()
    assert samples.still_held() == kids
    assert len(kids) == 2


def test_keys_of_two_workers_are_offered_and_never_two_of_one(worker: Holder, clock: Clock) -> None:
    worker.beat()
    clock.seconds += PERIOD
    worker.beat()
    assert len(offered()) == 1
    others = [Holder() for _ in range(3)]
    for other in others:
        other.beat()
    seen = [{samples.worker_of(kid) for kid in offered()} for _ in range(60)]
    assert {len(workers) for workers in seen} == {2}
    assert set.union(*seen) == {each.worker for each in [worker, *others]}


def test_a_worker_that_ends_is_gone_at_once(worker: Holder, clock: Clock) -> None:
    worker.beat()
    (kid,) = offered()
    worker.stop_offering()
    assert offered() == set()
    assert samples.still_held([kid]) == {kid}
    clock.seconds += PERIOD
    worker.beat()
    assert offered() == set()
    worker.withdraw()
    assert samples.still_held([kid]) == set()


def test_o13_a_worker_signs_anew_when_the_key_that_signs_is_rotated(worker: Holder, settings: Any) -> None:
    worker.beat()
    kids = offered()
    settings.SECRETS = {**settings.SECRETS, **verdict_keys()}
    assert offered() == set()
    worker.beat()
    assert offered() == kids


def test_what_workers_left_behind_is_deleted(worker: Holder) -> None:
    worker.beat()
    assert forget_gone_workers() == set()
    WorkerKey.objects.update(seen_at=now() - FORGOTTEN - timedelta(seconds=1))
    assert forget_gone_workers() == {worker.worker}
    assert not WorkerKey.objects.exists()


def test_keys_of_the_release_before_are_deleted_when_their_time_is_over(worker: Holder) -> None:
    fields = {"public_jwk": {}, "signature": "", "sealed_private": b"sealed", "created_at": now()}
    for name, left in (("over", -1), ("running", 60)):
        moment = now() + timedelta(seconds=left)
        SampleKey.objects.create(kid=name, offered_until=moment, destroyed_at=moment, **fields)
    worker.beat()
    assert [row.kid for row in SampleKey.objects.all()] == ["running"]
