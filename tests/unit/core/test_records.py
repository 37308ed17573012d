"""Records are read as they are declared: nothing missing, nothing taken for what it is not."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from authsvc.core.records import NotARecord, read_exactly, read_stored


@dataclass(frozen=True)
class Inner:
    sure: bool


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner | None = None


@pytest.mark.parametrize("value", [{"name": "a"}, {"name": "a", "inner": {"sure": True}}])
def test_a_record_is_read(value: dict[str, Any]) -> None:
    inner = Inner(sure=True) if "inner" in value else None
    assert read_exactly(Outer, json.dumps(value)) == read_stored(Outer, value) == Outer("a", inner)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({}, "name"),
        ({"name": 1}, "name"),
        ({"name": "a", "inner": {}}, "inner.sure"),
        ({"name": "a", "inner": {"sure": "yes"}}, "inner.sure"),
        ({"name": "a", "inner": {"sure": 1}}, "inner.sure"),
        ({"name": "a", "inner": [True]}, "inner"),
        ({"name": None, "inner": {"sure": None}}, "inner.sure, name"),
    ],
)
def test_what_is_missing_or_of_another_type_is_named(value: dict[str, Any], wrong: str) -> None:
    for read in (lambda: read_exactly(Outer, json.dumps(value)), lambda: read_stored(Outer, value)):
        with pytest.raises(NotARecord) as caught:
            read()
        assert str(caught.value) == f"Outer: {wrong}"


@pytest.mark.parametrize("more", [{"name": "a", "x": 1}, {"name": "a", "inner": {"sure": True, "x": 1}}])
def test_an_unknown_field_counts_in_a_signed_text_alone(more: dict[str, Any]) -> None:
    with pytest.raises(NotARecord, match=r"x$"):
        read_exactly(Outer, json.dumps(more))
    assert read_stored(Outer, more).name == "a"


@pytest.mark.parametrize("text", ["", "[]", '"a"', "{", b"\xff"])
def test_what_is_no_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(NotARecord):
        read_exactly(Outer, text)
