"""Envelope encryption: nothing opens with another key, context or content."""

import pytest

from authsvc.core.envelope import CannotOpen, context, derive, seal, unseal

KEY = bytes(range(32))


def test_what_is_sealed_opens_with_the_same_key_and_context():
    assert unseal(KEY, seal(KEY, b"content", b"aad"), b"aad") == b"content"


def test_the_same_content_never_looks_the_same():
    assert seal(KEY, b"content", b"") != seal(KEY, b"content", b"")


@pytest.mark.requirement("S9.2-12")
@pytest.mark.parametrize("position", [0, 1, 13, -1])
def test_a_changed_byte_is_noticed(position):
    sealed = bytearray(seal(KEY, b"content", b"aad"))
    sealed[position] ^= 1
    with pytest.raises(CannotOpen):
        unseal(KEY, bytes(sealed), b"aad")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + bytes(27), b"\x02" + bytes(60)])
def test_what_was_never_sealed_does_not_open(sealed):
    with pytest.raises(CannotOpen):
        unseal(KEY, sealed, b"")


def test_another_context_or_key_does_not_open():
    sealed = seal(KEY, b"content", context("tenant", "a"))
    with pytest.raises(CannotOpen):
        unseal(KEY, sealed, context("tenant", "b"))
    with pytest.raises(CannotOpen):
        unseal(bytes(32), sealed, context("tenant", "a"))


def test_no_two_lists_of_parts_share_a_context():
    lists = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ("ab", "c", "")]
    assert len({context(*parts) for parts in lists}) == len(lists)


def test_a_derived_key_needs_every_secret_in_its_place():
    keys = {derive(b"a", b"b", info=b"i"), derive(b"b", b"a", info=b"i"), derive(b"ab", b"", info=b"i")}
    keys |= {derive(b"a", b"b", info=b"j"), derive(b"a", info=b"i")}
    assert len(keys) == 5
