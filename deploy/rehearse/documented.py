"""The commands of docs/, as they stand there, for the rehearsal and the tests that run them."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page: str, heading: str, language: str = "sh") -> list[str]:
    """Return the fenced blocks of a language below a heading of a page; raises ValueError without one."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"docs/{page} has no section {heading!r}")
    fenced = rf"^ *```{language}\n(.*?)^ *```$"  # within a list it is indented
    return [dedent(block) for block in re.findall(fenced, found[1], re.MULTILINE | re.DOTALL)]


def placed(block: str, places: Mapping[str, str]) -> str:
    """Return a block with the page's places and programs replaced by other ones, the longest first."""
    for name in sorted(places, key=len, reverse=True):
        block = block.replace(name, places[name])
    return block


def run(block: str, env: Mapping[str, str], **how: object) -> "subprocess.CompletedProcess[str]":
    """Run a block as a shell does, which ends at the first command that fails."""
    command = ["bash", "-euo", "pipefail", "-c", block]
    return subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False, **how)  # type: ignore[call-overload, no-any-return]
