"""The key service of one machine on its disk: who may read a file, and that it is there after a crash."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
# What is no secret, and of what more than one role may have to do with.
TOMBSTONES: Final = 0o640
COUNTERS: Final = 0o660


def make(root: Path, folder: Path) -> None:
    """Make the folders where they are missing, the inner one open to whom the outer one is open to."""
    if not folder.exists():
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir()
            wanted = root.stat().st_mode
            if folder.stat().st_mode != wanted:
                # Not where it came out right: a hardened unit may not set the bit that hands the group down.
                folder.chmod(wanted & 0o7777)
            _flush(root)


def shared(folder: Path, name: str) -> Path:
    """Return the path of a file that every role of the folder may write to, made where it is missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, COUNTERS)
        os.fchmod(descriptor, COUNTERS)
        os.close(descriptor)
    return folder / name


def replace(path: Path, content: bytes, mode: int) -> None:
    """Put a new file in a file's place, on the disk when this returns, and overwrite a key that was there."""
    new = path.with_suffix(path.suffix + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    before = _for_overwriting(path) if mode == PRIVATE else None
    new.replace(path)
    _flush(path.parent)
    if before is not None:
        _overwrite(before)


def erase(path: Path) -> None:
    """Overwrite a key and remove it; nothing happens where there is none."""
    before = _for_overwriting(path)
    path.unlink(missing_ok=True)
    _flush(path.parent)
    if before is not None:
        _overwrite(before)


def _for_overwriting(path: Path) -> int | None:
    # Another role may remove a file that it may not write to.
    with suppress(FileNotFoundError, PermissionError):
        return os.open(path, os.O_WRONLY)
    return None


def _overwrite(descriptor: int) -> None:
    try:
        os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
