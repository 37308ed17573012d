"""What a sample holds, read as a worker reads it."""

import json
from typing import Any


def pictures(plain: bytes) -> list[bytes]:
    """Return the JPEG files of a sample's plain text."""
    length = int.from_bytes(plain[4:8], "big")
    at, files = 8 + length, []
    for entry in json.loads(plain[8:at])["frames"]:
        files.append(plain[at : at + entry["size"]])
        at += entry["size"]
    return files


def manifest(plain: bytes) -> dict[str, Any]:
    """Return the manifest of a sample's plain text."""
    found: dict[str, Any] = json.loads(plain[8 : 8 + int.from_bytes(plain[4:8], "big")])
    return found
