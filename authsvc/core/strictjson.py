"""JSON from outside: whatever is not plain JSON, or is built to exhaust the reader, is one error."""

import json
from typing import Any, NoReturn


class NotJson(ValueError):
    """The text is not JSON, nests too deep, or holds a number that no double can."""


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text (RFC 8259) that somebody else wrote; raises NotJson.

    NaN, Infinity and numbers beyond a double's range are no JSON; the reader's recursion limit bounds
    the depth.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as problem:
        raise NotJson(str(problem)) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(text)
    return value
