"""Make a release of the commit that is checked out: `make release KEY=~/.ssh/visor_release`.

    python -m deploy.release [--out build/release] [--key KEY] [--draft]

`make release` has prepared what is packed: pages' files, networks, catalogues. Nothing is made of a tree that
has changes, nor of a version that CHANGELOG.md does not name; a draft may have both.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from config.languages import compile_catalogues
from deploy.archives import ROOT
from deploy.release.archive import pack
from deploy.release.bill import bill
from deploy.release.locked import front_end_packages, python_packages
from deploy.release.networks import carried
from deploy.release.notices import notices
from deploy.release.signing import VERIFY, allowed_signers, sign, write_sums

OUT: Final = ROOT / "build" / "release"

# What production asks of every command; nobody is there.
_NOWHERE: Final = {
    "VISOR_BASE_URL": "https://release.invalid",
    "VISOR_DATABASE_URL": "postgres://release.invalid/visor",
    "VISOR_BROKER_URL": "redis://:none@release.invalid/0",
}


class NotReady(Exception):
    """This tree is no release."""


def version() -> str:
    """Return the version that pyproject.toml names."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def refuse_unready(changelog: str, changes: str) -> None:
    """Raise NotReady where CHANGELOG.md does not name this version, or files differ from the commit."""
    if not re.search(rf"^## \[?{re.escape(version())}\b", changelog, re.MULTILINE):
        raise NotReady(f"CHANGELOG.md has nothing of {version()}: name it in place of “Unreleased”")
    if changes:
        raise NotReady(f"not committed:\n{changes}")


def make(out: Path, key: Path | None, *, anew: bool = True) -> Path:
    """Write archive, bill of materials, notices, hashes and, with a key, a signature; return the folder.

    Pages' files are laid out `anew`, so that none of an earlier commit is among them.
    """
    moment = int(os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct"))
    name = f"visor-{version()}"
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    _prepare(anew=anew)
    packages, networks = [*python_packages(), *front_end_packages()], list(carried())
    made_at = datetime.fromtimestamp(moment, UTC)
    (folder / f"{name}.cdx.json").write_text(bill(version(), made_at, packages, networks), encoding="utf-8")
    (folder / f"{name}-notices.txt").write_text(notices(packages, networks), encoding="utf-8")
    pack(ROOT, name, folder / f"{name}.tar.gz", moment)
    sums = write_sums(folder)
    if key is not None:
        sign(sums, key)
    return folder


def _prepare(*, anew: bool) -> None:
    compile_catalogues(ROOT / "locale")
    ours = ("VISOR_", "DJANGO_")
    usual = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    told = {**usual, **_NOWHERE, "VISOR_ENVIRONMENT": "production"}
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run([*command, *(["--clear"] if anew else [])], cwd=ROOT, env=told, check=True)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> None:
    """Make it, or say why not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--key", type=Path, help="the SSH key that signs it")
    parser.add_argument("--draft", action="store_true", help="take a tree that is no release yet")
    told = parser.parse_args()
    if not told.draft:
        try:
            changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
            refuse_unready(changelog, _git("status", "--porcelain"))
        except NotReady as problem:
            raise SystemExit(str(problem)) from None
    print(f"Release in {make(told.out, told.key)}")
    if told.key is not None:
        public = told.key if told.key.suffix == ".pub" else told.key.with_name(f"{told.key.name}.pub")
        print(f"It is verified by: {VERIFY}")
        print(f"with, in allowed_signers: {allowed_signers(public.read_text(encoding='utf-8').strip())}")


if __name__ == "__main__":
    main()
