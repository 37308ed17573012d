"""T01: the database's owner changes the log in every way, and each is found against what was signed outside.

The attacker switches triggers off, writes every table, and works all hashes out anew; of keys they hold none.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from authsvc.audit import verification
from authsvc.audit.anchors import folder
from authsvc.audit.models import (
    AuditEvent,
    Log,
    Position,
    Segment,
    StoredCheckpoint,
    StoredTile,
)
from authsvc.audit.notes import Verifier, read_checkpoint, sign
from authsvc.audit.sequencing import LogBroken, keep_outside, origin_of, sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.tasks import sequence_events
from authsvc.audit.tree import WIDTH, Edge, leaf_hash
from authsvc.audit.verification import verify_log
from authsvc.audit.writers import leaf_of_row, verifier
from authsvc.core.remembered import forget_everything
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id, every_tenant_scope, tenant_scope
from tests.campaign import sampled
from tests.factories import make_tenant
from tests.unit.audit.owner import without_triggers

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-12")]
EVENTS = WIDTH + 44
TABLES = (Position, Segment, StoredTile, StoredCheckpoint)


@pytest.fixture(autouse=True)
def tenant() -> Iterator[Tenant]:
    """A log of one full tile and some more, which came into it in three rounds."""
    row = make_tenant("audited")
    with tenant_scope(row.id):
        for number in range(EVENTS):
            record(Tag.TRANSACTION_OPENED, transaction=f"t{number}", number=number)
            if number in (199, 269, EVENTS - 1):
                sequence()
        assert verify_log()[::2] == (EVENTS, None)
        yield row


@pytest.fixture(autouse=True)
def _no_triggers(tenant: Tenant) -> None:
    without_triggers()


def event_at(number: int) -> AuditEvent:
    """The event of a number in the log, from 1 on."""
    return AuditEvent.objects.get(pk=Position.objects.get(position=number - 1).event)


def newest() -> StoredCheckpoint:
    """The newest of the checkpoints that are kept in the database."""
    return StoredCheckpoint.objects.latest("size")


def cut(*, to: int) -> None:
    """Take the newest events with all that was made of them."""
    gone = Position.objects.filter(position__gte=to)
    AuditEvent.objects.filter(pk__in=gone.values("event")).delete()
    gone.delete()
    Segment.objects.filter(first__gte=to).delete()
    StoredTile.objects.filter(index__gte=to // WIDTH).delete()
    StoredCheckpoint.objects.filter(size__gt=to).delete()


def rebuilt(leaves: list[bytes], events: list[int]) -> Edge:
    """Make leaves, tiles and positions anew, as the sequencer would have."""
    for table in (Position, Segment, StoredTile):
        table.objects.all().delete()
    edge = Edge()
    for place, leaf in enumerate(leaves):
        for tile in edge.append(leaf_hash(leaf)):
            StoredTile.objects.create(
                level=tile.level, index=tile.index, hashes=b"".join(tile.hashes), root=tile.root
            )
        Position.objects.create(event=events[place], position=place)
        Segment.objects.create(first=place, count=1, leaves=len(leaf).to_bytes(2, "big") + leaf)
    return edge


def rewrite_one() -> None:
    AuditEvent.objects.filter(pk=event_at(4).pk).update(reason="another")


def rewrite_in_the_last_tile() -> None:
    AuditEvent.objects.filter(pk=event_at(290).pk).update(details={"number": 7})


def rewrite_a_leaf() -> None:
    row = Segment.objects.get(first=0)
    content = bytes(row.leaves).replace(b"opened", b"OPENED", 1)
    Segment.objects.filter(pk=row.pk).update(leaves=content)


def rewrite_and_hash_everything_anew() -> None:
    event = event_at(4)
    AuditEvent.objects.filter(pk=event.pk).update(reason="another")
    order = list(Position.objects.order_by("position").values_list("event", flat=True))
    rows = AuditEvent.objects.in_bulk(order)
    rebuilt([leaf_of_row(vars(rows[number])) or b"" for number in order], order)


def put_everything_in_another_order() -> None:
    order = list(Position.objects.order_by("position").values_list("event", flat=True))
    order[4], order[3] = order[3], order[4]
    rows = AuditEvent.objects.in_bulk(order)
    rebuilt([leaf_of_row(vars(rows[number])) or b"" for number in order], order)


def exchange_two_places() -> None:
    one, two = event_at(4), event_at(9)
    Position.objects.filter(event__in=[one.pk, two.pk]).delete()
    Position.objects.create(event=one.pk, position=8)
    Position.objects.create(event=two.pk, position=3)


def delete_one() -> None:
    AuditEvent.objects.filter(pk=event_at(4).pk).delete()


def cut_the_newest() -> None:
    cut(to=270)


def put_an_older_backup_back() -> None:
    cut(to=200)


def delete_the_newest_row() -> None:
    AuditEvent.objects.filter(pk=event_at(EVENTS).pk).delete()


def delete_the_newest_checkpoint() -> None:
    StoredCheckpoint.objects.latest("size").delete()


def cut_and_sign_by_another_key() -> None:
    """Cut the log, and sign what is left as it should be, but by a key of one's own."""
    cut(to=270)
    note = read_checkpoint(newest().note, verifier(origin_of(current_tenant_id())) or Verifier("", b""))
    stranger = Ed25519PrivateKey.generate()
    StoredCheckpoint.objects.filter(size=270).update(note=sign(note.text, note.origin, stranger))


def say_that_an_older_checkpoint_is_the_newest() -> None:
    """Cut the log, and let the row of what was signed then say that it is of more than the folder knows."""
    cut(to=270)
    StoredCheckpoint.objects.create(size=10**6, note=newest().note, at="2026-01-01T00:00:00Z")


def forget_a_place() -> None:
    Position.objects.filter(event=event_at(4).pk).delete()


def forget_the_newest_places() -> None:
    Position.objects.filter(position__gte=270).delete()


def forget_every_place() -> None:
    Position.objects.all().delete()


def exchange_two_leaves_of_one_round() -> None:
    row = Segment.objects.get(first=270)
    leaves = list(row.entries())
    leaves[3], leaves[4] = leaves[4], leaves[3]
    content = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)
    Segment.objects.filter(pk=row.pk).update(leaves=content)


def say_that_a_segment_has_fewer_leaves() -> None:
    Segment.objects.filter(first=270).update(count=3)


def rewrite_the_hash_above_a_tile() -> None:
    StoredTile.objects.filter(level=0).update(root=b"\0" * 32)


def delete_a_tile() -> None:
    StoredTile.objects.all().delete()


def put_a_tile_where_one_is_to_come() -> None:
    StoredTile.objects.create(level=0, index=1, hashes=b"", root=b"")


def put_leaves_where_some_are_to_come() -> None:
    Segment.objects.create(first=EVENTS, count=1, leaves=b"\0\1x")


def empty_the_head() -> None:
    Log.objects.update(origin="")


def raise_the_floor() -> None:
    Log.objects.update(floor=10**9)


def raise_the_next_floor() -> None:
    Log.objects.update(next_floor=10**9, next_floor_at="2026-01-01T00:00:00Z", next_floor_snapshot=0)


def delete_every_row() -> None:
    AuditEvent.objects.all().delete()
    for table in (*TABLES, Log):
        table.objects.all().delete()


def delete_the_head() -> None:
    Log.objects.all().delete()


def delete_every_checkpoint() -> None:
    StoredCheckpoint.objects.all().delete()


def hide_an_event_in_the_log() -> None:
    event = record(Tag.CLIENT_CREATED)
    AuditEvent.objects.filter(pk=event.pk).update(mac=None)
    Position.objects.create(event=event.pk, position=EVENTS)


def insert_without_a_mac() -> None:
    AuditEvent.objects.create(at="2026-01-01T00:00:00Z", tag="portal:client:created")


def insert_with_the_mac_of_another_event() -> None:
    event = record(Tag.CLIENT_CREATED, reason="mine")
    AuditEvent.objects.filter(pk=event.pk).update(reason="yours")


def insert_an_event_of_another_tenant() -> None:
    """What somebody may really have written, but in another tenant's log."""
    ours = current_tenant_id()
    with every_tenant_scope():
        with tenant_scope(make_tenant("another").pk):
            row = record(Tag.CLIENT_CREATED)
        AuditEvent.objects.filter(pk=row.pk).update(tenant_id=ours)


def insert_what_an_older_release_would_have() -> None:
    AuditEvent.objects.create(
        at="2026-01-01T00:00:00Z", tag="portal:client:created", digest="ab" * 32, old_sequence=1
    )


ATTACKS: dict[Callable[[], None], tuple[int, str]] = {
    rewrite_one: (4, "altered"),
    rewrite_in_the_last_tile: (290, "altered"),
    rewrite_a_leaf: (1, "altered"),
    rewrite_and_hash_everything_anew: (4, "altered"),
    put_everything_in_another_order: (4, "reordered"),
    exchange_two_places: (4, "reordered"),
    exchange_two_leaves_of_one_round: (274, "reordered"),
    delete_one: (4, "missing"),
    cut_the_newest: (271, "missing"),
    delete_the_newest_row: (EVENTS, "missing"),
    delete_the_newest_checkpoint: (271, "missing"),
    cut_and_sign_by_another_key: (270, "altered"),
    say_that_an_older_checkpoint_is_the_newest: (10**6, "altered"),
    forget_a_place: (4, "missing"),
    forget_the_newest_places: (271, "missing"),
    forget_every_place: (1, "missing"),
    say_that_a_segment_has_fewer_leaves: (271, "missing"),
    rewrite_the_hash_above_a_tile: (1, "altered"),
    delete_a_tile: (1, "altered"),
    put_a_tile_where_one_is_to_come: (EVENTS + 1, "altered"),
    put_leaves_where_some_are_to_come: (EVENTS + 1, "altered"),
    empty_the_head: (0, "without a head"),
    raise_the_floor: (0, "altered"),
    raise_the_next_floor: (0, "altered"),
    put_an_older_backup_back: (201, "missing"),
    delete_every_row: (1, "missing"),
    delete_the_head: (0, "without a head"),
    delete_every_checkpoint: (1, "missing"),
    hide_an_event_in_the_log: (EVENTS + 1, "altered"),
    insert_without_a_mac: (0, "unsigned"),
    insert_with_the_mac_of_another_event: (0, "unsigned"),
    insert_an_event_of_another_tenant: (0, "unsigned"),
    insert_what_an_older_release_would_have: (0, "unsigned"),
}


BY_NAME = {attack.__name__: attack for attack in ATTACKS}


@pytest.mark.parametrize("attack", sampled(BY_NAME, *list(BY_NAME)[::3]))
def test_t01_each_change_by_the_databases_owner_is_named(attack: Callable[[], None]) -> None:
    attack()
    finding = verify_log().finding
    assert finding is not None
    assert (finding.number, finding.kind) == ATTACKS[attack]


def test_t01_nothing_is_added_to_a_log_that_was_changed() -> None:
    """The sequencer signs no continuation, and the tenant's next event is written all the same."""
    kept = folder.newest()
    for attack in (cut_the_newest, empty_the_head, delete_the_head, delete_every_row):
        attack()
        record(Tag.CLIENT_CREATED)
        with pytest.raises(LogBroken):
            sequence()
    assert folder.newest() == kept


def test_t01_a_checkpoint_under_another_size_is_continued_by_nobody() -> None:
    kept = list(folder.every())
    say_that_an_older_checkpoint_is_the_newest()
    record(Tag.CLIENT_CREATED)
    for _ in range(2):
        with pytest.raises(LogBroken, match="is said to be of 1000000"):
            sequence()
        forget_everything()
    assert list(folder.every()) == kept


def test_t01_nothing_comes_into_the_folder_that_was_not_signed() -> None:
    """Also where the row is changed between the commit and the look at it."""
    kept = list(folder.every())
    StoredCheckpoint.objects.filter(size=EVENTS).update(note="not signed\n")
    with pytest.raises(LogBroken):
        keep_outside(StoredCheckpoint.objects.get(size=EVENTS), origin_of(current_tenant_id()))
    assert list(folder.every()) == kept


@pytest.mark.parametrize("attack", [raise_the_floor, raise_the_next_floor])
def test_t01_a_floor_that_was_raised_keeps_no_event_out(attack: Callable[[], None]) -> None:
    attack()
    sequence_events()
    assert verify_log().finding is None
    record(Tag.CLIENT_CREATED)
    sequence_events()
    assert verify_log() == (EVENTS + 1, 0, None)


def test_t01_an_event_below_a_floor_that_was_raised_is_told_and_can_be_taken_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = record(Tag.CLIENT_CREATED)
    Log.objects.update(floor=event.pk)
    assert sequence() == 0
    monkeypatch.setattr(verification, "LATE", timedelta(0))
    monkeypatch.setattr(verification, "sleep", lambda _seconds: sequence())
    assert str(verify_log().finding) == f"row {event.pk} is never taken in"
    assert sequence(late=True) == 1
    assert verify_log() == (EVENTS + 1, 0, None)


def test_t01_rows_that_nobody_signed_keep_no_event_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A stranger who can insert inserts more of them than a round takes."""
    monkeypatch.setattr("authsvc.audit.sequencing.AT_ONCE", 3)
    for _ in range(8):
        insert_without_a_mac()
    record(Tag.CLIENT_CREATED)
    assert sequence() == 1
    assert caplog.text.count("bear no MAC of a writer") == 3


def test_t01_a_tile_that_was_rewritten_is_built_on_by_nobody() -> None:
    rewrite_the_hash_above_a_tile()
    forget_everything()  # as a process does that has just begun
    record(Tag.CLIENT_CREATED)
    with pytest.raises(LogBroken, match="hashes"):
        sequence()


def test_t01_an_event_without_its_writers_mac_is_never_taken_in() -> None:
    for attack in (
        insert_without_a_mac,
        insert_with_the_mac_of_another_event,
        insert_what_an_older_release_would_have,
    ):
        attack()
    assert sequence() == 0
    assert Position.objects.count() == EVENTS


def test_t01_a_copy_of_an_event_is_never_taken_in() -> None:
    row = event_at(4)
    row.pk, row._state.adding = None, True
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX audit_mac_once")
    AuditEvent.objects.bulk_create([row])
    assert sequence() == 0
    finding = verify_log().finding
    assert finding is not None
    assert (finding.event, finding.kind) == (row.pk, "unsigned")


def test_t01_another_tenants_log_is_put_in_nobodys_place(tenant: Tenant) -> None:
    other = make_tenant("another")
    with tenant_scope(other.pk):
        record(Tag.TENANT_CREATED)
        sequence()
        models: tuple[Any, ...] = (Log, Position, Segment, StoredCheckpoint)
        taken = {model: list(model.objects.values()) for model in models}
        for model in taken:
            model.objects.all().delete()
    for model in (*TABLES, Log):
        model.objects.all().delete()
    for model, rows in taken.items():
        model.objects.bulk_create([model(**{**row, "tenant_id": tenant.pk}) for row in rows])
    finding = verify_log().finding
    assert finding is not None
    assert finding.kind in ("altered", "missing", "without a head")
    with pytest.raises(LogBroken):
        sequence()


def test_a_log_keeps_the_name_that_it_began_with(settings: Any) -> None:
    settings.LOG_NAME = "another.example"
    record(Tag.CLIENT_CREATED)
    assert sequence() == 1
    assert verify_log() == (EVENTS + 1, 0, None)
