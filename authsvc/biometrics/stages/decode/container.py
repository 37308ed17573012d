"""The VSR1 container and its manifest (docs/protocol.md section 4)."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from authsvc.biometrics.types import BadSample, Challenge, FrameEntry, Manifest, Reason

MAGIC: Final = b"VSR1"
MOST_BYTES: Final = 6 * 1024 * 1024
MOST_MANIFEST: Final = 64 * 1024
MOST_FRAME: Final = 512 * 1024
LEAST_FRAME: Final = 512
LATEST_MS: Final = 180_000.0
EARLIEST_MS: Final = 40.0
"""How much earlier than its step a frame may say that it was taken: clocks of a page and of its camera."""

SHARE_KINDS: Final = ("prf", "browser")


def split_container(sample: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the manifest's JSON object and the frames' bytes; raises BadSample on any other shape."""
    if len(sample) > MOST_BYTES:
        raise BadSample(Reason.TOO_LARGE, detail=f"{len(sample)} bytes")
    if len(sample) < 8 or sample[:4] != MAGIC:
        raise BadSample(Reason.CONTAINER, detail="no VSR1 header")
    length = int.from_bytes(sample[4:8], "big")
    if not 0 < length <= min(MOST_MANIFEST, len(sample) - 8):
        raise BadSample(Reason.CONTAINER, detail=f"manifest of {length} bytes")
    return _json(sample[8 : 8 + length]), sample[8 + length :]


def _json(text: bytes) -> dict[str, Any]:
    try:
        body = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise BadSample(Reason.MANIFEST, detail=f"not JSON: {type(problem).__name__}") from None
    if not isinstance(body, dict):
        raise BadSample(Reason.MANIFEST, detail="not an object")
    return body


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise BadSample(Reason.MANIFEST, detail="duplicate key")
    return body


def _no_constant(name: str) -> float:
    raise BadSample(Reason.MANIFEST, detail=f"{name} is no number")


def read_manifest(body: Mapping[str, Any], *, transaction_id: str, challenge: Challenge) -> Manifest:
    """Return the manifest, checked for form and for belonging to this transaction and challenge.

    Frames: as many as the challenge asks, of 512 bytes to 512 KiB, with finite, rising times and steps that
    never go back, and none before the steps ahead of it can have been over. Raises BadSample.
    """
    try:
        manifest = _manifest(body)
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error) as problem:
        raise BadSample(Reason.MANIFEST, detail=f"{type(problem).__name__}: {problem}"[:120]) from None
    if (manifest.transaction_id, manifest.nonce) != (transaction_id, challenge.nonce):
        raise BadSample(Reason.FOREIGN)
    _check_frames(manifest.frames, challenge)
    return manifest


def _manifest(body: Mapping[str, Any]) -> Manifest:
    return Manifest(
        transaction_id=_text(body["txn"]),
        nonce=_text(body["chl"]),
        device=_text(body["dev"]),
        share=_share(body.get("share")),
        share_kind=_share_kind(body.get("share_kind")),
        new_device=None if body.get("new_dev") is None else _text(body["new_dev"]),
        new_share=_share(body.get("new_share")),
        new_share_kind=_share_kind(body.get("new_share_kind")),
        camera=_object(body["camera"]),
        probe=None if body.get("probe") is None else _object(body["probe"]),
        frames=tuple(_entry(entry) for entry in _list(body["frames"])),
        chain=_octets(body["chain"], 32),
        chain_signature=_octets(body["chain_signature"], 64),
    )


def _entry(entry: Any) -> FrameEntry:
    return FrameEntry(
        step=_whole(entry["step"]),
        t_ms=_real(entry["t"]),
        media_s=_real(entry["media"]),
        size=_whole(entry["size"]),
        sha256=_octets(entry["sha256"], 32),
    )


def _check_frames(frames: tuple[FrameEntry, ...], challenge: Challenge) -> None:
    if not challenge.frames_min <= len(frames) <= challenge.frames_max:
        raise BadSample(Reason.FRAME_COUNT, detail=str(len(frames)))
    if any(not LEAST_FRAME <= frame.size <= MOST_FRAME for frame in frames):
        raise BadSample(Reason.TOO_LARGE, detail="a frame's size is out of range")
    if not frames:
        return  # A binding shows no face; its challenge asks for no frame.
    rising = all(a.t_ms < b.t_ms and a.step <= b.step for a, b in pairwise(frames))
    if not rising or frames[0].t_ms < 0 or frames[-1].t_ms > LATEST_MS:
        raise BadSample(Reason.FRAME_TIMES, detail="times do not rise, or are out of range")
    if frames[-1].step >= len(challenge.steps):
        raise BadSample(Reason.FRAME_TIMES, detail="a step that was not asked")
    _check_lengths(frames, challenge)


def _check_lengths(frames: tuple[FrameEntry, ...], challenge: Challenge) -> None:
    """Raise BadSample where a step cannot have lasted its least; it ended no earlier than its last frame."""
    begins = [0.0]
    for index, step in enumerate(challenge.steps):
        last = max((frame.t_ms for frame in frames if frame.step == index), default=0.0)
        begins.append(max(begins[-1] + step.shortest, last))
    if any(frame.t_ms < begins[frame.step] - EARLIEST_MS for frame in frames):
        raise BadSample(Reason.FRAME_TIMES, detail="a step ended before its time")


def split_frames(manifest: Manifest, content: bytes) -> list[bytes]:
    """Return each frame's bytes; raises BadSample where sizes do not add up to the content exactly."""
    if sum(frame.size for frame in manifest.frames) != len(content):
        raise BadSample(Reason.CONTAINER, detail="the frames' sizes do not add up")
    ends = 0
    pieces = []
    for frame in manifest.frames:
        pieces.append(content[ends : ends + frame.size])
        ends += frame.size
    return pieces


def unb64u(text: object) -> bytes:
    """Return the bytes of canonical, unpadded base64url; raises ValueError or TypeError on anything else."""
    if not isinstance(text, str):
        raise TypeError("not a string")
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise ValueError("not canonical base64url")
    return data


def _octets(value: object, length: int) -> bytes:
    data = unb64u(value)
    if len(data) != length:
        raise ValueError(f"{length} bytes are expected")
    return data


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 1400:
        raise ValueError("a text of 1 to 1400 characters is expected")
    return value


def _share(value: object) -> bytes | None:
    return None if value is None else _octets(value, 32)


def _share_kind(value: object) -> str | None:
    if value is None or value in SHARE_KINDS:
        return None if value is None else str(value)
    raise ValueError("unknown kind of share")


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict) or len(value) > 40:
        raise ValueError("an object is expected")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > 1000:
        raise ValueError("a list is expected")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise ValueError("a whole number is expected")
    return value


def _real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("a finite number is expected")
    return float(value)
