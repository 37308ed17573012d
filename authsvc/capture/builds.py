"""Which builds of the capture page are let in: those that this release and the one before serve (ADR 0405).

A build is the digests of the page's own scripts, by name. A page measures the scripts that it got and says so
with its passkey. Nothing proves it: whoever writes a program can say what a page would say. What is kept out
is what is old, or was changed by accident on its way.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.apps import apps as installed
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

from authsvc.capture.models import Build
from authsvc.core.clock import now
from authsvc.core.ids import b64u
from authsvc.core.remembered import Remembered

FOLDER: Final = "js/capture"
_OTHER_PAGES: Final = frozenset({"desk", "invited.js"})
"""What lies in the folder and belongs to a page that captures nothing."""

RELEASES: Final = 2
"""This release, and the one beside which it starts."""


def scripts_served() -> dict[str, str]:
    """Return the SHA-256, base64url, of each script of the page as this process serves it, by name.

    They are read anew after ten seconds, as whoever develops them changes them.
    """
    folder = _folder()
    return dict(_served.get_or_make(folder, lambda: _digests(folder)))


_served: Final[Remembered[Path, dict[str, str]]] = Remembered(seconds=10, capacity=10)


def _digests(folder: Path) -> dict[str, str]:
    files = {path.relative_to(folder): path for path in folder.rglob("*.js")}
    return {
        name.as_posix(): b64u(hashlib.sha256(path.read_bytes()).digest())
        for name, path in sorted(files.items())
        if name.parts[0] not in _OTHER_PAGES
    }


def script_addresses() -> dict[str, str]:
    """Return where a page finds each script that it measures, by name."""
    folder = _folder()
    return dict(_addresses.get_or_make(folder, lambda: {name: _address(name) for name in scripts_served()}))


_addresses: Final[Remembered[Path, dict[str, str]]] = Remembered(seconds=10, capacity=10)


def _address(name: str) -> str:
    return static(f"{FOLDER}/{name}")


def build_of(scripts: Mapping[str, str]) -> str:
    """Return the name of a build: 24 hexadecimal digits of a SHA-256 over its scripts."""
    said = json.dumps(scripts, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(said).hexdigest()[:24]


def is_listed(scripts: Mapping[str, str]) -> bool:
    """Tell whether a page that got these scripts is let in.

    While a release replaces the one before, a page may get some scripts of each: every one has to be that of
    a listed build, and all of them those that one of the builds has.
    """
    builds = _listed() if scripts else []
    if not any(build.keys() == scripts.keys() for build in builds):
        return False
    return all(any(build.get(name) == digest for build in builds) for name, digest in scripts.items())


def is_listed_by_name(build: str) -> bool:
    """Tell whether a page that names a build, and measures nothing, is of the release before."""
    return build in {row.name for row in _latest() if not row.scripts}


def _listed() -> list[dict[str, str]]:
    """The scripts of each build that is let in; this process's own is one until somebody blocks it."""
    own = scripts_served()
    blocked = Build.objects.filter(name=build_of(own), blocked_at__isnull=False).exists()
    return [row.scripts for row in _latest() if row.scripts] + ([] if blocked else [own])


def _latest() -> list[Build]:
    latest = Build.objects.order_by("-listed_at")[:RELEASES]
    return [row for row in latest if row.blocked_at is None]


def _folder() -> Path:
    """Return where the served scripts are; a machine that serves none has what they are made from."""
    collected = Path(settings.STATIC_ROOT or "", FOLDER)
    if settings.STATIC_ROOT and collected.is_dir():
        return collected
    return Path(str(finders.find(FOLDER)))


def list_own(*, using: str, apps: Any = installed, **_: Any) -> None:
    """Put this release's build on top of the list, after each `migrate`.

    The release before runs on beside it, and knows from then on what pages of this one are made of.
    """
    try:
        rows = apps.get_model("capture", "Build").objects.using(using)
    except LookupError:
        return  # migrated back to a release that has no list
    scripts = scripts_served()
    name = build_of(scripts)
    latest = rows.order_by("-listed_at").first()
    if latest is None or latest.name != name:
        rows.update_or_create(name=name, defaults={"scripts": scripts, "listed_at": now()})
