"""Checking a tenant's log against its checkpoints, its anchors and its rows, whoever owns the database.

It is right while events arrive: what a checkpoint covers never changes, and what is not in the log yet is
waited for before anything is said of it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from time import sleep
from typing import Any, Final, NamedTuple

from django.db.models import F, Max

from authsvc.audit import adoption, contents, sql
from authsvc.audit.anchors import folder, witness
from authsvc.audit.leaves import PLAIN, moment_of
from authsvc.audit.models import AuditEvent, Log, Position, Segment, StoredTile
from authsvc.audit.notes import BadNote, Checkpoint, read_checkpoint
from authsvc.audit.sequencing import LogBroken, origin_of, placed_macs, trusted_row
from authsvc.audit.tags import Tag
from authsvc.audit.tree import HASH, WIDTH, Edge, leaf_hash, range_hash, root_over
from authsvc.audit.writers import Known, known_writers, leaf_of_row, verifier
from authsvc.core.clock import now
from authsvc.core.marking import gettext_noop
from authsvc.tenancy.scope import current_tenant_id

LATE: Final = timedelta(seconds=30)
"""After which an event that still waits is said never to come into the log."""
_ROUND: Final = 3.0  # seconds in which an event that has just been committed comes into the log
_MANY: Final = 100_000
_BUNDLES: Final = 4
_AT: Final = slice(len('{"at":"'), len('{"at":"') + len("2026-01-01T00:00:00.000000"))


@dataclass(frozen=True)
class Finding:
    """The first fault: the event's number in the log from 1 on, and what is wrong with it.

    An event that is not in the log has the number 0, and `event` is its row's. Where a rewritten event can
    only be told by what was signed, it stands from `number` to `until`.
    """

    number: int
    kind: str
    event: int = 0
    until: int = 0

    def __str__(self) -> str:
        if not self.number:
            return f"row {self.event} is {self.kind}" if self.event else f"the log is {self.kind}"
        if self.until > self.number:
            return f"one of the events {self.number} to {self.until} is {self.kind}"
        return f"event {self.number} is {self.kind}"


Told = Callable[[int, int], None]


class Verified(NamedTuple):
    """How many events of the log were found whole, how many wait to come into it, and the first fault."""

    events: int
    waiting: int
    finding: Finding | None


def verify_log(*, rows: bool = True, told: Told | None = None, as_of: datetime | None = None) -> Verified:
    """Check the log of the tenant in scope, from its first leaf on.

    With `rows` each event's row is held against its leaf. `told` hears now and then how many events of how
    many were looked at. `as_of` is the moment of which the database is a copy: what waited then is not late,
    though nobody takes it in here. Kinds of faults: `altered`; `missing` (a row, a
    leaf, or the newest events); `reordered` (an event stands where another did); `unsigned` (no writer's MAC
    is on it, or it is a copy); `never taken in`; `without a head`.
    """
    return _verified(rows=rows, before=None, told=told, as_of=as_of)[0]


def older_than(moment: datetime) -> int:
    """Return how many events of the log of the tenant in scope, from the first one on, are older.

    Their leaves say so, which are checked first: whoever owns the database makes rows as old as they like.
    Raises LogBroken where the log is not whole.
    """
    verified, older = _verified(rows=True, before=moment)
    if verified.finding is not None:
        raise LogBroken(str(verified.finding))
    return older


def _verified(
    *, rows: bool, before: datetime | None, told: Told | None = None, as_of: datetime | None = None
) -> tuple[Verified, int]:
    """Return what a walk through the log finds, and how many of its first events are of before a time."""
    stretch = _stretch()
    try:
        # In this order: what is kept outside was committed before, so that a round meanwhile only adds here.
        outside, checkpoint = _outside(), _newest()
    except _Found as found:
        return Verified(0, 0, found.finding), 0
    size = 0 if checkpoint is None else checkpoint.size
    walk = _Walk(size, outside, rows=rows, before=_text(before), told=told)
    try:
        _require_all(size, stretch, outside)
        checked = walk.done(checkpoint)
        _ask_witness(checkpoint)
        return Verified(checked, _waiting(size, as_of), None), walk.older
    except _Found as found:
        number = found.finding.number
        whole = min(walk.checked, max(number - 1, 0)) if number else walk.checked
        return Verified(whole, 0, found.finding), 0


def _text(moment: datetime | None) -> bytes:
    return b"" if moment is None else moment_of(moment).encode()[: _AT.stop - _AT.start]


class _Found(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def _found(number: int, kind: str, *, event: int = 0, until: int = 0) -> _Found:
    return _Found(Finding(number, kind, event, until))


def _stretch() -> int:
    """Return how many entries the log has by what its tables hold, whatever was signed."""
    ends = [
        Position.objects.aggregate(end=Max(F("position") + 1))["end"],
        Segment.objects.aggregate(end=Max(F("first") + F("count")))["end"],
    ]
    tiles = StoredTile.objects.values_list("level").annotate(last=Max("index"))
    ends += [(last + 1) * WIDTH ** (level + 1) for level, last in tiles]
    return max((int(end) for end in ends if end is not None), default=0)


def _newest() -> Checkpoint | None:
    """Return the newest checkpoint, None where the log has not begun."""
    stored, state = contents.newest_checkpoint(), Log.objects.first()
    if stored is None:
        return None
    origin = origin_of(current_tenant_id())
    if state is None or state.origin != origin:
        raise _found(0, gettext_noop("without a head"))
    if max(state.floor, state.next_floor) > sql.newest(state.tenant_id):
        raise _found(0, gettext_noop("altered"))
    try:
        checkpoint = trusted_row(stored, origin)
    except LogBroken:
        raise _found(stored.size, gettext_noop("altered")) from None
    if witness.is_here() and stored.cosignatures and not witness.signed(stored.note, stored.cosignatures):
        raise _found(stored.size, gettext_noop("altered"))
    return checkpoint


def _outside() -> dict[int, Checkpoint]:
    """Return checkpoints that the database's owner cannot write, the last one within each bundle."""
    found: dict[int, Checkpoint] = {}
    for checkpoint in _every_outside():
        bundle = (checkpoint.size - 1) // WIDTH
        if bundle not in found or found[bundle].size < checkpoint.size:
            found[bundle] = checkpoint
    return found


def _every_outside() -> Iterator[Checkpoint]:
    known = verifier(origin_of(current_tenant_id()))
    if known is None:
        return
    for note in folder.every():
        try:
            yield read_checkpoint(note, known)
        except BadNote:
            continue  # of a key before the one that is in use


def _require_all(size: int, stretch: int, outside: Mapping[int, Checkpoint]) -> None:
    """Require that nothing is known that the newest checkpoint does not cover."""
    longest = max((each.size for each in outside.values()), default=0)
    if longest > size:
        raise _found(size + 1, gettext_noop("missing"))
    if stretch > size:
        newest = _newest()
        if newest is None:
            raise _found(0, gettext_noop("without a head"))
        if stretch > newest.size:
            raise _found(newest.size + 1, gettext_noop("altered"))


def _ask_witness(checkpoint: Checkpoint | None) -> None:
    if checkpoint is None or not witness.is_here():
        return
    try:
        witness.cosign(checkpoint, seen=checkpoint.size)
    except witness.Refuses as refusal:
        if refusal.size > checkpoint.size:
            newest = _newest()
            if newest is not None and newest.size >= refusal.size:
                return  # a round was told to the witness meanwhile: the next time has it
            raise _found(checkpoint.size + 1, gettext_noop("missing")) from None
        raise _found(1, gettext_noop("altered"), until=checkpoint.size) from None
    except witness.Unreachable:
        return  # what cannot be asked says nothing


@dataclass
class _Walk:
    """One way through a log of `size` entries, bundle by bundle."""

    size: int
    outside: Mapping[int, Checkpoint]
    rows: bool
    before: bytes = b""
    told: Told | None = None
    checked: int = 0
    older: int = 0
    edge: Edge = field(default_factory=Edge)
    proven: int = 0
    writers: Known = field(default_factory=known_writers)
    erased: frozenset[int] = frozenset()
    tenant: str = field(default_factory=lambda: str(current_tenant_id()))

    def done(self, checkpoint: Checkpoint | None) -> int:
        """Walk to the end, and return how many events are whole. Raises _Found."""
        if checkpoint is None:
            return self._older_alone()
        below, self.erased = pruned(), _erased(self.writers)
        self._pass_by(below)
        group: list[tuple[int, list[bytes]]] = []
        for bundle in contents.bundles(self.size, start=below):
            group.append(bundle)
            if len(group) == _BUNDLES:
                self._look_at(group)
                group = []
                if self.told is not None:
                    self.told(self.checked, self.size)
        self._look_at(group)
        self._hold_against(checkpoint, self.edge.root())
        return self.checked

    def _older_alone(self) -> int:
        checked, fault = adoption.verify_older()
        if fault is not None:
            raise _found(*fault)
        return checked

    def _pass_by(self, pruned: int) -> None:
        """Take the hashes of events that were deleted when their time was over."""
        for tile in StoredTile.objects.filter(level=0, index__lt=pruned // WIDTH).order_by("index"):
            if tile.index * WIDTH != self.edge.size:
                break
            root = root_over(_apart(bytes(tile.hashes)))
            if root != bytes(tile.root):
                raise _found(self.edge.size + 1, gettext_noop("altered"), until=self.edge.size + WIDTH)
            self._rise(root)
        if self.edge.size != pruned:
            raise _found(self.edge.size + 1, gettext_noop("missing"))
        self.checked = self.proven = self.older = pruned

    def _look_at(self, group: Sequence[tuple[int, list[bytes]]]) -> None:
        if not group:
            return
        first, below = group[0][0], min(group[-1][0] + WIDTH, self.size)
        tiles = _tiles(first, below)
        held = self._rows(first, below) if self.rows else None
        for begin, entries in group:
            if held is not None:
                self._compare(begin, entries, held)
            self._add(begin, entries, tiles)

    def _rows(self, first: int, below: int) -> dict[int, tuple[int, sql.Row | None]]:
        found = sql.at_positions(current_tenant_id(), first, below)
        return {position: (event, row) for position, event, row in found}

    def _add(self, begin: int, entries: Sequence[bytes], tiles: Mapping[int, tuple[bytes, bytes]]) -> None:
        hashes = [leaf_hash(entry) for entry in entries]
        wanted = min(WIDTH, self.size - begin)
        if len(hashes) < wanted:
            raise _found(begin + len(hashes) + 1, gettext_noop("missing"))
        if wanted == WIDTH:
            root = _root_of(begin, hashes, *tiles.get(begin // WIDTH, (b"", b"")))
            self._meet(begin, hashes)
            self._rise(root)
        else:
            self._meet(begin, hashes)
            for each in hashes:
                list(self.edge.append(each))
        self.checked = begin + wanted
        if self.older == begin:
            self.older += sum(1 for _ in takewhile(self._is_older, entries))

    def _is_older(self, leaf: bytes) -> bool:
        # Canonical JSON begins with the time, which is in UTC and always of the same length.
        return leaf[_AT] < self.before

    def _rise(self, root: bytes) -> None:
        """Add a full tile of leaves, and hold the tiles above that it fills against those that are kept."""
        for tile in self.edge.append(root, 1):
            stored = StoredTile.objects.filter(level=tile.level, index=tile.index).first()
            kept = None if stored is None else (bytes(stored.hashes), bytes(stored.root))
            if kept != (b"".join(tile.hashes), tile.root):
                raise _found(self.edge.size - WIDTH ** (tile.level + 1) + 1, gettext_noop("altered"))

    def _meet(self, begin: int, hashes: Sequence[bytes]) -> None:
        """Hold what was signed within a bundle, and is kept outside, against what is there now."""
        signed = self.outside.get(begin // WIDTH)
        if signed is not None:
            levels = [list(hashes[: signed.size - begin]), *self.edge.levels[1:]]
            self._hold_against(signed, Edge(signed.size, levels).root())

    def _hold_against(self, signed: Checkpoint, root: bytes) -> None:
        if signed.root != root:
            raise self._rewritten(signed.size)
        self.proven = signed.size

    def _rewritten(self, below: int) -> _Found:
        """Return the finding of an event that was rewritten together with every hash above it.

        Its writer's MAC tells it; where each event is its writer's, their order within what was signed at
        once, which is that of their numbers.
        """
        first, below = self._narrowed(below)
        for begin, entries in contents.bundles(below, start=first - first % WIDTH):
            try:
                self._compare(begin, entries, self._rows(begin, min(begin + WIDTH, below)))
            except _Found as found:
                return found
        events = [event for _, event, _ in sql.at_positions(current_tenant_id(), first, below)]
        pairs = zip(events, sorted(events), strict=True)
        moved = next((place for place, (is_there, was) in enumerate(pairs) if is_there != was), None)
        if moved is not None:
            return _found(first + moved + 1, gettext_noop("reordered"), event=events[moved])
        return _found(first + 1, gettext_noop("altered"), until=below)

    def _narrowed(self, below: int) -> tuple[int, int]:
        """Return between which two checkpoints the first fault lies, of all that are kept outside."""
        first = self.proven
        sizes = {each.size: each for each in _every_outside() if first < each.size < below}
        for size in sorted(sizes):
            if sizes[size].root != range_hash(0, size, _leaves_alone):
                return first, size
            first = size
        return first, below

    def _compare(
        self, begin: int, entries: Sequence[bytes], held: Mapping[int, tuple[int, sql.Row | None]]
    ) -> None:
        for place, leaf in enumerate(entries, begin):
            event, row = held.get(place, (0, None))
            kind = self._fault_of(event, row, leaf)
            if kind is not None:
                raise _found(place + 1, kind, event=event)

    def _fault_of(self, event: int, row: sql.Row | None, leaf: bytes) -> str | None:
        if row is None:
            return gettext_noop("missing")
        own = leaf_of_row(row)
        if own is None:
            whole = event in self.erased and _says_the_same(row, leaf)
            return None if whole else gettext_noop("altered")
        if row["mac"] is None:
            return None if own == leaf else gettext_noop("altered")
        wrote = self.writers.wrote(self.tenant, bytes(row["mac"]), own)
        if wrote is False:
            return gettext_noop("altered")
        if own != leaf:
            return gettext_noop("reordered") if wrote and _is_anothers(leaf) else gettext_noop("altered")
        return None


def _leaves_alone(level: int, first: int, count: int) -> Sequence[bytes]:
    """Read hashes of a log from its leaves (tree.Reader): the tiles may be rewritten too."""
    unit = WIDTH**level
    found = []
    for place in range(first, first + count):
        hashes = [leaf_hash(entry) for entry in contents.leaves(place * unit, (place + 1) * unit)]
        found.append(root_over(hashes))
    return found


def _is_anothers(leaf: bytes) -> bool:
    """Whether a leaf is that of some event of the tenant."""
    try:
        said = json.loads(leaf)
        same = AuditEvent.objects.filter(at=datetime.fromisoformat(said["at"]), tag=said["tag"])
    except (ValueError, KeyError, TypeError):
        return False
    return any(leaf_of_row(vars(event)) == leaf for event in same)


def _says_the_same(row: sql.Row, leaf: bytes) -> bool:
    said: dict[str, Any] = json.loads(leaf)
    return all(said[name] == row[name] for name in PLAIN)


def _root_of(begin: int, hashes: Sequence[bytes], tile: bytes, root: bytes) -> bytes:
    """Return the hash above a full tile of leaves, which is kept as these make it. Raises _Found."""
    if tile != b"".join(hashes):
        raise _found(begin + _first_other(hashes, tile) + 1, gettext_noop("altered"))
    own = root_over(hashes)
    if root != own:
        raise _found(begin + 1, gettext_noop("altered"), until=begin + WIDTH)
    return own


def _apart(content: bytes) -> list[bytes]:
    return [content[at : at + HASH] for at in range(0, len(content), HASH)]


def _first_other(hashes: Sequence[bytes], tile: bytes) -> int:
    for place, hashed in enumerate(hashes):
        if tile[place * len(hashed) : (place + 1) * len(hashed)] != hashed:
            return place
    return 0


def _tiles(first: int, below: int) -> dict[int, tuple[bytes, bytes]]:
    rows = StoredTile.objects.filter(level=0, index__gte=first // WIDTH, index__lt=-(-below // WIDTH))
    found = rows.values_list("index", "hashes", "root")
    return {index: (bytes(hashes), bytes(root)) for index, hashes, root in found}


def _told(tag: Tag, writers: Known) -> Iterator[AuditEvent]:
    """Yield the events of a kind whose rows say what their writers wrote, and which are in the log."""
    for event in AuditEvent.objects.filter(tag=tag):
        leaf = leaf_of_row(vars(event))
        if leaf is None or writers.wrote(event.tenant_id, bytes(event.mac or b""), leaf) is False:
            continue
        place = Position.objects.filter(event=event.sequence).first()
        if place is not None and contents.leaves(place.position, place.position + 1) == [leaf]:
            yield event


def pruned(*, until: datetime | None = None) -> int:
    """Return the position below which events may be deleted, as the log said until then, or says by now."""
    told = _told(Tag.LOG_PRUNED, known_writers())
    counted = (event for event in told if until is None or event.at <= until)
    return max((int(event.details["below"]) for event in counted), default=0)


def _erased(writers: Known) -> frozenset[int]:
    told = _told(Tag.PERSONAL_ERASED, writers)
    return frozenset(number for event in told for number in event.details["events"])


def _waiting(size: int, as_of: datetime | None) -> int:
    """Return how many events wait; raises _Found for one that never comes into the log."""
    writers, tenant_id = known_writers(), current_tenant_id()
    rows = sql.waiting(tenant_id, above=0, limit=_MANY)
    older_too = adoption.goes_on(size)
    rows = [row for row in rows if not (older_too and row["mac"] is None and row["digest"])]
    macs = [bytes(row["mac"] or b"") for row in rows]
    copied = placed_macs(macs) | {mac for mac, count in Counter(macs).items() if count > 1}
    for row, mac in zip(rows, macs, strict=True):
        if mac in copied or _is_nobodys(writers, row):
            raise _found(0, gettext_noop("unsigned"), event=row["sequence"])
    late = [row["sequence"] for row in rows if _age_of(row, as_of or now()) > LATE]
    if late and (left := _still_there(late)):
        raise _found(0, gettext_noop("never taken in"), event=min(left))
    return len(rows)


def _is_nobodys(writers: Known, row: sql.Row) -> bool:
    leaf = None if row["mac"] is None else leaf_of_row(row)
    if leaf is None:
        return True
    wrote = writers.wrote(current_tenant_id(), bytes(row["mac"]), leaf)
    if wrote is None:
        return writers.all
    return not wrote


def _age_of(row: sql.Row, moment: datetime) -> timedelta:
    at = row["at"]
    return moment - (datetime.fromisoformat(at) if isinstance(at, str) else at)


def _still_there(events: Sequence[int]) -> set[int]:
    """Return those events that wait even after a round, with which a long transaction's come."""
    sleep(_ROUND)
    placed = set(Position.objects.filter(event__in=events).values_list("event", flat=True))
    there = set(AuditEvent.objects.filter(sequence__in=events).values_list("sequence", flat=True))
    return there - placed
