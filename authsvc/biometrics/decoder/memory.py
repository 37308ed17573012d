"""Memory that pixels are received into: kept by the process for its next sample, and wiped in between.

Huge pages that were given back must be found and cleared by the system again, and where it is a guest that
gives its free memory to its host, by the host too: for the pictures of one burst some eight milliseconds.
"""

from __future__ import annotations

import ctypes
import mmap
import weakref
from typing import Final

HUGE: Final = 2 * 1024 * 1024
"""Bytes of a huge page. Taken one small page at a time, memory costs as much as decoding into it does."""

MOST_KEPT: Final = 40 * 1024 * 1024
"""Bytes: forty frames of 640×480. What is larger is given back at once."""


def memory(size: int) -> memoryview:
    """Return this many bytes of zeros, in huge pages where the system has them."""
    pages = mmap.mmap(-1, -(-size // HUGE) * HUGE or HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    pages.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(pages)[:size]


class Rooms:
    """Lends memory, and keeps one piece for the next time; every piece is zeros when it is lent."""

    def __init__(self) -> None:
        self._kept: list[memoryview] = []

    def borrow(self, size: int) -> memoryview:
        """Return this many bytes of zeros; they come back by themselves when no view of them is left."""
        pages = self._fitting(size)
        # Views hold on to this object, and its end says that none is left.
        lent = (ctypes.c_ubyte * len(pages)).from_buffer(pages)
        weakref.finalize(lent, self._take_back, pages, size).atexit = False
        return memoryview(lent).cast("@B")[:size]

    def _fitting(self, size: int) -> memoryview:
        try:
            kept = self._kept.pop()
        except IndexError:
            return memory(size)
        return kept if len(kept) >= size else memory(size)

    def _take_back(self, pages: memoryview, size: int) -> None:
        if len(pages) > MOST_KEPT or self._kept:
            return
        ctypes.memset((ctypes.c_ubyte * size).from_buffer(pages), 0, size)
        self._kept.append(pages)
