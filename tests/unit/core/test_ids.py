"""Identifiers: unguessable, unique, and base64url with one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsvc.core.ids import b64u, new_id, new_secret, unb64u


@pytest.mark.requirement("S9.4-10")
def test_identifiers_do_not_repeat(size):
    many = size("identifiers", sample=10_000, whole=1_000_000)
    assert len({new_id() for _ in range(many)}) == many
    assert len(unb64u(new_id())) == 18
    assert len(unb64u(new_secret())) == 32


def test_no_identifier_begins_as_an_option_of_a_command_does(monkeypatch):
    drawn = iter(("-" + "a" * 23, "-" + "b" * 23, "c-_" + "d" * 21))
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: next(drawn))
    assert new_id() == "c-_" + "d" * 21


@given(st.binary(max_size=80))
def test_base64url_gives_the_bytes_back(data):
    assert unb64u(b64u(data)) == data


@pytest.mark.parametrize("text", ["a", "AB==", "AB", "a b", "++++", "AAA\n", "é"])
def test_other_spellings_are_refused(text):
    with pytest.raises(ValueError):
        unb64u(text)
