"""What a Python module computes, as a text that stays alike where only words about it change.

The text is written from the syntax tree, without what cannot change a result: comments, positions,
docstrings, annotations and import statements. An imported name is written as what it stands for wherever it
is used (`pad.border:framing`): a file may be renamed with its imports, but not be swapped for another.

Python's own `ast.dump` gives another text in every other minor version, which adds fields that are empty for
older code (`type_params` in 3.12). Empty fields are left out here.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import Final

OWN: Final = "authsvc"

_LEFT_OUT: Final = {"annotation", "returns", "type_comment", "simple", "ctx", "kind"}


def meaning(
    text: str, *, package: str, names: Mapping[str, str], besides: Collection[str] = frozenset()
) -> str:
    """Return what a module computes as one line of text.

    `package` is what its relative imports start from, and `names` gives the logical name of a module by its
    dotted one. Functions, classes and constants at its top that are named in `besides` do not count. Raises
    SyntaxError, and ValueError where an import does not say which name it binds to what.
    """
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if _defined(node) not in besides]
    return _Writer(bindings(tree, package, names), names).written(tree)


def _defined(node: ast.stmt) -> str | None:
    """Return the name that a statement defines: of a function, a class, or an annotated constant."""
    if isinstance(node, ast.AnnAssign):
        return getattr(node.target, "id", None)
    return getattr(node, "name", None)


def bindings(tree: ast.AST, package: str, names: Mapping[str, str]) -> dict[str, str]:
    """Return what each imported name of a module stands for; raises ValueError where two claim one name."""
    found: dict[str, str] = {}
    for local, origin in _imports(tree, package, names):
        if found.setdefault(local, origin) != origin:
            raise ValueError(f"{local} is imported as {found[local]} and as {origin}")
    return found


def imported_modules(text: str, *, package: str) -> set[str]:
    """Return the dotted names that may be modules among all that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = _source(node, package)
            found |= {source, *(f"{source}.{alias.name}" for alias in node.names)}
    return found


def _imports(tree: ast.AST, package: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or whole, names.get(whole, whole)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, _origin(_source(node, package), alias.name, names)


def _source(node: ast.ImportFrom, package: str) -> str:
    """Return the dotted name of the module that a statement imports from."""
    parents = package.split(".")[: 1 - node.level or None] if node.level else []
    return ".".join([*parents, *([node.module] if node.module else [])])


def _origin(module: str, name: str, names: Mapping[str, str]) -> str:
    """Return what a member of a module is called: our own modules without a logical name go unnamed."""
    if name == "*":
        raise ValueError(f"everything is imported from {module}")
    if f"{module}.{name}" in names:
        return names[f"{module}.{name}"]
    own = module.partition(".")[0] == OWN
    return f"{names.get(module, '' if own else module)}:{name}"


class _Writer:
    def __init__(self, bound: Mapping[str, str], names: Mapping[str, str]) -> None:
        self._bound, self._names = bound, names

    def written(self, value: object) -> str:
        match value:
            case ast.Name():
                return f"Name({self._bound.get(value.id, value.id)})"
            case ast.Constant(str() as text):
                return repr(self._names.get(text, text))  # A module may be named by a string.
            case ast.Constant():
                return repr(value.value)
            case ast.Assign([ast.Name("__all__")], ast.List() | ast.Tuple() as exported):
                return f"Exports({sorted(map(self._exported, exported.elts))})"
            case ast.AST():
                return f"{type(value).__name__}({' '.join(self._fields(value))})"
            case list():
                return f"[{', '.join(self.written(item) for item in value)}]"
            case _:
                return repr(value)

    def _fields(self, node: ast.AST) -> Iterator[str]:
        for name, value in ast.iter_fields(node):
            kept = [item for item in value if not _says_nothing(item)] if isinstance(value, list) else value
            if name not in _LEFT_OUT and kept is not None and kept != []:
                yield f"{name}={self.written(kept)}"

    def _exported(self, element: ast.expr) -> str:
        name = element.value if isinstance(element, ast.Constant) else ""
        return self._bound.get(str(name), str(name))


def _says_nothing(node: object) -> bool:
    """Tell whether a statement changes nothing: an import, a docstring, `pass`, what only checkers read."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(ast.Constant()):
            return True
        case ast.If(ast.Name("TYPE_CHECKING")):
            return True
    return False
