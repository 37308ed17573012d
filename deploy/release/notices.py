"""The licences of what a release carries or has an installation fetch: whose it is, and on what terms."""

from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from deploy.archives import ROOT
from deploy.release.locked import Package
from deploy.release.networks import Network

_NAMES: Final = ("licen", "copying", "notice", "authors")
_RULE: Final = "=" * 100


def notices(packages: Iterable[Package], networks: Iterable[Network]) -> str:
    """Return the notices as text: of each package that production has, then of each network."""
    parts = [_of_package(one) for one in packages if one.is_carried]
    parts += [f"{one.path}\nmade by {one.made_by}; licence: {one.licence}\n" for one in networks]
    return f"\n{_RULE}\n".join(parts)


def _of_package(one: Package) -> str:
    said = f"{one.name} {one.version} ({one.ecosystem})\nlicence: {one.licence or 'not said'}\n"
    texts = list(_python(one.name) if one.ecosystem == "pypi" else _front_end(one.name))
    return "\n".join([said, *texts])


def _python(name: str) -> Iterator[str]:
    try:
        found = distribution(name).files or []
    except PackageNotFoundError:
        yield "Not for the system that this release was made on.\n"
        return
    for path in sorted(found, key=str):
        if ".dist-info" in str(path) and path.name.lower().startswith(_NAMES):
            yield path.read_text(encoding="utf-8")


def _front_end(name: str) -> Iterator[str]:
    folder = ROOT / "node_modules" / name
    for path in sorted(folder.glob("*")):
        if path.is_file() and path.name.lower().startswith(_NAMES):
            yield _text(path)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
