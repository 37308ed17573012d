"""What measures, what tests and what serves stand apart: each uses the developers' tools, none another.

The contracts of the import linter (pyproject.toml) hold between packages that are shipped or installed;
tests and benchmarks are in none of them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = ("authsvc", "portal", "config", "rp")
"""Settings alone name applications of the developers' tools, as strings."""


def named(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, and every dotted name that it has as a string."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str() as module, level=0):
                yield module
            case ast.Constant(str() as text) if "." in text and text.replace(".", "").isidentifier():
                yield text


def naming(folder: Path, package: str, *, beside: tuple[str, ...] = ()) -> list[str]:
    """Return the files below a folder that name a module of a package, but for those `beside`."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*.py"))
        if not path.relative_to(folder).as_posix().startswith(beside)
        and any(name.split(".")[0] == package for name in named(path))
    ]


def test_benchmarks_know_no_tests_and_tests_no_benchmarks() -> None:
    """What a benchmark computes is tested; what it measures with is in devtools/."""
    assert naming(ROOT / "benchmarks", "tests") == []
    assert naming(ROOT / "tests", "benchmarks", beside=("unit/benchmarks/",)) == []


def test_the_developers_tools_know_no_tests_and_no_benchmarks() -> None:
    assert naming(ROOT / "devtools", "tests") == naming(ROOT / "devtools", "benchmarks") == []


@pytest.mark.parametrize("package", SERVER)
def test_server_code_names_no_developers_tool_even_by_a_string(package: str) -> None:
    assert naming(ROOT / package, "devtools", beside=("settings",)) == []


def test_a_name_is_found_in_imports_and_in_strings(tmp_path: Path) -> None:
    lines = {
        "a.py": "import devtools.phone",
        "b.py": "def f():\n    from devtools import phone",
        "c.py": "load('devtools.rendering.render.render_burst')",
        "d.py": '"""Like devtools.phone in words."""\nfrom . import devtools',
        "settings/base.py": "APPS = ['devtools.phone']",
    }
    for name, line in lines.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(line, encoding="utf-8")
    assert naming(tmp_path, "devtools", beside=("settings",)) == ["a.py", "b.py", "c.py"]
