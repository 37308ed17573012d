"""What may vouch for an agent that is a program of its own, a file a format (docs/protocol.md section 8).

A row names the format, its module in this folder, which has `vouches`, and whether sandboxes alone trust it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final


@dataclass(frozen=True)
class Keys:
    """What a statement is about: a transaction, and the RFC 7638 thumbprints of the agent's keys in it.

    `session_key` is that of the transaction; `receiving_key` the device's own, "" where it has none.
    """

    transaction: str
    session_key: str
    receiving_key: str


@dataclass(frozen=True)
class Row:
    """One format: its module, and whether a tenant with real people in it refuses it."""

    module: str
    sandbox: bool


Format = Callable[[str, Keys], bool]
"""Tells whether a statement vouches for exactly these keys."""

LISTED: Final[Mapping[str, Row]] = {
    "test": Row("testing", sandbox=True),
}

FORMATS: Final[Mapping[str, Format]] = {
    name: import_module(f"{__name__}.{row.module}").vouches for name, row in LISTED.items()
}


def vouches(name: str, statement: str, keys: Keys, *, sandbox: bool) -> bool:
    """Tell whether a format that is trusted here vouches for an agent's keys."""
    row = LISTED.get(name)
    return row is not None and (sandbox or not row.sandbox) and FORMATS[name](statement, keys)
