"""Which tests show what of each application model: read from their markers, written to docs/modes.md.

    python -m tests.modes        (make modes)

A test with the marker `modes` answers the questions that it names, of the models that it runs over: those of
its parameter `letter` or `row`; of a test without one `models` names them, by their letters or as "every". So
a row that joins the table of models joins this one, and whatever a test does not run over says "not yet".
"""

import importlib
import inspect
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from _pytest.mark import ParameterSet

from authsvc.core.application_models import APPLICATION_MODELS, REFUSED, ApplicationModel, Place

ROOT: Final = Path(__file__).resolve().parent.parent
TABLE: Final = ROOT / "docs" / "modes.md"
LETTERS: Final = tuple(row.letter for row in APPLICATION_MODELS)
EVERY: Final = "every"
NONE: Final = "not yet"
NOTHING_KEPT: Final = "nothing is kept"

QUESTIONS: Final = {
    "policy": "an organisation chooses it, with reason and second administrator where it takes them",
    "notice": "the notice says in plain words where the reference is kept and compared",
    "enrolment": "a person enrols",
    "sign-in": "a person signs in",
    "second passkey": "a second passkey opens the face alone",
    "renewal": "a renewal adds a moment",
    "revocation": "what is withdrawn or revoked opens no more",
    "lost phone": "who lost the phone, or what its browser kept, has a way on",
    "moving": "a person moves to another model, by a new consent and enrolment alone",
    "portal": "the pages of a person and an attempt say where the reference was and where it was compared",
    "token": "the token's `face` says where it was compared, and by which model",
    "levels": "the truth table of levels",
    "software phone": "the software phone does it",
    "page": "the page does it in Chromium",
    "demo": "`make demo MODEL=…` shows it, with its refusals",
    "canary": "a marked sample, share or reference is nowhere in clear",
    "erasure": "what is erased opens with nothing that is left",
    "replay": "each step of the sequence refuses its fault, replays among them",
    "kill": "a killed worker leaves one verdict, or one request to capture again",
    "race": "what may happen once happens once, however many ask at once",
    "attacks": "the model's own attacks: an old, foreign or made-up reference, a flow that it does not list",
    "stolen": "what a stolen thing opens ([security.md](security.md))",
}

OF_A_REFERENCE: Final = frozenset({"second passkey", "renewal", "lost phone"})
"""Questions that only a model answers by which a reference is kept."""

WORKFLOWS: Final = (
    (
        "W1",
        "one device: a site's page, passkey and camera in one browser",
        "protocol.md",
        ("journeys/test_annex_a.py", "browser/test_sign_in.py"),
    ),
    (
        "W2",
        "a desk begins, and a phone proves and shows the face",
        "protocol.md",
        ("journeys/test_across.py", "browser/capture/test_handoff.py", "attacks/test_handoff.py"),
    ),
    (
        "W3",
        "a site asks while its person is before no page of ours, and the person hears of it (CIBA)",
        "reaching-people.md",
        ("provider/ciba/test_answers.py", "browser/capture/test_waiting.py", "browser/capture/test_push.py"),
    ),
    (
        "W4",
        "a site asks for more, or anew, of who is signed in",
        "provider.md",
        ("provider/basic/test_sessions.py", "journeys/clients/test_step_up.py"),
    ),
    (
        "W5",
        "liveness alone: in a sign-in that compares nothing (model D), and as a service for others' pages",
        "liveness-service.md",
        (
            "journeys/test_models.py",
            "provider/liveness/test_sessions.py",
            "browser/test_liveness_service.py",
        ),
    ),
    (
        "W6",
        "the reference is sent to the phone, which compares (model C)",
        "protocol.md",
        (
            "unit/enrolment/test_compared_on_phone.py",
            "journeys/test_annex_a.py",
            "browser/capture/test_comparing.py",
        ),
    ),
)
"""Who does what in which order: the number, what happens, where it is said, and the tests that show it."""

STORES: Final = (
    (
        "our database",
        "architecture.md",
        ("unit/protection/test_each_model.py", "journeys/test_models.py"),
    ),
    (
        "a store of objects that somebody else runs",
        "reference-store.md",
        (
            "unit/protection/test_each_model.py",
            "unit/vault/test_outside.py",
            "journeys/test_object_store.py",
        ),
    ),
)
"""Where what the server keeps of a reference lies: where that is said, and what shows it."""

HEAD: Final = """\
# Application models

Written by `make modes` from the table of models and the tests' `modes` markers; do not edit. A test in
tests/arch fails where this page and the code differ.

An application model says where the reference of a face lies, and where it is compared (ISO/IEC 24745). A
tenant's policy says which count, and by which new references are kept; each token names the model. What
passes between phone and server is what the row lists, and the rest is refused and recorded
([ADR 0372](adr/0372-an-agent-is-told-what-is-wanted-and-the-rest-is-refused.md)). Nobody is moved from one
model to another but by a new consent and a new enrolment.

| model | kept | compared | goes up | comes down | share | most it can earn | a tenant has it |
|---|---|---|---|---|---|---|---|
{models}
## What is shown

Each cell names the files of the tests that show it, or says *{none}*. `make test` runs a sample of
the suites over the models, `make campaign` the whole
([ADR 0390](adr/0390-a-page-says-what-is-shown-of-each-model.md)).

| |{letters}
|---|{rule}
{questions}
## Workflows

| | what happens | said in | shown by |
|---|---|---|---|
{workflows}
## Stores

What the server keeps of a reference, by every model of which it keeps one, lies in one of two.

| | said in | shown by |
|---|---|---|
{stores}
## What is not offered

- **A face by C in a browser.** Nothing vouches for a page: in a sandbox tenant it compares, and what it says
  is no face in a token ([ADR 0471](adr/0471-a-page-compares-before-sandboxes-and-its-word-is-no-face.md)).
{refused}
- Other traits than the face are not in this release.
"""


@dataclass(frozen=True)
class Shown:
    """One test, by the file that it stands in, and what it answers of which models."""

    file: str
    questions: tuple[str, ...]
    letters: frozenset[str]


class ModesProblem(Exception):
    """A marker names no question, or no model."""


def shown(tests: Path = ROOT / "tests") -> list[Shown]:
    """Return what every marked test shows, in the order of the files. Raises ModesProblem."""
    return [found for path in sorted(tests.rglob("test_*.py")) for found in _in_file(path, tests)]


def _in_file(path: Path, tests: Path) -> Iterator[Shown]:
    if "mark.modes(" not in path.read_text(encoding="utf-8"):
        return
    name = path.relative_to(tests)
    module = importlib.import_module(".".join(("tests", *name.with_suffix("").parts)))
    for test in _tests_of(module):
        marks = [*_marks(module), *_marks(test)]
        for mark in marks:
            if mark.name == "modes":
                yield shown_by(f"{name.as_posix()}::{test.__name__}", mark, marks)


def _marks(of: Any) -> Iterator[pytest.Mark]:
    """Yield the marks of a test or a module, where the latter's may still be decorators."""
    found = getattr(of, "pytestmark", ())
    for mark in found if isinstance(found, list) else [found] if found else []:
        yield mark.mark if isinstance(mark, pytest.MarkDecorator) else mark


def _tests_of(module: ModuleType) -> Iterator[Any]:
    for name, found in vars(module).items():
        if name.startswith("test_") and inspect.isfunction(found) and found.__module__ == module.__name__:
            yield found


def shown_by(test: str, mark: pytest.Mark, marks: Iterable[pytest.Mark]) -> Shown:
    """Return what a test shows by its own mark and its parameters. Raises ModesProblem."""
    unknown = set(mark.args) - set(QUESTIONS)
    if unknown or not mark.args:
        raise ModesProblem(f"{test}: no question is called {sorted(unknown)}")
    letters = _named(mark) or _run_over(marks)
    if not letters or letters - set(LETTERS):
        raise ModesProblem(f"{test}: of which models? {sorted(letters)}")
    return Shown(test.partition("::")[0], tuple(mark.args), frozenset(letters))


def _named(mark: pytest.Mark) -> set[str]:
    named = mark.kwargs.get("models", "")
    return set(LETTERS) if named == EVERY else set(named)


def _run_over(marks: Iterable[pytest.Mark]) -> set[str]:
    """Return the letters among the values of the parameters `letter` and `row`."""
    found: set[str] = set()
    for mark in marks:
        if mark.name != "parametrize":
            continue
        names = mark.args[0].split(",") if isinstance(mark.args[0], str) else list(mark.args[0])
        at = [place for place, name in enumerate(names) if name.strip() in {"letter", "row"}]
        for case in mark.args[1]:
            values = _values(case, several=len(names) > 1)
            found |= {letter for place in at for letter in _letters(values[place])}
    return found


def _values(case: Any, *, several: bool) -> Sequence[Any]:
    """Return the values of one case, as pytest reads it."""
    if isinstance(case, ParameterSet):
        return case.values
    return case if several else (case,)


def _letters(value: Any) -> Iterator[str]:
    if isinstance(value, ApplicationModel):
        yield value.letter
    elif isinstance(value, tuple):
        yield from value
    else:
        yield value


def render(found: Iterable[Shown]) -> str:
    """Return docs/modes.md."""
    cells: dict[tuple[str, str], list[str]] = {}
    for one in found:
        for question in one.questions:
            for letter in one.letters:
                files = cells.setdefault((question, letter), [])
                if one.file not in files:
                    files.append(one.file)
    return HEAD.format(
        models="".join(map(_model, APPLICATION_MODELS)),
        none=NONE,
        letters="".join(f" {letter} |" for letter in LETTERS),
        rule="---|" * len(LETTERS),
        questions="".join(_question(name, words, cells) for name, words in QUESTIONS.items()),
        workflows="".join(
            f"| **{name}** | {words} | {_page(said)} | {_files(files)} |\n"
            for name, words, said, files in WORKFLOWS
        ),
        stores="".join(f"| {name} | {_page(said)} | {_files(files)} |\n" for name, said, files in STORES),
        refused="\n".join(
            f"- **{', '.join(letters)}**: refused, since {_linked(why)}." for why, letters in _by_reason()
        ),
    )


def _page(name: str) -> str:
    return f"[{name}]({name})"


def _files(names: Iterable[str]) -> str:
    return ", ".join(map(_link, names))


def _by_reason() -> Iterator[tuple[str, list[str]]]:
    for why in dict.fromkeys(REFUSED.values()):
        yield why, [letter for letter, reason in REFUSED.items() if reason == why]


def _linked(why: str) -> str:
    """Return a reason with its decision as a link from docs/."""
    return re.sub(r"docs/(adr)/(\d{4})", lambda found: _decision(found[2]), why)


def _decision(number: str) -> str:
    (file,) = (ROOT / "docs" / "adr").glob(f"{number}-*.md")
    return f"[ADR {number}](adr/{file.name})"


def _model(row: ApplicationModel) -> str:
    by_default = "by default" if row.default else "where it chooses"
    by_default += ", in a sandbox alone" if row.sandbox else ""
    cells = (
        f"**{row.letter}** ({row.name.replace('_', ' ')})",
        _PLACES[row.stored],
        _PLACES[row.compared],
        ", ".join(row.crossing.up),
        ", ".join(row.crossing.down),
        " or ".join(row.shares) or "none",
        f"L{row.earns}" if row.earns else "what the passkey earns",
        f"{by_default}, with a reason and a second administrator" if row.agreed else by_default,
    )
    return f"| {' | '.join(cells)} |\n"


_PLACES: Final = {
    Place.SERVER: "on the server",
    Place.PHONE: "on the phone",
    Place.NOWHERE: "nowhere",
}


def _question(name: str, words: str, cells: dict[tuple[str, str], list[str]]) -> str:
    columns = (
        ", ".join(map(_link, cells.get((name, row.letter), ()))) or _unshown(name, row)
        for row in APPLICATION_MODELS
    )
    return f"| {words} | {' | '.join(columns)} |\n"


def _unshown(name: str, row: ApplicationModel) -> str:
    return NOTHING_KEPT if name in OF_A_REFERENCE and not row.keeps else NONE


def _link(file: str) -> str:
    return f"[{file.removesuffix('.py')}](../tests/{file})"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    TABLE.write_text(render(shown()), encoding="utf-8")
    print(f"wrote {TABLE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
