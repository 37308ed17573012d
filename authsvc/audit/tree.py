"""The arithmetic of a Merkle log: hashes, tiles, proofs (RFC 6962 section 2.1, c2sp.org/tlog-tiles).

Pure. A log of n entries is a binary tree over their hashes; 256 hashes of one height side by side are a tile.
Only full tiles are kept: what stands to the right of the last one is worked out from what is below it.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

WIDTH: Final = 256
"""Hashes of a full tile, entries of a full bundle."""
HASH: Final = 32
EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of a log without entries."""

# From a level of tiles, the first of the hashes there that is wanted, and how many.
Reader = Callable[[int, int, int], Sequence[bytes]]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_over(hashes: Sequence[bytes]) -> bytes:
    """Return the root over some nodes side by side; of them only the last may have less below it than all."""
    row = list(hashes)
    while len(row) > 1:
        above = [
            hashlib.sha256(b"\x01" + row[number] + row[number + 1]).digest()
            for number in range(0, len(row) - 1, 2)
        ]
        # The odd one out rises as it is: so the left part of each node is a full tree.
        row = above + row[len(row) & ~1 :]
    return row[0] if row else EMPTY


@dataclass(frozen=True)
class Tile:
    """A full tile: its level, its place there, and its 256 hashes; `root` is the one above them all."""

    level: int
    index: int
    hashes: tuple[bytes, ...]
    root: bytes


@dataclass
class Edge:
    """The right edge of a log of `size` entries: of each level the hashes that fill no tile yet."""

    size: int = 0
    levels: list[list[bytes]] = field(default_factory=list)

    def append(self, hashed: bytes, level: int = 0) -> Iterator[Tile]:
        """Add the hash of the next entry, or of the next full tile below a level; yield what it fills."""
        self.size += WIDTH**level
        while len(self.levels) < level:
            self.levels.append([])
        while True:
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(hashed)
            if len(self.levels[level]) < WIDTH:
                return
            full, self.levels[level] = tuple(self.levels[level]), []
            hashed = root_over(full)
            yield Tile(level, self.size // WIDTH ** (level + 1) - 1, full, hashed)
            level += 1

    def root(self) -> bytes:
        """Return the root of the whole log."""
        below: list[bytes] = []
        for hashes in self.levels:
            row = [*hashes, *below]
            below = [root_over(row)] if row else []
        return below[0] if below else EMPTY


def edge_of(size: int, read: Reader) -> Edge:
    """Return the right edge of a log of `size` entries, read where its hashes are kept."""
    levels: list[list[bytes]] = []
    count = size
    while count:
        width = count % WIDTH
        levels.append(list(read(len(levels), count - width, width)) if width else [])
        count //= WIDTH
    return Edge(size, levels)


def inclusion(index: int, size: int, read: Reader) -> list[bytes]:
    """Return the proof that an entry is in a log of `size` entries (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no entry {index} in a log of {size}")
    return _path(index, 0, size, read)


def root_by(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that a proof leads to from an entry's hash (RFC 9162 section 2.1.3.2).

    Raises ValueError where the log has no such entry, or the proof another length.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no entry {index} in a log of {size}")
    return _climbed(leaf, index, size, proof)


def consistency(old: int, size: int, read: Reader) -> list[bytes]:
    """Return the proof that a log of `old` entries is the beginning of one of `size` (section 2.1.2)."""
    if not 0 <= old <= size:
        raise ValueError(f"a log of {size} entries had never {old}")
    return [] if old in (0, size) else _grown(old, 0, size, read, whole=True)


def range_hash(low: int, high: int, read: Reader) -> bytes:
    """Return the hash over the entries from `low` on and below `high`."""
    count = high - low
    if count & (count - 1) == 0 and low % count == 0:
        return _subtree(low, count, read)
    middle = low + _split(count)
    return node_hash(range_hash(low, middle, read), range_hash(middle, high, read))


def _subtree(low: int, count: int, read: Reader) -> bytes:
    level, unit = 0, 1
    while count >= unit * WIDTH:
        level, unit = level + 1, unit * WIDTH
    return root_over(read(level, low // unit, count // unit))


def _split(count: int) -> int:
    """Return the largest power of two below a count."""
    return 1 << ((count - 1).bit_length() - 1)


def _path(index: int, low: int, high: int, read: Reader) -> list[bytes]:
    if high - low == 1:
        return []
    middle = low + _split(high - low)
    if index < middle:
        return [*_path(index, low, middle, read), range_hash(middle, high, read)]
    return [*_path(index, middle, high, read), range_hash(low, middle, read)]


def _climbed(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    if size == 1 or not proof:
        if proof or size > 1:
            raise ValueError("the proof has another length")
        return leaf
    middle, beside = _split(size), proof[-1]
    if index < middle:
        return node_hash(_climbed(leaf, index, middle, proof[:-1]), beside)
    return node_hash(beside, _climbed(leaf, index - middle, size - middle, proof[:-1]))


def _grown(old: int, low: int, high: int, read: Reader, *, whole: bool) -> list[bytes]:
    if old == high:
        return [] if whole else [range_hash(low, high, read)]
    middle = low + _split(high - low)
    if old <= middle:
        return [*_grown(old, low, middle, read, whole=whole), range_hash(middle, high, read)]
    return [*_grown(old, middle, high, read, whole=False), range_hash(low, middle, read)]
