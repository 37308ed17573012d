"""The texts that evaluation records are bound to: what a module computes, what a script does."""

import pytest

from authsvc.biometrics.records import script, syntax
from authsvc.biometrics.records.script import tokens

NAMES = {"authsvc.biometrics.stages.pad.border": "pad.border", "authsvc.biometrics.headpose": "headpose"}
PACKAGE = "authsvc.biometrics.stages.pad"


def meaning(text: str) -> str:
    return syntax.meaning(text, package=PACKAGE, names=NAMES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1  # one"),
        ("x = 1", '"""Words."""\nx = (\n    1\n)\n"""More words."""'),
        ("def f(a): return a", 'def f(a: "int") -> int:\n    """Words."""\n    return a'),
        ("class A: x = 1", 'class A:\n    """Words."""\n\n    x = 1\n    """One."""'),
        ("class A: ...", "class A:\n    pass"),
        ("x: int = 1", "x: 'Final[int]' = 1"),
        ("import numpy as np\nnp.clip(1)", "import numpy\nnumpy.clip(1)"),
        ("import a, b\nb.x(a)", "import b\nimport a\nb.x(a)"),
        ("from .border import f\nf(1)", "from authsvc.biometrics.stages.pad.border import f as g\ng(1)"),
        ("from . import border\nborder.f()", "from authsvc.biometrics.stages.pad import border as b\nb.f()"),
        ("from ...headpose import f\nf()", "from authsvc.biometrics.headpose import f\nf()"),
        ("from authsvc.here import f\nf()", "from authsvc.there import f\nf()"),
        ("x = 1", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nx = 1"),
        ("run('authsvc.biometrics.headpose')", "run('headpose')"),
        ("from .border import f\n__all__ = ['f', 'x']", "from .border import f\n__all__ = ('x', 'f')"),
    ],
)
def test_these_modules_mean_the_same(one: str, other: str) -> None:
    assert meaning(one) == meaning(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = None", "x = 'None'"),
        ("x = a[1:]", "x = a[:1]"),
        ("f(1)", "f(a=1)"),
        ("f(*a)", "f(a)"),
        ("{**a}", "{a: None}"),
        ("def f(a): ...", "def f(*, a): ..."),
        ("def f(*, a, b=1): ...", "def f(*, a=1, b): ..."),
        ("def f(): return", "def f(): yield"),
        ("async def f(): ...", "def f(): ..."),
        ("class A: x: int", "class A: y: int"),
        ("class A:\n    x: int", "class A:\n    x: int = None"),
        ("f'{x}'", "f'{x!r}'"),
        ("f'{x:.1f}'", "f'{x:.2f}'"),
        ("if a: b()", "while a: b()"),
        ("x = 'a' 'b'", "x = 'a'"),
        ("from .border import f\nf()", "from .light import f\nf()"),
        ("from math import f\nf()", "from cmath import f\nf()"),
        ("from .border import f\nf()", "from .border import g\ng()"),
        ("from .border import f\nf()", "f()"),
        ("from .border import f\n__all__ = ['f']", "from math import f\n__all__ = ['f']"),
        ("a()\nb()", "b()\na()"),
    ],
)
def test_these_modules_mean_something_else(one: str, other: str) -> None:
    assert meaning(one) != meaning(other)


@pytest.mark.parametrize("text", ["from math import *", "import a as x\nfrom b import x"])
def test_an_import_that_does_not_say_what_is_bound_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="import"):
        meaning(text)


def test_what_is_beside_does_not_count() -> None:
    text = "class A: x = 1\nclass B: x = 2\n"
    assert syntax.meaning(text, package="", names={}, besides={"A"}) == meaning("class B: x = 2")


def test_fields_that_a_newer_python_adds_are_passed_over_where_empty() -> None:
    """3.12 added `type_params` to functions and classes."""
    assert "type_params" not in meaning("def f(): ...")
    assert "=[]" not in meaning("class A:\n    def f(self): return {**a}")


# --- scripts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a /* x */ + // y\n b", ["a", "+", "b"]),
        ("'// no comment' + \"/* nor this */\"", ["'// no comment'", "+", '"/* nor this */"']),
        (r"'it\'s' + 'a\\'", [r"'it\'s'", "+", r"'a\\'"]),
        ("'a\\\nb'", ["'a\\\nb'"]),
        ("`a // b ${c /* d */ + `e${f}`} g`", ["`a // b ${", "c", "+", "`e${", "f", "}`", "} g`"]),
        ("`${{ a: 1 }.a}`", ["`${", "{", "a", ":", "1", "}", ".", "a", "}`"]),
        (r"`\`${a}\${b} $ {`", [r"`\`${", "a", r"}\${b} $ {`"]),
        ("x = /[/'\"`]\\/*/gu // y", ["x", "=", "/[/'\"`]\\/*/gu"]),
        ("f(/\\//)", ["f", "(", "/\\//", ")"]),
        ("a / b / c", ["a", "/", "b", "/", "c"]),
        ("a /= 2", ["a", "/=", "2"]),
        ("(a) / 2 / b[1] / 3", ["(", "a", ")", "/", "2", "/", "b", "[", "1", "]", "/", "3"]),
        ("if (a) /b/.test(c)", ["if", "(", "a", ")", "/b/", ".", "test", "(", "c", ")"]),
        ("return /a/.test(b)", ["return", "/a/", ".", "test", "(", "b", ")"]),
        ("'a' / `b` / 1. / .5 / /c/g / 2", ["'a'", "/", "`b`", "/", "1.", "/", ".5", "/", "/c/g", "/", "2"]),
        ("i++ / 2", ["i", "++", "/", "2"]),
        ("[.../a/g]", ["[", "...", "/a/g", "]"]),
        ("a?.b ?? c?.1:d", ["a", "?.", "b", "??", "c", "?", ".1", ":", "d"]),
        (
            "this.#a = 1e-3 + 0xfen + 1_0.5E+2",
            ["this", ".", "#a", "=", "1e-3", "+", "0xfen", "+", "1_0.5E+2"],
        ),
        ("a + +b - --c >>>= 1", ["a", "+", "+", "b", "-", "--", "c", ">>>=", "1"]),
        ("größe.$_1", ["größe", ".", "$_1"]),
    ],
)
def test_a_script_is_read_as_these_tokens(text: str, found: list[str]) -> None:
    assert tokens(text) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [("a + +b", "a ++b"), ("return\na", "return a"), ("a\n++b", "a ++ b"), ("yield /* a\n */ b", "yield b")],
)
def test_a_space_or_line_that_means_something_counts(one: str, other: str) -> None:
    assert tokens(one) != tokens(other)


@pytest.mark.parametrize(
    "text",
    ["f() {} /a/ + 1", "a.in /b/ 2", "'a", "`a", "`${a`", "/a", "(a]", "}", "(", "a \\u0062", "a = 'b\nc'"],
)
def test_what_is_no_script_or_not_clear_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"script|closes|ends|slash"):
        tokens(text)


def test_a_script_is_imported_by_its_logical_name_or_without_any() -> None:
    names = {"light.js": "page.light"}
    renamed = {"glow.js": "page.light"}
    one = script.meaning(
        'import { a } from "./light.js"; import b from "./x.js"; import "./y.js"', names=names
    )
    other = script.meaning(
        'import { a } from "./glow.js"; import b from "./z.js"; import "./y.js"', names=renamed
    )
    assert one == other
    assert one != script.meaning(
        'import { a } from "./x.js"; import b from "./z.js"; import "./y.js"', names=renamed
    )
