"""Tables for spreadsheets: comma-separated values (RFC 4180) in which no cell is a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Any, Final

# What a spreadsheet takes for the beginning of a formula, also behind blanks that it drops (OWASP).
_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def line(values: Iterable[Any]) -> str:
    """Return one line of a table."""
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(value) for value in values])
    return out.getvalue()


def _harmless(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula."""
    if isinstance(value, str) and (value.startswith(_BEGINS) or value.lstrip().startswith(_BEGINS)):
        return f"'{value}"
    return value
