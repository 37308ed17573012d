"""What the processes of a running product warned of, shown with the test that failed there."""

import re
from collections.abc import Iterable

import pytest

from devtools.stack.stack import Stack

LINES = 30
WIDTH = 600
_WARNS = re.compile(r"\b(warning|error|critical)\b|Traceback", re.IGNORECASE)
_STARTING = "/readyz"
"""Asked until a product is ready, and refused until then."""


def sections(item: pytest.Item) -> list[tuple[str, str]]:
    """Return a section of a report for each product that a test was given, of its last warnings."""
    given = getattr(item, "funcargs", {}).values()
    products = {product.data_dir: product for product in given if isinstance(product, Stack)}
    return [("Warnings of the processes", said) for stack in products.values() if (said := _last(stack))]


def _last(stack: Stack) -> str:
    found = [
        f"{path.name}: {line}"
        for path in sorted(stack.data_dir.glob("*.log"))
        for line in warnings(path.read_text(errors="replace").splitlines())
    ]
    return "\n".join(found)


def warnings(lines: Iterable[str]) -> list[str]:
    """Return the last lines that warn of something, each cut to WIDTH characters."""
    cut = (line[:WIDTH] for line in lines if _STARTING not in line)
    return [line for line in cut if _WARNS.search(line)][-LINES:]
