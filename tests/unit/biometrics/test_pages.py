"""Huge pages under the models."""

from itertools import takewhile
from pathlib import Path

import pytest

from authsvc.biometrics.engines import pages
from authsvc.biometrics.engines.pages import HUGE, gather_heap

SMAPS = Path("/proc/self/smaps")


def huge_kilobytes_of_heap() -> int:
    lines = iter(SMAPS.read_text(encoding="ascii").splitlines())
    next(line for line in lines if line.endswith("[heap]"))
    heap = takewhile(lambda line: not line.startswith("VmFlags"), lines)
    return next(int(line.split()[1]) for line in heap if line.startswith("AnonHugePages"))


def test_the_heap_keeps_its_content_and_lies_in_huge_pages_where_the_system_has_them() -> None:
    pieces = [bytes([number % 251]) * 1000 for number in range(20_000)]
    gathered = gather_heap()
    assert all(piece == bytes([number % 251]) * 1000 for number, piece in enumerate(pieces))
    assert not gathered or huge_kilobytes_of_heap() >= 2048


@pytest.mark.parametrize(
    ("start", "end", "whole"),
    [
        (HUGE + 1, 4 * HUGE - 1, (2 * HUGE, HUGE)),
        (HUGE, 3 * HUGE, (HUGE, 2 * HUGE)),
        (HUGE + 1, 2 * HUGE, (2 * HUGE, 0)),
    ],
)
def test_only_whole_huge_pages_are_gathered(start: int, end: int, whole: tuple[int, int]) -> None:
    assert pages._whole(start, end) == whole


def test_a_system_without_huge_pages_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_COLLAPSE", 12345)
    assert not gather_heap()
