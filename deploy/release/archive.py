"""The files of a release in one archive: the same commit, prepared alike, gives the same bytes.

It holds what runs (code, texts, pages' files laid out, networks), what installs it (deploy, requirements,
docs), and no test. Where it is installed the Python environments alone are made (deploy/setup/role.sh).
"""

import gzip
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# What is worked with, and not run.
_LEFT_OUT: Final = (".ci/", ".editorconfig", ".gitignore", ".pre-commit", "benchmarks/", "tests/")
PREPARED: Final = ("build/static", "build/collected", "build/models")
_STAMP: Final = ".ready"
_EXECUTABLE: Final = 0o755
_PLAIN: Final = 0o644


def files(root: Path) -> Iterator[str]:
    """Yield the path of each file of a release, from the root on: what git has, and what was prepared."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True)
    for name in filter(None, done.stdout.split("\0")):
        if not name.startswith(_LEFT_OUT):
            yield name
    for folder in PREPARED:
        for path in (root / folder).rglob("*"):
            if path.is_file() and path.name != _STAMP:
                yield str(path.relative_to(root))
    for path in (root / "locale").rglob("*.mo"):
        yield str(path.relative_to(root))


def pack(root: Path, name: str, target: Path, moment: int) -> None:
    """Write the archive, whose files lie in a folder `name` and were all changed at a moment (seconds)."""
    with (
        target.open("wb") as output,
        gzip.GzipFile(filename="", mode="wb", fileobj=output, compresslevel=6, mtime=moment) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for each in sorted(set(files(root))):
            path = root / each
            info = tarfile.TarInfo(f"{name}/{each}")
            info.size, info.mtime = path.stat().st_size, moment
            info.mode = _EXECUTABLE if path.stat().st_mode & 0o100 else _PLAIN
            with path.open("rb") as content:
                archive.addfile(info, content)
