"""Carrying out the worked examples of docs/extending/ in a scratch copy of the repository.

An example is a page with fenced blocks: `new=PATH` after the language is a whole new file, `diff` is a change
that git applies, and `proof=PATH` is a test that passes with both and fails without them. How much it takes
stands in the first lines of the page, as "N new files, M changed lines".
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = ROOT / "docs" / "extending"
LINKED: Final = ("build", "node_modules")

_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMISE = re.compile(r"(\d+|one|two|three) new files?,\s+(\d+|one|two|no) changed lines?", re.IGNORECASE)
_FAILING = re.compile(r"^(?:FAILED|ERROR) ([^\s:]+)", re.MULTILINE)
_NUMBERS = {"no": 0, "one": 1, "two": 2, "three": 3}


@dataclass(frozen=True)
class Example:
    """One worked example: new files and proofs by path, the diffs, and what the page promises."""

    name: str
    new: dict[str, str]
    diffs: tuple[str, ...]
    proofs: dict[str, str]
    promised: tuple[int, int]

    @property
    def changed_lines(self) -> int:
        """How many lines the diffs add or put in another's place."""
        return sum(
            line.startswith("+") and not line.startswith("+++")
            for diff in self.diffs
            for line in diff.splitlines()
        )


def read(page: Path) -> Example:
    """Return the example of a page; raises ValueError where it promises nothing or proves nothing."""
    text = page.read_text(encoding="utf-8")
    new: dict[str, str] = {}
    proofs: dict[str, str] = {}
    diffs: list[str] = []
    for block in _BLOCK.finditer(text):
        language, _, rest = block["info"].strip().partition(" ")
        kind, _, path = rest.strip().partition("=")
        if kind == "new":
            new[path] = block["body"]
        elif kind == "proof":
            proofs[path] = block["body"]
        elif language == "diff":
            diffs.append(block["body"])
    promise = _PROMISE.search(text)
    if promise is None or not proofs:
        raise ValueError(f"{page.name} must say how much it takes, and hold a proof")
    counts = _number(promise[1]), _number(promise[2])
    return Example(page.stem, new, tuple(diffs), proofs, counts)


def _number(word: str) -> int:
    return _NUMBERS[word.lower()] if word.lower() in _NUMBERS else int(word)


def scratch_copy(folder: Path) -> Path:
    """Copy the files that git tracks, or would track, into the folder; what set-up made is linked."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    for name in LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    return folder


def write(files: dict[str, str], copy: Path) -> None:
    """Write files into the copy; none may be there already."""
    for path, body in files.items():
        target = copy / path
        if target.exists():
            raise ValueError(f"{path} is there already")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(body, encoding="utf-8")


def apply(diff: str, copy: Path) -> None:
    """Apply one diff; raises CalledProcessError where the code has moved away from under the page."""
    subprocess.run(
        ["git", "apply", "--recount", "--unidiff-zero", "-"], input=diff, cwd=copy, text=True, check=True
    )


def prove(proofs: Sequence[str], copy: Path) -> subprocess.CompletedProcess[str]:
    """Run proofs in the copy and return how that ended."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VISOR_")}
    environment |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    command += ["--continue-on-collection-errors", *proofs]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def failing(proved: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the proofs in which something failed, by path."""
    return sorted(set(_FAILING.findall(proved.stdout)))
