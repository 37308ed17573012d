"""Memory for pixels is lent again, and never with what the sample before left in it."""

import gc

import numpy as np
import pytest

from authsvc.biometrics.decoder import memory as lent
from authsvc.biometrics.decoder.memory import Rooms


def address(memory: memoryview) -> int:
    return int(np.frombuffer(memory, np.uint8).__array_interface__["data"][0])


@pytest.mark.requirement("S8.1-07")
def test_memory_is_lent_again_and_wiped() -> None:
    lender = Rooms()
    first = lender.borrow(1000)
    first[:] = b"\xff" * 1000
    place = address(first)
    del first
    again = lender.borrow(900)
    assert address(again) == place
    assert bytes(again) == bytes(900)


@pytest.mark.requirement("S8.1-07")
def test_memory_that_a_picture_still_lies_in_is_not_lent() -> None:
    lender = Rooms()
    first = lender.borrow(1000)
    picture = np.frombuffer(first, np.uint8)[100:200].reshape(10, 10)
    first[:] = b"\xff" * 1000
    del first
    gc.collect()
    second = lender.borrow(1000)
    second[:] = bytes(1000)
    assert (picture == 255).all()
    assert not np.shares_memory(picture, np.frombuffer(second, np.uint8))


def test_too_little_room_is_not_lent() -> None:
    lender = Rooms()
    del (small := [lender.borrow(1000)])[:]
    large = lender.borrow(5 * 1024 * 1024)
    assert len(large) == 5 * 1024 * 1024
    assert small == []


def test_one_piece_is_kept_and_no_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lender = Rooms()
    both = [lender.borrow(1000), lender.borrow(1000)]
    del both[:]
    assert len(lender._kept) == 1
    monkeypatch.setattr(lent, "MOST_KEPT", 999)
    other = Rooms()
    del [other.borrow(1000)][:]
    assert other._kept == []


def test_no_room_is_room_for_nothing() -> None:
    assert len(Rooms().borrow(0)) == 0
