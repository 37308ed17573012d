"""How a worker's memory lies: huge pages under the models, and given back between samples.

dlib's landmark model is millions of small pieces all over the heap. Reading it touches some ten thousand
places for each face. With pages of 4 KiB the processor spends a third of that time looking up where each page
lies.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Final

HUGE: Final = 2 * 1024 * 1024
_COLLAPSE: Final = 25
"""madvise's MADV_COLLAPSE, Linux 6.1."""


def gather_heap() -> bool:
    """Move this process's heap into huge pages; False where the system does not, and nothing changes then.

    To be called after the models are loaded and before a pool forks, whose processes share the pages.
    """
    lines = Path("/proc/self/maps").read_text(encoding="ascii").splitlines()
    heaps = [line.split()[0].split("-") for line in lines if line.endswith("[heap]")]
    spans = [_whole(int(start, 16), int(end, 16)) for start, end in heaps]
    return bool(spans) and all(_collapse(*span) for span in spans)


def give_back() -> bool:
    """Give the system the pages of the heap on which nothing lies; False where there were none.

    The C library keeps what was freed below anything that is still in use (malloc_trim(3)): of each burst the
    room of its pictures. Where the library has no such call, nothing is given back.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and trim(0) == 1


def _whole(start: int, end: int) -> tuple[int, int]:
    """Return address and length of the huge pages that lie wholly within."""
    first = -(-start // HUGE) * HUGE
    return first, max(end // HUGE * HUGE - first, 0)


def _collapse(address: int, length: int) -> bool:
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return length > 0 and advise(address, length, _COLLAPSE) == 0
