"""The decode stage: limits, form, belonging and origin first, pixels last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authsvc.biometrics.types import BadSample, Burst, Challenge, Frame, Manifest, Reason

from .chain import check_chain
from .container import read_manifest, split_container, split_frames
from .jpeg import read_header
from .pictures import decode_pictures


def read_sample(
    sample: bytes, *, transaction_id: str, challenge: Challenge, session_key: Mapping[str, Any]
) -> tuple[Manifest, list[bytes]]:
    """Return manifest and JPEG files of a sample whose chain the session key signed; raises BadSample."""
    body, content = split_container(sample)
    manifest = read_manifest(body, transaction_id=transaction_id, challenge=challenge)
    jpegs = split_frames(manifest, content)
    check_chain(manifest, jpegs, session_key)
    return manifest, jpegs


def decode(
    sample: bytes, *, transaction_id: str, challenge: Challenge, session_key: Mapping[str, Any]
) -> Burst:
    """Return the burst of a sample's plain text; raises BadSample with the reason on anything odd.

    All frames must be of one size. `session_key` is the public JWK whose holder signed the frame chain.
    """
    manifest, jpegs = read_sample(
        sample, transaction_id=transaction_id, challenge=challenge, session_key=session_key
    )
    headers = [read_header(jpeg) for jpeg in jpegs]
    if len({(header.width, header.height) for header in headers}) > 1:
        raise BadSample(Reason.PICTURE_SIZE, detail="frames of several sizes")
    pictures = decode_pictures(jpegs, headers)
    if len({picture.shape for picture in pictures}) > 1:
        raise BadSample(Reason.PICTURE_SIZE, detail="frames turned differently")
    frames = tuple(
        Frame(index, entry.step, entry.t_ms, entry.media_s, jpeg, rgb, tuple(header.tables.values()))
        for index, (entry, jpeg, rgb, header) in enumerate(
            zip(manifest.frames, jpegs, pictures, headers, strict=True)
        )
    )
    simulated = any(header.simulated for header in headers)
    return Burst(transaction_id, challenge, frames, manifest, simulated)
