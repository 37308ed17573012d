"""What the locks pin: each package with version, hashes, licence, and whether a production process has it."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from deploy.archives import ROOT

# The groups that production installs; what else is locked builds and tests.
CARRIED: Final = ("web", "worker")
_REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Package:
    """One locked package. `hashes` are of its archives, SHA-256 or SHA-512 in hexadecimal digits."""

    ecosystem: str
    name: str
    version: str
    algorithm: str
    hashes: tuple[str, ...]
    licence: str
    is_carried: bool


def python_packages() -> list[Package]:
    """Return what requirements.lock pins, by name."""
    carried = {name for group in CARRIED for name, *_ in _pins(ROOT / "requirements" / f"{group}.lock")}
    return [
        Package("pypi", name, version, "SHA-256", hashes, licence_of(name), name in carried)
        for name, version, hashes in sorted(_pins(ROOT / "requirements.lock"))
    ]


def front_end_packages() -> list[Package]:
    """Return what package-lock.json pins, by name."""
    content = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    made = {}
    for path, one in content["packages"].items():
        if not path:
            continue
        name = path.rpartition("node_modules/")[2]
        sha512 = base64.b64decode(one["integrity"].partition("-")[2]).hex()
        is_carried = not one.get("dev") and not one.get("optional")
        made[name, one["version"]] = Package(
            "npm", name, one["version"], "SHA-512", (sha512,), one.get("license", ""), is_carried
        )
    return [made[key] for key in sorted(made)]


def licence_of(name: str) -> str:
    """Return what a distribution says of its licence, "" where it is not installed or says nothing."""
    try:
        said = distribution(name).metadata
    except PackageNotFoundError:
        return ""
    classifiers = [each for each in said.get_all("Classifier") or [] if each.startswith("License ::")]
    expression, free = (
        "".join((said.get_all(name) or [""])[0].strip().splitlines()[:1])
        for name in ("License-Expression", "License")
    )
    return expression or "".join(classifiers[:1]).rpartition(":: ")[2] or free


def _pins(lock: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    text = lock.read_text(encoding="utf-8")
    found = list(_REQUIREMENT.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    for each, end in zip(found, ends, strict=True):
        name = re.sub(r"[-_.]+", "-", each[1]).lower()
        yield name, each[2], tuple(sorted(_HASH.findall(text[each.start() : end])))
