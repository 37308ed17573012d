"""Small readers of the process environment; every setting comes through one of them.

A variable `NAME` may be given as `NAME_FILE`, the path of a file that holds the value.
"""

import os
from pathlib import Path


class EnvironmentProblem(Exception):
    """A variable is missing or holds something that cannot be used."""


def text(name: str, default: str | None = None) -> str:
    """Return the variable `name`, or the content of the file that `NAME_FILE` points to.

    Raises EnvironmentProblem where neither is set and there is no default.
    """
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    value = os.environ.get(name, default)
    if value is None:
        raise EnvironmentProblem(f"{name} is not set")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """Return a yes/no variable: 1, true, yes, on or 0, false, no, off (any case)."""
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise EnvironmentProblem(f"{name} must be yes or no, not {value!r}")


def integer(name: str, default: int) -> int:
    """Return a whole number."""
    value = os.environ.get(name, "")
    try:
        return int(value) if value else default
    except ValueError:
        raise EnvironmentProblem(f"{name} must be a whole number, not {value!r}") from None


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list, without blanks."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]
