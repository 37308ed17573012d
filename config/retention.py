"""The register of retention, whole: what every room declares, and the page that shows it."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Final

from authsvc.core.retention import Kept, Row, Swept, declare, register
from config.roles import APPS
from config.variables import ROOT

PATH: Final[Path] = ROOT / "docs" / "retention.md"
_WITHOUT_TABLES: Final = frozenset(
    {"authsvc.core", "authsvc.seals", "authsvc.biometrics", "authsvc.evaluation"}
)
"""Rooms of ours without a table."""
_UNITS: Final = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
_HEAD: Final = (
    "# How long everything is kept\n\n"
    "Written by `manage.py retention` from what each room of the product declares in its `retained.py` "
    "(ADR 0431); a test fails when a table has no row here. The sweeper "
    "([scheduled-work.md](scheduled-work.md)) deletes what is over, whatever else goes wrong.\n\n"
    "| table | how long | why |\n|---|---|---|\n"
)


def load() -> None:
    """Fill the register with the rows of every room, whichever of them this process plays."""
    for name, _roles in APPS:
        if name.startswith(("authsvc.", "portal.")) and name not in _WITHOUT_TABLES:
            declare(*import_module(f"{name}.retained").ROWS)


def page() -> str:
    """Return the page of the register."""
    load()
    rows = [row for rows in register().values() for row in rows]
    return _HEAD + "".join(f"{line}\n" for line in map(_line, rows))


def _line(row: Row) -> str:
    if isinstance(row, Kept):
        return f"| `{row.table}` | {row.until} | |"
    which = f", where {row.only}" if row.only else ""
    return f"| `{row.table}`{which} | {_length(row)} | {row.why} |"


def _length(row: Swept) -> str:
    if not row.after:
        return f"until `{row.since}`"
    return f"{' '.join(_parts(row.after))} after `{row.since}`"


def _parts(left: timedelta) -> Iterator[str]:
    for name, unit in _UNITS:
        count, left = divmod(left, unit)
        if count:
            yield f"{count} {name}{'s' if count > 1 else ''}"
