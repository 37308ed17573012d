"""Networks that are converted once on a machine, and kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, sha256: str, make: Callable[[], bytes]) -> bytes:
    """Return a converted network, from the file where it is the known one, and made otherwise.

    Only a file with the known hash is taken, or laid there: another release of onnx may write the same
    network differently, which then is converted at every start. `make` checks what it made. The file is
    written under a name of its own and then moved, so that no other process sees half of one.
    """
    if path.exists() and _is_known(content := path.read_bytes(), sha256):
        return content
    content = make()
    if _is_known(content, sha256):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(content)
        temporary.replace(path)
    return content


def _is_known(content: bytes, sha256: str) -> bool:
    return hashlib.sha256(content).hexdigest() == sha256
