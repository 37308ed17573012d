"""Secrets files as they are kept: one for everything, or one a role; split, and completed with new names."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from config import secrets
from config.roles import ROLES
from config.secrets import (
    CHECKPOINT,
    RECEIVING,
    SEALING,
    SECTIONS,
    SEQUENCER,
    Content,
    SecretsProblem,
    seal_key_of,
    task_key_of,
)

PUBLIC: Final = "public"
PAIRS: Final = (
    (("worker", "verdict_private_key"), (PUBLIC, "verdict_public_key")),
    ((SEQUENCER, CHECKPOINT), (PUBLIC, "checkpoint_public_key")),
    (("web", RECEIVING), (PUBLIC, RECEIVING.replace("private", "public"))),
    *(((role, task_key_of(role)), (PUBLIC, f"task_public_key_{role}")) for role in ROLES),
    *(((role, seal_key_of(role)), (PUBLIC, f"seal_public_key_{role}")) for role in SEALING),
)
"""Section and name of what belongs together: neither half is of use with another one's."""


def paths(folder: Path) -> dict[str, Path]:
    """Return the file of each role in a folder, and the public one."""
    return {section: folder / f"{section}.json" for section in (*SECTIONS, PUBLIC)}


def split(content: Content) -> dict[str, dict[str, dict[str, str]]]:
    """Return what each role's file holds, its own section and the public one; and the public one's alone."""
    public = dict(content[PUBLIC])
    files: dict[str, dict[str, dict[str, str]]] = {
        role: {PUBLIC: public, role: dict(content[role])} for role in SECTIONS if role in content
    }
    return {**files, PUBLIC: {PUBLIC: public}}


def joined(contents: Iterable[Content]) -> dict[str, dict[str, str]]:
    """Return the sections of several files as one. Raises SecretsProblem where they say different things."""
    whole: dict[str, dict[str, str]] = {}
    for content in contents:
        for section, held in content.items():
            known = whole.setdefault(section, {})
            odd = [name for name in held if known.get(name, held[name]) != held[name]]
            if odd:
                raise SecretsProblem(
                    f"the files disagree on {section}.{odd[0]}: copy the newer one's section"
                )
            known.update(held)
    return whole


def completed(content: Content) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return the content with what this release needs and it lacks, and what was added, as `section.name`.

    What is there stays. A secret that two sections share is shared with the new one too. Raises
    SecretsProblem where half of a pair is missing.
    """
    fresh, whole, added = secrets.generate(), {section: dict(held) for section, held in content.items()}, []
    for section, held in fresh.items():
        for name, value in held.items():
            if name not in whole.get(section, {}):
                _refuse_half_a_pair(content, section, name)
                whole.setdefault(section, {})[name] = _shared(content, fresh, name, value)
                added.append(f"{section}.{name}")
    return whole, added


def _shared(content: Content, fresh: Content, name: str, value: str) -> str:
    sections = [section for section, held in fresh.items() if held.get(name) == value]
    return next((content[one][name] for one in sections if name in content.get(one, {})), value)


def _refuse_half_a_pair(content: Content, section: str, name: str) -> None:
    for pair in PAIRS:
        halves = [half for half in pair if half[1] in content.get(half[0], {})]
        if (section, name) in pair and halves:
            raise SecretsProblem(f"{'.'.join(halves[0])} is there without {section}.{name}: restore the file")
