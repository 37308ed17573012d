"""The units of deploy/systemd, read."""

from collections.abc import Iterator
from pathlib import Path

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("visor-*.service"))
PROCESSES = [name for name in SERVICES if name != "visor-migrate.service"]


def said(unit: str, key: str) -> list[str]:
    """Return what a unit gives to a key, each line of it."""
    lines = (UNITS / unit).read_text(encoding="utf-8").splitlines()
    return [line.split("=", 1)[1] for line in lines if line.startswith(f"{key}=")]


def environment(unit: str) -> dict[str, str]:
    """Return the variables that a unit sets itself."""
    return dict(_assignments(unit))


def _assignments(unit: str) -> Iterator[tuple[str, str]]:
    for line in said(unit, "Environment"):
        for word in line.split():
            name, _, value = word.partition("=")
            yield name, value
