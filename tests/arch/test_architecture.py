"""docs/architecture.md shows the code that is: its layers, its rooms, its files."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}
PICTURES = {
    "The layers of the authentication server": ROOT / "authsvc",
    "The rooms of the OpenID provider": ROOT / "authsvc" / "oidc",
}
NOT_ROOMS = {"__init__", "__pycache__"}


def layers_of(text: str) -> list[set[str]]:
    return [{name.strip() for name in line.split("|")} for line in text.strip().splitlines()]


def drawn() -> list[list[set[str]]]:
    blocks = re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [layers_of(block.split("▼")[-1]) for block in blocks]


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_the_contract(name: str) -> None:
    """Layers in parentheses are places kept for later: they are drawn once they are there."""
    folder = PICTURES[name]
    contract: list[set[str]] = []
    for layer in CONTRACTS[name]["layers"]:
        rooms = {room.strip().strip("()") for room in layer.split("|")}
        there = {room for room in rooms if (folder / room).is_dir() or (folder / f"{room}.py").is_file()}
        contract += [there] if there else []
    assert contract in drawn()


@pytest.mark.parametrize("folder", PICTURES.values(), ids=lambda folder: folder.name)
def test_every_room_is_in_the_picture_and_explained(folder: Path) -> None:
    rooms = {path.stem for path in folder.iterdir() if path.is_dir()} - NOT_ROOMS - {"migrations"}
    known = {name for layers in drawn() for layer in layers for name in layer}
    assert rooms - known == set()
    assert {room for room in rooms if f"{room}`" not in PAGE} == set()


def test_every_file_that_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_.]*[a-z_]/?)`", PAGE))
    prefixes = ("", "authsvc/", "authsvc/biometrics/", "docs/")
    missing = {name for name in named if not any((ROOT / prefix / name).exists() for prefix in prefixes)}
    assert missing == set()
