"""Which tests prove which entries of the catalogue: read from the code, written to docs/conformity.md.

    python -m tests.conformity        (make conformity)

The markers are read from the syntax tree, not from a test run: the table does not depend on what happens
to be installed. A marker's ids must therefore be plain strings.
"""

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "docs" / "requirements.csv"
TABLE = ROOT / "docs" / "conformity.md"

HEAD = """\
# Conformity: threat or requirement to test

Written by `make conformity` from the tests' `requirement` markers; do not edit. The entries are those of
docs/requirements.csv. A test in tests/arch fails where this table and the code differ.

{covered} of the catalogue's {total} entries have at least one test; so have
{protocol_covered} of the {protocol} points of the provider's own checklist (OIDC-…).

| entry | priority | title | tests |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue; `priority` is `must` or `should`."""

    id: str
    priority: str
    title: str


class ConformityProblem(Exception):
    """A marker names no entry of the catalogue, or not by a plain string."""


def catalogue(path: Path = CATALOGUE) -> list[Entry]:
    """Read the catalogue in its own order."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Entry(**row) for row in csv.DictReader(file)]


def _requirement_ids(node: ast.AST, where: str) -> Iterator[str]:
    """Yield the ids of every `pytest.mark.requirement(...)` in a piece of syntax."""
    for call in ast.walk(node):
        if not (isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.requirement")):
            continue
        for argument in call.args:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                raise ConformityProblem(f"{where}: a requirement's id must be a plain string")
            yield argument.value


def _marked(body: list[ast.stmt], where: str) -> Iterator[tuple[str, str]]:
    """Yield (id, test) for the statements of a module or class; a class's own marker stands for all of it."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            test = f"{where}::{statement.name}"
            for decorator in statement.decorator_list:
                yield from ((id_, test) for id_ in _requirement_ids(decorator, test))
            yield from _marked(statement.body, test)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            test = f"{where}::{statement.name}"
            yield from ((id_, test) for id_ in _requirement_ids(statement, test))
        else:
            yield from ((id_, where) for id_ in _requirement_ids(statement, where))


def mapping(tests: Path = ROOT / "tests") -> dict[str, list[str]]:
    """Return the tests that prove each entry, sorted. Raises ConformityProblem for an unknown id."""
    known = {entry.id for entry in catalogue()}
    proofs: dict[str, set[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        where = path.relative_to(tests).as_posix()
        for id_, test in _marked(ast.parse(path.read_text(encoding="utf-8")).body, where):
            if id_ not in known:
                raise ConformityProblem(f"{test}: docs/requirements.csv has no entry {id_}")
            proofs.setdefault(id_, set()).add(test)
    return {id_: sorted(names) for id_, names in proofs.items()}


def render(proofs: dict[str, list[str]]) -> str:
    """Return docs/conformity.md."""
    entries = catalogue()
    rows = []
    for entry in entries:
        tests = "<br>".join(f"`{name}`" for name in proofs.get(entry.id, [])) or "–"
        rows.append(f"| {entry.id} | {entry.priority} | {entry.title} | {tests} |\n")
    return HEAD.format(**counts(entries, proofs)) + "".join(rows)


def counts(entries: list[Entry], proofs: dict[str, list[str]]) -> dict[str, int]:
    """Return how many entries there are and have a test, of the catalogue and of the provider's list."""
    ids = {entry.id for entry in entries}
    protocol = {id_ for id_ in ids if id_.startswith("OIDC-")}
    return {
        "covered": len(proofs.keys() - protocol),
        "total": len(ids - protocol),
        "protocol_covered": len(proofs.keys() & protocol),
        "protocol": len(protocol),
    }


def main() -> None:
    TABLE.write_text(render(mapping()), encoding="utf-8")
    print(f"wrote {TABLE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
