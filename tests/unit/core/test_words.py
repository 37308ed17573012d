"""Words as they are looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsvc.core.words import LONGEST, MOST, beginnings, folded, looked_for, words


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Zoë", "zoe"),
        ("Zoe\u0308", "zoe"),
        ("ŁUCJA", "lucja"),
        ("Gößmann", "gossmann"),
        ("Ødegård", "odegard"),
        ("Ngọc", "ngoc"),
        ("ﬁn", "fin"),
        ("Ａｄａ", "ada"),
        ("Иванова", "иванова"),
        ("李", "李"),
    ],
)
def test_a_text_is_folded(written: str, plain: str) -> None:
    assert folded(written) == plain


def test_a_text_without_blanks_is_a_word_too() -> None:
    assert words("Ada O’Brien", "", "a.b@c.org") == ["ada", "o", "brien", "a.b@c.org", "a", "b", "c", "org"]
    assert looked_for("  ADA  a.b@c  ada ") == ["ada", "a.b@c"]


def test_words_are_few_and_short() -> None:
    many = " ".join(f"w{number}" for number in range(99))
    assert len(words(many)) == len(looked_for(many)) == MOST
    assert max(map(len, words("x" * 500))) == LONGEST == len(looked_for("x" * 500)[0])


@given(st.text(max_size=40), st.integers(0, 40))
def test_what_begins_a_word_finds_it(text: str, letters: int) -> None:
    for word in words(text):
        first, last = beginnings(word[:letters])
        assert first <= word < last or word.startswith("\U0010ffff")


@given(st.text(max_size=60))
def test_folding_is_done_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_a_plain_text_is_folded_like_any(text: str) -> None:
    assert folded(f"{text}é") == f"{folded(text)}e"
