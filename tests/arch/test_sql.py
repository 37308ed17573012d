"""Raw SQL stands in one module a package, so that whoever changes a table knows where to look."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Where each package keeps its statements; a new package with statements adds its own row.
MODULES = {
    "authsvc/audit": "sql.py",
    "authsvc/core": "concurrently.py",
    "authsvc/oidc": "sql.py",
    "authsvc/limits": "sql.py",
    "authsvc/keys": "service/counts.py",
    # What the ORM wrote, kept and asked again.
    "authsvc/seals": "written.py",
    "authsvc/tenancy": "sql.py",
    "authsvc/transactions": "sql.py",
    "config/management": "commands/migrate.py",
    "devtools/estate": "copying.py",
    "devtools/stack": "stack.py",
    "rp/demo": "views.py",
}
# What reaches past the ORM, as methods: of a connection, a cursor, a manager or a query set.
_CALLS = {"cursor", "raw", "extra", "executemany", "callproc"}


def modules() -> Iterator[Path]:
    """Every module of the product but migrations, whose statements belong to their moment."""
    for top in ("config", "portal", "authsvc", "rp", "devtools"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT)


def speaks_sql(source: str) -> bool:
    """Whether a module sends statements of its own."""
    return any(map(_is_statement, ast.walk(ast.parse(source))))


def _is_statement(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in {"RawSQL", "RunSQL"}
    if not isinstance(node.func, ast.Attribute):
        return False
    named = ast.unparse(node.func.value)
    return node.func.attr in _CALLS or (node.func.attr == "execute" and "connection" in named)


def test_raw_sql_stands_in_one_module_a_package() -> None:
    found: dict[str, list[str]] = {}
    for path in modules():
        if speaks_sql((ROOT / path).read_text()):
            package = "/".join(path.parts[:2])
            found.setdefault(package, []).append("/".join(path.parts[2:]))
    assert found == {package: [module] for package, module in MODULES.items()}


@pytest.mark.parametrize(
    ("source", "speaks"),
    [
        ("connection.cursor()", True),
        ("with connections[using].cursor() as cursor: pass", True),
        ("Row.objects.raw('SELECT 1')", True),
        ("Row.objects.extra(where=['1 = 1'])", True),
        ("connection.connection.execute('SELECT 1')", True),
        ("Row.objects.annotate(x=RawSQL('1', []))", True),
        ("execute(sql, params, many, context)", False),
        ("Row.objects.filter(pk=1).update(name='SELECT')", False),
    ],
)
def test_what_counts_as_raw_sql(source: str, speaks: bool) -> None:
    assert speaks_sql(source) is speaks
