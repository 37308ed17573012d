"""Every event that the log can hold is written somewhere."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from authsvc.audit.tags import Tag

ROOT = Path(__file__).resolve().parents[2]
SERVER = ("authsvc", "portal", "config")
# What only looks for events; being handed to any other call is being written.
QUERIES: Final = frozenset({"filter", "exclude", "get", "Q"})


def written_in(source: str) -> set[str]:
    """The names of the tags that a module hands to something that is no query."""
    return set(_written(ast.parse(source), call=""))


def _written(node: ast.AST, *, call: str) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Tag":
        if call and call not in QUERIES:
            yield node.attr
        return
    if isinstance(node, ast.arguments):
        call = "whatever is called with this default"
    if isinstance(node, ast.Call):
        call = getattr(node.func, "attr", getattr(node.func, "id", "")) or "a call"
    for child in ast.iter_child_nodes(node):
        yield from _written(child, call=call)


@pytest.fixture(scope="module")
def written() -> set[str]:
    """The names of all tags that server code writes."""
    modules = (path for room in SERVER for path in (ROOT / room).rglob("*.py"))
    return {name for path in modules for name in written_in(path.read_text(encoding="utf-8"))}


@pytest.mark.requirement("S9.4-11")
def test_t26_every_tag_has_a_writer(written: set[str]) -> None:
    assert [tag for tag in Tag if tag.name not in written] == []


def test_nothing_writes_a_tag_that_is_not_in_the_table(written: set[str]) -> None:
    assert written <= set(Tag.__members__)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("record(Tag.A)", {"A"}),
        ("record(Tag.A if arrived else Tag.B, client=1)", {"A", "B"}),
        ("report(refused, tag=Tag.A)", {"A"}),
        ("def refuse(tag: Tag = Tag.A) -> None: report(tag)", {"A"}),
        ("AuditEvent.objects.filter(tag=Tag.A)", set()),
        ("Exists(AuditEvent.objects.filter(tag=Tag.A))", set()),
        ("TELLERS = {Tag.A: tell}", set()),
        ("seen = Tag.A == event.tag", set()),
    ],
)
def test_reading_is_not_writing(source: str, found: set[str]) -> None:
    assert written_in(source) == found


def test_every_tag_is_told_in_words_of_its_own() -> None:
    words = [str(tag.words) for tag in Tag]
    assert all(text.endswith(".") and text[0].isupper() for text in words)
    assert len(set(words)) == len(words)
    assert {tag for tag in Tag if tag.is_alarm} == {
        Tag.CODE_REUSED,
        Tag.HANDOFF_DENIED,
        Tag.LOG_BROKEN,
        Tag.FLOW_REFUSED,
        Tag.REFERENCE_ALARM,
        Tag.REGION_REFUSED,
        Tag.SEAL_REFUSED,
        Tag.STORE_UNTRUE,
        Tag.TASK_REFUSED,
        Tag.VERDICT_REFUSED,
    }
