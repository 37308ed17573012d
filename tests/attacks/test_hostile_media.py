"""Hostile samples at the decoder's door: each is refused with its reason, and the next one is served."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from authsvc.biometrics.stages.decode import decode
from authsvc.biometrics.stages.decode.container import read_manifest, split_container
from authsvc.biometrics.stages.decode.jpeg import read_header
from authsvc.biometrics.types import BadSample, Burst, Challenge, Reason
from devtools.phone import sealing
from tests.attacks.fuzzing import enough, json_values
from tests.unit.biometrics.samples import CHALLENGE, TRANSACTION, Sample, sample_of

pytestmark = pytest.mark.requirement("S8.1-07", "S6.2-02")

FRAMES = 10


def picture(seed: int = 1, size: tuple[int, int] = (640, 480)) -> np.ndarray:
    """Return smooth colours with some noise: a small file."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 220, (12, 16, 3), dtype=np.uint8)
    smooth = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + rng.normal(0, 3, smooth.shape), 0, 255).astype(np.uint8)


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    stored = io.BytesIO()
    image.save(stored, kind, **options)
    return stored.getvalue()


PICTURE = Image.fromarray(picture())
SOUND = saved(PICTURE, quality=80)
_SOF, _SOS, _DQT = SOUND.index(b"\xff\xc0"), SOUND.index(b"\xff\xda"), SOUND.index(b"\xff\xdb")


def read(sample: Sample, *, challenge: Challenge = CHALLENGE) -> Burst:
    return decode(
        sample.plain,
        transaction_id=TRANSACTION,
        challenge=challenge,
        session_key=sample.context.session_key,
    )


def reason_of(hostile: bytes) -> Reason:
    """Put one hostile file among sound ones, sign them all, and return why the sample is refused."""
    sample = sample_of([*[SOUND] * 4, hostile, *[SOUND] * (FRAMES - 5)])
    with pytest.raises(BadSample) as refused:
        read(sample)
    return refused.value.reason


def with_frame(**change: int) -> bytes:
    """Return the sound file with another frame header: precision, height, width or components."""
    body = bytearray(SOUND)
    places = {"precision": (4, 1), "height": (5, 2), "width": (7, 2), "components": (9, 1), "marker": (1, 1)}
    for name, value in change.items():
        at, size = places[name]
        body[_SOF + at : _SOF + at + size] = value.to_bytes(size, "big")
    return bytes(body)


def animated_png() -> bytes:
    pages = [Image.fromarray(picture(seed, (320, 320))) for seed in range(2)]
    return saved(pages[0], "PNG", save_all=True, append_images=pages[1:])


def png_of(width: int, height: int, depth: int = 8) -> bytes:
    """Return a PNG file that unpacks a thousandfold."""
    rows = b"".join(b"\0" + bytes(3 * width * depth // 8) for _ in range(min(height, 64)))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
    ]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in [*chunks, (b"IEND", b"")]
    )
    return (b"\x89PNG\r\n\x1a\n" + body).ljust(600, b"\0")


def with_archive() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.html", "<script>alert(1)</script>")
    return SOUND + archive.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def inserted(extra: bytes, *, before: int = 2) -> bytes:
    return SOUND[:before] + extra + SOUND[before:]


def many_scans(count: int) -> bytes:
    """Return a file whose one scan comes many times over: minutes of decoding from a few kilobytes."""
    scan = SOUND[_SOS:-2]
    header = scan[: 2 + int.from_bytes(scan[2:4], "big")]
    return SOUND[:-2] + (header + b"\x00") * count + b"\xff\xd9"


CORPUS: dict[str, tuple[Callable[[], bytes], Reason]] = {
    "cut within its picture": (lambda: SOUND[: _SOS + 400], Reason.PICTURE_DAMAGED),
    "cut within its tables": (lambda: SOUND[: _DQT + 30].ljust(512, b"\0"), Reason.PICTURE_DAMAGED),
    "without an end": (lambda: SOUND[:-2], Reason.PICTURE_DAMAGED),
    "nothing but a start": (lambda: b"\xff\xd8\xff\xd9".ljust(512, b"\0"), Reason.TRAILING_DATA),
    "zeros": (lambda: bytes(600), Reason.PICTURE_FORMAT),
    "of no width": (lambda: with_frame(width=0), Reason.PICTURE_SIZE),
    "of no height": (lambda: with_frame(height=0), Reason.PICTURE_SIZE),
    "65,535 pixels wide": (lambda: with_frame(width=65535), Reason.PICTURE_SIZE),
    "of 4 gigapixels": (lambda: with_frame(width=65535, height=65535), Reason.PICTURE_SIZE),
    "too small": (lambda: saved(PICTURE.resize((160, 120))).ljust(512, b"\0"), Reason.PICTURE_SIZE),
    "larger than its content": (lambda: with_frame(height=1900), Reason.PICTURE_SIZE),
    "of another size": (lambda: saved(PICTURE.resize((800, 600)), quality=80), Reason.PICTURE_SIZE),
    "CMYK": (lambda: saved(PICTURE.convert("CMYK"), quality=80), Reason.PICTURE_FORMAT),
    "of 12 bits": (lambda: with_frame(precision=12), Reason.PICTURE_FORMAT),
    "lossless": (lambda: with_frame(marker=0xC3), Reason.PICTURE_FORMAT),
    "arithmetically coded": (lambda: with_frame(marker=0xC9), Reason.PICTURE_FORMAT),
    "hierarchical": (lambda: with_frame(marker=0xC5), Reason.PICTURE_FORMAT),
    "of two components": (lambda: with_frame(components=2), Reason.PICTURE_FORMAT),
    "of 255 components": (lambda: with_frame(components=255), Reason.PICTURE_FORMAT),
    "of two frames": (lambda: inserted(SOUND[_SOF : _SOF + 19]), Reason.PICTURE_FORMAT),
    "with an archive behind it": (with_archive, Reason.TRAILING_DATA),
    "with a second picture behind it": (lambda: SOUND + SOUND, Reason.TRAILING_DATA),
    "with a web page in its comment": (
        lambda: inserted(segment(0xFE, b"<script>" * 8000) * 2),
        Reason.PICTURE_FORMAT,
    ),
    "of forty-one scans": (lambda: many_scans(41), Reason.PICTURE_FORMAT),
    "of thousands of scans": (lambda: many_scans(5000), Reason.PICTURE_FORMAT),
    "with a table cut short": (lambda: inserted(segment(0xDB, bytes(20))), Reason.PICTURE_DAMAGED),
    "with a segment of no length": (lambda: inserted(b"\xff\xe1\x00\x00"), Reason.PICTURE_DAMAGED),
    "with a segment past the end": (lambda: inserted(b"\xff\xe1\xff\xff"), Reason.PICTURE_DAMAGED),
    "with a start within": (lambda: inserted(b"\xff\xd8\x00\x04ab"), Reason.PICTURE_DAMAGED),
    "a PNG file": (lambda: saved(PICTURE, "PNG"), Reason.PICTURE_FORMAT),
    "an animated PNG file": (animated_png, Reason.PICTURE_FORMAT),
    "an animated GIF file": (
        lambda: saved(PICTURE, "GIF", save_all=True, append_images=[PICTURE.rotate(90)]),
        Reason.PICTURE_FORMAT,
    ),
    "a WebP file": (lambda: saved(PICTURE, "WEBP"), Reason.PICTURE_FORMAT),
    "of 16 bits": (lambda: png_of(640, 480, 16), Reason.PICTURE_FORMAT),
    "100,000 pixels wide": (lambda: png_of(100_000, 10), Reason.PICTURE_FORMAT),
    "a decompression bomb": (lambda: png_of(60_000, 60_000), Reason.PICTURE_FORMAT),
    "a TIFF file": (
        lambda: saved(PICTURE, "TIFF", compression="tiff_deflate")[:200_000],
        Reason.PICTURE_FORMAT,
    ),
    "a bitmap": (lambda: saved(PICTURE.resize((320, 320)), "BMP"), Reason.PICTURE_FORMAT),
    "a script": (lambda: b"#!/bin/sh\nrm -rf /\n".ljust(600, b"#"), Reason.PICTURE_FORMAT),
}


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_file_is_refused_with_its_reason(name: str) -> None:
    make, expected = CORPUS[name]
    assert reason_of(make()) == expected
    assert len(read(sample_of([SOUND] * FRAMES)).frames) == FRAMES


@pytest.mark.parametrize("angle", [6, 8, 3])
def test_one_frame_turned_by_its_exif_is_refused_or_upright(angle: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = angle
    turned = saved(PICTURE, quality=80, exif=exif)
    if angle == 3:  # Half a turn keeps the size: the picture is turned, and is what it says.
        burst = read(sample_of([*[SOUND] * 9, turned]))
        upright = np.asarray(PICTURE.rotate(180))
        assert np.abs(burst.frames[9].rgb.astype(int) - upright).mean() < 5
    else:
        assert reason_of(turned) == Reason.PICTURE_SIZE


def test_a_picture_damaged_where_only_the_decoder_sees_it_ends_nothing() -> None:
    noise = bytearray(SOUND)
    for at in range(_SOS + 20, len(noise) - 2, 3):
        noise[at] = noise[at] ^ 0x55 if noise[at] != 0xFF and noise[at - 1] != 0xFF else noise[at]
    sample = sample_of([*[SOUND] * 9, bytes(noise).replace(b"\xff\xd9", b"\xff\x00")[:-2] + b"\xff\xd9"])
    try:
        assert len(read(sample).frames) == FRAMES
    except BadSample as refused:
        assert refused.reason in {Reason.PICTURE_DAMAGED, Reason.DECODE_LIMIT}  # noqa: PT017
    assert len(read(sample_of([SOUND] * FRAMES)).frames) == FRAMES


@pytest.mark.parametrize(("count", "expected"), [(0, "frame-count"), (9, "frame-count"), (41, "frame-count")])
def test_too_few_or_too_many_frames_are_refused(count: int, expected: str) -> None:
    with pytest.raises(BadSample) as refused:
        read(sample_of([SOUND[:2048]] * count))
    assert refused.value.reason == expected


def test_thousands_of_frames_are_refused_before_any_is_read() -> None:
    sample = sample_of([SOUND] * FRAMES)
    sample.change = lambda manifest: manifest.__setitem__("frames", manifest["frames"] * 90)
    with pytest.raises(BadSample) as refused:
        read(sample)
    assert refused.value.reason == Reason.CONTAINER  # Such a manifest is over 64 KiB.
    with pytest.raises(BadSample) as refused:
        read_manifest(
            {**split_container(sample_of([SOUND] * FRAMES).plain)[0], "frames": [{}] * 5000},
            transaction_id=TRANSACTION,
            challenge=CHALLENGE,
        )
    assert refused.value.reason == Reason.MANIFEST


def container(manifest: str | bytes, content: bytes = b"", *, length: int | None = None) -> bytes:
    text = manifest.encode() if isinstance(manifest, str) else manifest
    return b"VSR1" + struct.pack(">I", len(text) if length is None else length) + text + content


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        (b"", Reason.CONTAINER),
        (b"VSR1", Reason.CONTAINER),
        (b"VSR2" + bytes(100), Reason.CONTAINER),
        (b"\0" * (6 * 1024 * 1024 + 1), Reason.TOO_LARGE),
        (container("{}", length=0), Reason.CONTAINER),
        (container("{}", length=2**32 - 1), Reason.CONTAINER),
        (container(b"{" + b" " * 70_000 + b"}"), Reason.CONTAINER),
        (container('{"txn": "a", "txn": "b"}'), Reason.MANIFEST),
        (container('{"camera": {"label": 1, "label": 2}}'), Reason.MANIFEST),
        (container('{"t": NaN}'), Reason.MANIFEST),
        (container('{"t": -Infinity}'), Reason.MANIFEST),
        (container("[" * 30_000), Reason.MANIFEST),
        (container('{"a":' * 9_000), Reason.MANIFEST),
        (container(b"\xff\xfe{}"), Reason.MANIFEST),
        (container("[]"), Reason.MANIFEST),
        (container("null"), Reason.MANIFEST),
        (container("{}"), Reason.MANIFEST),
        (container('{"n": ' + "9" * 6_000 + "}"), Reason.MANIFEST),
    ],
)
def test_a_hostile_container_is_refused_with_its_reason(plain: bytes, expected: Reason) -> None:
    with pytest.raises(BadSample) as refused:
        decode(plain, transaction_id=TRANSACTION, challenge=CHALLENGE, session_key={})
    assert refused.value.reason == expected


@pytest.mark.parametrize(
    "key", [{}, {"x": 1, "y": 2}, {"x": "AA", "y": "AA"}, {"x": "A" * 43, "y": "A" * 43}, {"x": "é", "y": ""}]
)
def test_a_session_key_that_is_none_is_refused(key: dict[str, Any]) -> None:
    with pytest.raises(BadSample) as refused:
        decode(
            sample_of([SOUND] * FRAMES).plain,
            transaction_id=TRANSACTION,
            challenge=CHALLENGE,
            session_key=key,
        )
    assert refused.value.reason == Reason.CHAIN_SIGNATURE


PLAIN = sample_of([SOUND] * FRAMES)


def refused_or_read(plain: bytes) -> None:
    """Fail where a sample is answered by anything but a burst or a refusal with its reason."""
    try:
        burst = decode(
            plain,
            transaction_id=TRANSACTION,
            challenge=CHALLENGE,
            session_key=PLAIN.context.session_key,
        )
    except BadSample as refused:
        assert refused.reason in Reason  # noqa: PT017
    else:
        assert len({frame.rgb.shape for frame in burst.frames}) == 1


changes = st.lists(
    st.tuples(st.integers(0, len(SOUND) - 1), st.binary(max_size=6), st.integers(0, 40)),
    min_size=1,
    max_size=5,
)


def spoilt(content: bytes, edits: list[tuple[int, bytes, int]]) -> bytes:
    for at, put, drop in edits:
        content = content[:at] + put + content[at + drop :]
    return content


@enough
@given(edits=changes, which=st.integers(0, FRAMES - 1))
def test_fuzz_a_signed_sample_of_spoilt_files(edits: list[tuple[int, bytes, int]], which: int) -> None:
    files = [SOUND] * FRAMES
    files[which] = spoilt(SOUND, edits)
    refused_or_read(Sample(sample_of(files).frames, PLAIN.camera, PLAIN.key).plain)


@enough
@given(edits=changes)
def test_fuzz_the_container(edits: list[tuple[int, bytes, int]]) -> None:
    refused_or_read(spoilt(PLAIN.plain, edits))


@enough
@given(
    name=st.sampled_from(
        ["txn", "chl", "dev", "share", "share_kind", "new_dev", "camera", "probe", "frames", "chain"]
    ),
    value=json_values,
)
def test_fuzz_the_manifest(name: str, value: Any) -> None:
    sample = Sample(PLAIN.frames, PLAIN.camera, PLAIN.key)
    sample.change = lambda manifest: manifest.__setitem__(name, value)
    try:
        plain = sample.plain
    except (ValueError, UnicodeEncodeError):
        return  # A value that JSON cannot carry reaches no parser.
    refused_or_read(plain)


@enough
@given(
    number=st.integers(0, FRAMES - 1),
    name=st.sampled_from(["step", "t", "media", "size", "sha256"]),
    value=json_values,
)
def test_fuzz_a_frames_line(number: int, name: str, value: Any) -> None:
    body = sealing.manifest(
        sealing.Capture(PLAIN.frames, PLAIN.camera, None),
        sealing.Binding(TRANSACTION, CHALLENGE.nonce, "device"),
        PLAIN.key,
    )
    body["frames"][number][name] = value
    try:
        text = json.dumps(body)
    except ValueError:
        return
    refused_or_read(container(text, b"".join(frame.jpeg for frame in PLAIN.frames)))


@enough
@given(content=st.binary(max_size=300))
def test_fuzz_markers(content: bytes) -> None:
    with pytest.raises(BadSample):
        read_header(b"\xff\xd8" + content)
