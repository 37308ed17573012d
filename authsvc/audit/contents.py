"""What the database keeps of a tenant's log, for those who read it: leaves, hashes, checkpoints."""

from collections.abc import Iterator, Sequence
from typing import Final

from authsvc.audit.models import Segment, StoredCheckpoint, StoredTile
from authsvc.audit.tree import HASH, WIDTH, leaf_hash

_CHUNK: Final = 64


def leaves(first: int, below: int) -> list[bytes]:
    """Return the leaves from one position on and below another; fewer where some are gone.

    Raises Gone where they do not follow each other.
    """
    found: list[bytes] = []
    start = first - first % WIDTH
    at = start
    for segment in Segment.objects.filter(first__gte=start, first__lt=below).order_by("first"):
        entries = list(segment.entries())
        if segment.first != at or segment.count != len(entries):
            raise Gone(at)
        found += entries
        at += len(entries)
    return found[first - start : below - start]


class Gone(Exception):
    """A leaf or a hash is not where the log's size says that it is; holds the position of the first."""

    def __init__(self, position: int) -> None:
        super().__init__(f"what stands at {position} of the log is gone")
        self.position = position


class Hashes:
    """Reads hashes of a log; each tile once."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Return some hashes of a level, which stand in one tile (tree.Reader). Raises Gone."""
        tile = self._tile(level, first // WIDTH)
        if tile:
            at = first % WIDTH * HASH
            return [tile[at + each * HASH : at + (each + 1) * HASH] for each in range(count)]
        return _to_the_right(level, first, count)

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._tiles:
            found = StoredTile.objects.filter(level=level, index=index).first()
            if found is None:
                return b""
            self._tiles[level, index] = bytes(found.hashes)
        return self._tiles[level, index]


def _to_the_right(level: int, first: int, count: int) -> Sequence[bytes]:
    """Return hashes that stand in no full tile yet: those of leaves, or those above the tiles below."""
    if level == 0:
        found = [leaf_hash(entry) for entry in leaves(first, first + count)]
    else:
        below = StoredTile.objects.filter(level=level - 1, index__gte=first, index__lt=first + count)
        rows = list(below.order_by("index").values_list("index", "root"))
        if [index for index, _ in rows] != list(range(first, first + count)):
            raise Gone(first * WIDTH**level)
        found = [bytes(root) for _, root in rows]
    if len(found) != count:
        raise Gone((first + len(found)) * WIDTH**level)
    return found


def bundles(size: int, *, start: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """Yield position and leaves of each bundle of a log of `size` entries, from the one at `start` on.

    One that is not whole has fewer leaves than its place says.
    """
    for first in range(start, size, _CHUNK * WIDTH):
        below = min(first + _CHUNK * WIDTH, size)
        rows = Segment.objects.filter(first__gte=first, first__lt=below).order_by("first")
        groups: dict[int, list[bytes]] = {}
        for row in rows:
            bundle, entries = groups.setdefault(row.first - row.first % WIDTH, []), list(row.entries())
            if row.first % WIDTH == len(bundle) and row.count == len(entries):
                bundle += entries
        for begin in range(first, below, WIDTH):
            yield begin, groups.get(begin, [])[: below - begin]


def newest_checkpoint() -> StoredCheckpoint | None:
    """Return the checkpoint of the tenant in scope that says the most, None where there is none."""
    return StoredCheckpoint.objects.order_by("-size").first()
