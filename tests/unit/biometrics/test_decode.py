"""The decode stage: what a sample must be before a pixel of it is looked at."""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from authsvc.biometrics import pixels
from authsvc.biometrics.stages.decode import decode, pictures
from authsvc.biometrics.stages.decode.jpeg import read_header
from authsvc.biometrics.types import BadSample, Burst, Reason
from authsvc.core.ids import b64u
from devtools.phone import sealing

from .samples import CHALLENGE, TRANSACTION, Sample, sample_of
from .synthetic import face_image

PICTURES = [face_image(np.random.default_rng(seed)) for seed in range(10)]


def jpeg(picture: np.ndarray, **options: Any) -> bytes:
    stored = io.BytesIO()
    Image.fromarray(picture).save(stored, "JPEG", **{"quality": 80, **options})
    return stored.getvalue()


FILES = [jpeg(picture) for picture in PICTURES]


def read(sample: Sample, plain: bytes | None = None) -> Burst:
    return decode(
        sample.plain if plain is None else plain,
        transaction_id=TRANSACTION,
        challenge=CHALLENGE,
        session_key=sample.context.session_key,
    )


def reason(sample: Sample, plain: bytes | None = None) -> Reason:
    with pytest.raises(BadSample) as refused:
        read(sample, plain)
    return refused.value.reason


def test_frames_come_out_as_they_went_in() -> None:
    burst = read(sample_of(FILES))
    assert [frame.rgb.shape for frame in burst.frames] == [(480, 640, 3)] * 10
    assert all(
        np.abs(frame.rgb.astype(int) - picture).mean() < 5
        for frame, picture in zip(burst.frames, PICTURES, strict=True)
    )
    assert [frame.step for frame in burst.frames] == sorted(frame.step for frame in burst.frames)
    assert len(burst.frames[0].tables[0]) == 64
    assert not burst.simulated


def test_a_rotated_picture_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was held on its side: the picture's top is at its right.
    lying = [jpeg(np.rot90(picture), exif=exif) for picture in PICTURES]
    burst = read(sample_of(lying))
    assert burst.frames[0].rgb.shape == (480, 640, 3)
    assert np.abs(burst.frames[3].rgb.astype(int) - PICTURES[3]).mean() < 5


def test_a_grey_picture_and_a_progressive_one_are_read() -> None:
    grey = [jpeg(picture[..., 1]) for picture in PICTURES]
    progressive = [jpeg(picture, progressive=True) for picture in PICTURES]
    assert read(sample_of(grey)).frames[0].rgb.shape == (480, 640, 3)
    assert read(sample_of(progressive)).frames[0].rgb.shape == (480, 640, 3)


def test_the_software_phones_comment_is_seen() -> None:
    assert read(sample_of([jpeg(picture, comment=b"VISOR-SYNTHETIC 1") for picture in PICTURES])).simulated


def set_to(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.__setitem__(name, value)


def in_frame(number: int, name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest["frames"][number].__setitem__(name, value)


@pytest.mark.requirement("S6.2-02", "S8.1-07")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (set_to("txn", "another"), Reason.FOREIGN),
        (set_to("chl", b64u(bytes(31) + b"x")), Reason.FOREIGN),
        (set_to("frames", {}), Reason.MANIFEST),
        (set_to("frames", [None] * 10), Reason.MANIFEST),
        (set_to("camera", None), Reason.MANIFEST),
        (set_to("camera", {str(n): n for n in range(41)}), Reason.MANIFEST),
        (set_to("dev", ""), Reason.MANIFEST),
        (set_to("dev", "x" * 1401), Reason.MANIFEST),
        (set_to("share", b64u(bytes(31))), Reason.MANIFEST),
        (set_to("share_kind", "sms"), Reason.MANIFEST),
        (set_to("chain", "not base64url!"), Reason.MANIFEST),
        (set_to("chain", b64u(bytes(32))), Reason.CHAIN),
        (set_to("chain_signature", b64u(bytes(64))), Reason.CHAIN_SIGNATURE),
        (in_frame(3, "sha256", b64u(bytes(32))), Reason.FRAME_HASH),
        (in_frame(3, "t", 0), Reason.FRAME_TIMES),
        (in_frame(3, "t", True), Reason.MANIFEST),
        (in_frame(3, "t", "3"), Reason.MANIFEST),
        (in_frame(0, "t", -1), Reason.FRAME_TIMES),
        (in_frame(9, "t", 180_001), Reason.FRAME_TIMES),
        (in_frame(9, "t", 10**400), Reason.MANIFEST),
        (in_frame(9, "step", 5), Reason.FRAME_TIMES),
        (in_frame(5, "step", 0), Reason.FRAME_TIMES),
        (in_frame(1, "step", 1), Reason.FRAME_TIMES),
        (in_frame(5, "step", -1), Reason.MANIFEST),
        (in_frame(5, "step", 2**31), Reason.MANIFEST),
        (in_frame(5, "size", 100), Reason.TOO_LARGE),
        (in_frame(5, "size", 1024), Reason.CONTAINER),
        (lambda manifest: manifest["frames"][2].pop("sha256"), Reason.MANIFEST),
    ],
)
def test_a_manifest_that_lies_is_refused(change: Callable[[dict[str, Any]], None], expected: Reason) -> None:
    sample = sample_of(FILES)
    sample.change = change
    assert reason(sample) == expected


@pytest.mark.requirement("S9.3-05")
def test_a_chain_that_another_key_signed_is_refused() -> None:
    sample = sample_of(FILES)
    plain = sample.plain
    sample.key = sealing.new_session_key()
    assert reason(sample, plain) == Reason.CHAIN_SIGNATURE


@pytest.mark.requirement("S9.3-05")
def test_swapped_frames_break_the_chain() -> None:
    sample = sample_of(FILES)

    def swap(manifest: dict[str, Any]) -> None:
        one, other = manifest["frames"][4:6]
        for name in ("sha256", "size"):
            one[name], other[name] = other[name], one[name]

    sample.change = swap
    frames = sample.frames
    swapped = sample.packed([*frames[:4], frames[5], frames[4], *frames[6:]])
    assert reason(sample, swapped) == Reason.CHAIN


PLAIN_SIDES = (640, 480)


@pytest.mark.requirement("S8.1-07")
@pytest.mark.parametrize("sides", [(480, 480), (320, 960), (641, 480)])
def test_a_decoder_that_finds_other_sides_than_the_header_refuses(sides: tuple[int, int]) -> None:
    written: list[bytes] = []
    order = json.dumps([(len(pixels.PLAIN), *sides)])
    word = pixels.work(order, memoryview(pixels.PLAIN), lambda piece: written.append(bytes(piece)))
    assert (word, written) == (pixels.DAMAGED, [])
    order = json.dumps([(len(pixels.PLAIN), *PLAIN_SIDES)])
    assert pixels.work(order, memoryview(pixels.PLAIN), lambda piece: None) == pixels.SOUND + "1"


@pytest.mark.requirement("S8.1-07")
@pytest.mark.parametrize("word", ["sound", "sound11", "sound" + "1" * 100, "damaged", "x"])
def test_a_word_that_a_decoder_has_no_use_for_refuses(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures.DECODER, "run", lambda *_, room: (word, memoryview(bytes(room))))
    with pytest.raises(BadSample) as refused:
        pictures.decode_pictures([pixels.PLAIN], [read_header(pixels.PLAIN)])
    assert refused.value.reason == Reason.PICTURE_DAMAGED
