"""Taking events into their tenant's log: scheduled work does it, and nobody waits for it (docs/adr/0410).

What it builds on is proved each time by the checkpoint that it signed last, and by those that are kept where
the database's owner cannot write: of a log that was cut, rewritten or put back it signs no continuation.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Subquery
from django.db.models.functions import Coalesce

from authsvc.audit import adoption, sql
from authsvc.audit.anchors import folder, witness
from authsvc.audit.contents import Gone, Hashes, newest_checkpoint
from authsvc.audit.models import AuditEvent, Log, Position, Segment, StoredCheckpoint, StoredTile
from authsvc.audit.notes import BadNote, Checkpoint, checkpoint_text, read_checkpoint, sign
from authsvc.audit.tree import WIDTH, Edge, Tile, edge_of, leaf_hash
from authsvc.audit.writers import Known, known_writers, leaf_of_row, signer, verifier
from authsvc.core.clock import now
from authsvc.core.remembered import Remembered
from authsvc.tenancy.scope import current_tenant_id

log = logging.getLogger(__name__)
AT_ONCE: Final = 5000
"""Events that one round takes of a tenant; more wait until every other tenant has had a turn."""
_SETTLED: Final = timedelta(seconds=3)
# What this process signed last of each tenant, and its right edge: read anew where the database says another.
_known_edges: Final[Remembered[UUID, tuple[str, Edge, bool]]] = Remembered(seconds=60)


class LogBroken(Exception):
    """What the database holds is not the log whose checkpoint was signed last; nothing is added to it."""


def sequence(*, late: bool = False) -> int:
    """Take the waiting events of the tenant in scope into its log, and return how many were.

    Where two processes do it at once, one does. `late` takes in, too, what a process of the release before
    wrote when its chain had been taken over already: an operator vouches for it. It looks through all events,
    wherever the floor is. Raises LogBroken.
    """
    if signer() is None:
        return 0
    with transaction.atomic():
        found = _locked()
        if found is None:
            return 0
        row, newest = found
        added, stored = _add(row, newest=newest, late=late)
    if stored is not None:
        keep_outside(stored, row.origin)
    return added


def origin_of(tenant_id: object) -> str:
    """Return the name of the log of the tenant in scope: the one that it began with, or will begin with.

    It ends in the tenant's id, so that no other tenant's log is put in its place.
    """
    begun = Log.objects.values_list("origin", flat=True).first()
    if begun is not None and begun.endswith(f"/{tenant_id}"):
        return begun
    return f"{settings.LOG_NAME}/{tenant_id}"


def _locked() -> tuple[Log, int] | None:
    """Return the log's row, locked, and the number of the tenant's newest event.

    None where another process has it. A new log is begun at most once.
    """
    newest = AuditEvent.objects.order_by("-sequence").values("sequence")[:1]
    rows = Log.objects.select_for_update(skip_locked=True, of=("self",))
    row = rows.annotate(newest=Coalesce(Subquery(newest), 0)).first()
    if row is not None:
        return row, row.newest
    if Log.objects.exists():
        return None
    _require_nothing_outside()
    # Another process may begin it meanwhile: its round it is then.
    own, is_ours = Log.objects.get_or_create(defaults={"origin": origin_of(current_tenant_id())})
    return (own, sql.newest(current_tenant_id())) if is_ours else None


def _require_nothing_outside() -> None:
    """Raise LogBroken where there was a log of the tenant in scope."""
    if folder.newest() is not None or StoredCheckpoint.objects.exists() or Position.objects.exists():
        raise LogBroken("the head of the log is gone")


def _add(row: Log, *, newest: int, late: bool) -> tuple[int, StoredCheckpoint | None]:
    """Return how many events came into the log, and its newest checkpoint. Raises LogBroken."""
    if not row.origin.endswith(f"/{row.tenant_id}"):
        raise LogBroken("the log has another tenant's name")
    stored, edge, begun = _edge(row)
    _mend_floor(row, newest)
    taken: Sequence[tuple[int, bytes]] = []
    if late or not begun:
        taken = adoption.adopted(late=late) if late or adoption.goes_on(edge.size) else []
        begun = not taken and edge.size > 0
    more = bool(taken)
    if not taken:
        taken, more = _waiting(row, above=0 if late else row.floor)
    if taken:
        stored = _store(row, edge, taken)
        # Where the commit fails, the next round finds another checkpoint than this, and reads everything.
        _known_edges.keep(row.tenant_id, (stored.note, edge, begun))
    # A round that found no more than it could take has left nothing behind but what comes yet.
    if not more and (taken or _is_kept_outside(stored)):
        _raise_floor(row)
    return len(taken), stored


def _mend_floor(row: Log, newest: int) -> None:
    """Look through all events again where the floor is said to lie above those that there are.

    No sequencer sets it so, and what comes up to it would be passed by.
    """
    if max(row.floor, row.next_floor) <= newest:
        return
    log.critical("somebody raised the floor of the log of tenant %s; all is looked through", row.tenant_id)
    row.floor, row.next_floor, row.next_floor_at = 0, 0, None
    row.save(update_fields=["floor", "next_floor", "next_floor_at"])


def _waiting(row: Log, *, above: int) -> tuple[list[tuple[int, bytes]], bool]:
    """Return number and leaf of the next events above a number, and whether more may wait.

    Rows that no process of ours wrote are passed by, however many they are.
    """
    while True:
        rows = sql.waiting(row.tenant_id, above=above, limit=AT_ONCE)
        taken, more = _authentic(row, rows), len(rows) == AT_ONCE
        if taken or not more:
            return taken, more
        above = rows[-1]["sequence"]


def _edge(row: Log) -> tuple[StoredCheckpoint | None, Edge, bool]:
    """Return the last checkpoint, the right edge of the log that it proves, and whether that is begun.

    Raises LogBroken.
    """
    stored, outside = newest_checkpoint(), folder.newest()
    if stored is None:
        if Position.objects.exists() or outside is not None:
            raise LogBroken("there is no checkpoint of the log")
        return None, Edge(), False
    note, edge, begun = _known_edges.get(row.tenant_id) or ("", Edge(), False)
    is_known = note == stored.note and edge.size == stored.size
    size = edge.size if is_known else trusted_row(stored, row.origin).size
    if outside not in (None, stored.note) and trusted(str(outside), row.origin).size > size:
        raise LogBroken("a later checkpoint was signed than the database has: it was cut or put back")
    if is_known:
        return stored, Edge(edge.size, [list(level) for level in edge.levels]), begun
    return stored, _read_edge(trusted_row(stored, row.origin)), False


def _read_edge(checkpoint: Checkpoint) -> Edge:
    try:
        edge = edge_of(checkpoint.size, Hashes())
    except Gone as gone:
        raise LogBroken(str(gone)) from None
    if edge.root() != checkpoint.root:
        raise LogBroken("the hashes of the log are not those of its checkpoint")
    return edge


def trusted_row(stored: StoredCheckpoint, origin: str) -> Checkpoint:
    """Return the checkpoint of a row, of ours and of the size that the row says. Raises LogBroken."""
    checkpoint = trusted(stored.note, origin)
    if checkpoint.size != stored.size:
        raise LogBroken(f"the checkpoint of {checkpoint.size} entries is said to be of {stored.size}")
    return checkpoint


def trusted(note: str, origin: str) -> Checkpoint:
    """Return a checkpoint of ours. Raises LogBroken for any other."""
    known = verifier(origin)
    if known is None:
        raise LogBroken("the key of the log's checkpoints is not known here")
    try:
        checkpoint = read_checkpoint(note, known)
    except BadNote as problem:
        raise LogBroken(str(problem)) from None
    if checkpoint.origin != origin:
        raise LogBroken(f"the checkpoint is of another log: {checkpoint.origin}")
    return checkpoint


def _authentic(row: Log, rows: Sequence[sql.Row]) -> list[tuple[int, bytes]]:
    """Return number and leaf of those events that their writers wrote, each once."""
    writers = known_writers()
    seen = placed_macs([bytes(each["mac"]) for each in rows if each["mac"] is not None])
    taken, refused = [], []
    for each in rows:
        leaf = authentic_leaf(writers, row.tenant_id, each)
        mac = bytes(each["mac"] or b"")
        if leaf is None or mac in seen:
            refused.append(each["sequence"])
            continue
        seen.add(mac)
        taken.append((each["sequence"], leaf))
    if refused:
        log.critical(
            "%d events bear no MAC of a writer, and are not taken into the log; the first is %s",
            len(refused),
            refused[0],
        )
    return taken


def placed_macs(macs: Sequence[bytes]) -> set[bytes]:
    """Return those MACs of waiting events that an event in the log bears already: of a copy of it."""
    if sql.bearing(macs) <= len(macs):
        return set()
    bearing = AuditEvent._base_manager.filter(mac__in=macs)
    found = {number: bytes(mac) for number, mac in bearing.values_list("pk", "mac") if mac is not None}
    placed = Position._base_manager.filter(event__in=list(found)).values_list("event", flat=True)
    return {found[number] for number in placed}


def authentic_leaf(writers: Known, tenant_id: object, row: sql.Row) -> bytes | None:
    """Return the leaf of a row that bears its writer's MAC on it, None for any other."""
    leaf = None if row["mac"] is None else leaf_of_row(row)
    if leaf is None or not writers.wrote(tenant_id, bytes(row["mac"]), leaf):
        return None
    return leaf


def _store(row: Log, edge: Edge, taken: Sequence[tuple[int, bytes]]) -> StoredCheckpoint:
    """Put leaves, tiles, positions and the signed checkpoint into the database; return the checkpoint."""
    first = edge.size
    tiles: list[Tile] = []
    for _, leaf in taken:
        tiles += edge.append(leaf_hash(leaf))
    if tiles:
        StoredTile.objects.bulk_create(map(_stored, tiles))
    key = signer()
    assert key is not None
    note = sign(checkpoint_text(row.origin, edge.size, edge.root()), row.origin, key)
    stored = StoredCheckpoint(size=edge.size, note=note, at=now())
    sql.store([number for number, _ in taken], _segments(first, [leaf for _, leaf in taken]), stored)
    return stored


def _segments(first: int, leaves: Sequence[bytes]) -> list[Segment]:
    placed = enumerate(leaves, first)
    made = []
    for _, group in groupby(placed, key=lambda each: each[0] // WIDTH):
        some = list(group)
        content = b"".join(len(leaf).to_bytes(2, "big") + leaf for _, leaf in some)
        made.append(Segment(first=some[0][0], count=len(some), leaves=content))
    return made


def _stored(tile: Tile) -> StoredTile:
    return StoredTile(level=tile.level, index=tile.index, hashes=b"".join(tile.hashes), root=tile.root)


def _raise_floor(row: Log) -> None:
    """Look for events from later on, once every transaction has ended that could bring one from before."""
    moment = now()
    if row.next_floor_at is not None and moment - row.next_floor_at < _SETTLED:
        return
    oldest, following = sql.snapshot()
    if row.next_floor_at is not None:
        if oldest < row.next_floor_snapshot:
            return
        row.floor = row.next_floor
    row.next_floor, row.next_floor_at = sql.newest(row.tenant_id), moment
    row.next_floor_snapshot = following
    row.save(update_fields=["floor", "next_floor", "next_floor_at", "next_floor_snapshot"])


def keep_outside(stored: StoredCheckpoint, origin: str) -> None:
    """Bring a log's checkpoint to where the database's owner cannot write. Raises LogBroken.

    After the commit: a checkpoint outside that the database never had would look like a log that was cut.
    """
    outside = folder.newest()
    if folder.is_here() and outside != stored.note:
        checkpoint = trusted_row(stored, origin)
        # Another process may have brought a later one there since.
        if outside is None or trusted(outside, origin).size < checkpoint.size:
            folder.keep(checkpoint.note)
    if witness.is_here() and not witness.signed(stored.note, stored.cosignatures):
        _show(stored, origin)


def _is_kept_outside(stored: StoredCheckpoint | None) -> bool:
    if stored is None:
        return True
    return (not folder.is_here() or folder.newest() == stored.note) and (
        not witness.is_here() or witness.signed(stored.note, stored.cosignatures)
    )


def _show(stored: StoredCheckpoint, origin: str) -> None:
    checkpoint = trusted_row(stored, origin)
    before = StoredCheckpoint.objects.exclude(cosignatures="").order_by("-size").first()
    try:
        lines = witness.cosign(checkpoint, seen=0 if before is None else before.size)
    except witness.Refuses as problem:
        raise LogBroken(str(problem)) from None
    except witness.Unreachable as problem:
        log.warning("the witness was not reached, and is tried again: %s", problem)
        return
    StoredCheckpoint.objects.filter(pk=stored.pk).update(cosignatures=lines)
