"""No package names, in a string, a module that it may not import."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WHOLE = {"authsvc", "portal", "rp"}


def contracts() -> dict[str, set[str]]:
    """Return which packages the linter of imports keeps each whole package from."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    forbidden: dict[str, set[str]] = {}
    for contract in linter["contracts"]:
        for source in set(contract.get("source_modules", [])) & WHOLE:
            forbidden.setdefault(source, set()).update(contract["forbidden_modules"])
    return forbidden


def strings(package: str) -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield str(path.relative_to(ROOT)), node.value


def test_the_contracts_are_found() -> None:
    assert contracts().keys() == WHOLE
    assert contracts()["rp"] >= {"authsvc", "portal", "config"}


@pytest.mark.parametrize("package", sorted(WHOLE))
def test_no_string_names_a_module_that_an_import_may_not(package: str) -> None:
    module = re.compile(rf"({'|'.join(contracts()[package])})(\.\w+)+")
    named = [(where, text) for where, text in strings(package) if module.fullmatch(text)]
    assert named == []
