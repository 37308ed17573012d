"""C01: what is framed is what is sent, whichever way a camera's pictures lie."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from authsvc.tenancy.models import Tenant
from tests.browser.capture import camera
from tests.browser.capture.person import Person
from tests.browser.capture.samples import manifest, pictures
from tests.campaign import sampled

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("two_cues"),
]

LEAST_FRAMES = 10
STREAMS = {
    "upright phone": (480, 640),
    "phone lying": (640, 480),
    "square": (480, 480),
    "wide": (1280, 720),
    "wide and small": (640, 360),
    "upright and long": (720, 1280),
    "very small": (320, 240),
}
OWN = {name: STREAMS[name] for name in ("upright phone", "phone lying", "square", "wide")}
# Gives the page a stream of exactly this size, as a camera does; Chromium's fake one scales what it plays.
CAMERA = """([width, height, jpeg]) => {
  navigator.mediaDevices.getUserMedia = async () => {
    const bytes = Uint8Array.from(atob(jpeg), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    const draw = () => context.drawImage(image, 0, 0);
    draw();
    setInterval(draw, 33);
    return canvas.captureStream(30);
  };
}"""
# What the oval shows of the stream, from 0 to 1, by the layout that is there.
SHOWN = """() => {
  const video = document.getElementById("preview");
  const [clip, box] = [video.parentElement.getBoundingClientRect(), video.getBoundingClientRect()];
  const { videoWidth, videoHeight } = video;
  const scale = Math.max(box.width / videoWidth, box.height / videoHeight);
  const drawn = { width: videoWidth * scale, height: videoHeight * scale };
  const x = box.left + (box.width - drawn.width) / 2;
  const y = box.top + (box.height - drawn.height) / 2;
  return {
    fit: getComputedStyle(video).objectFit,
    place: [
      (clip.left - x) / drawn.width, (clip.top - y) / drawn.height,
      (clip.right - x) / drawn.width, (clip.bottom - y) / drawn.height,
    ],
    size: [videoWidth, videoHeight],
  };
}"""


@pytest.mark.parametrize("stream", sampled(STREAMS, "upright phone", "wide"))
def test_c01_the_frames_are_what_the_oval_shows(
    person: Person, judged: Callable[[str], list[bytes]], stream: tuple[int, int]
) -> None:
    opened = judged("accepted")
    lying = stream[0] > stream[1]
    person.page.set_viewport_size({"width": 740, "height": 360} if lying else {"width": 360, "height": 740})
    person.enrolled()
    person.chooses()
    person.page.evaluate(CAMERA, [*stream, camera.as_text(camera.placed(*stream))])
    person.taps("prepare")
    person.taps("start-camera")
    person.sees("live")
    expect(person.page.locator("#cue")).to_have_text("Place your face in the oval")
    shown = person.page.evaluate(SHOWN)
    person.taps("begin")
    person.page.wait_for_url("**/passkeys/?*", timeout=60_000)
    (plain,) = opened
    files = pictures(plain)
    assert len(files) >= LEAST_FRAMES
    assert shown["fit"] == "cover"
    assert tuple(shown["size"]) == stream
    size = manifest(plain)["camera"]
    assert (size["width"], size["height"]) == stream
    for jpeg in files:
        assert camera.place_of(jpeg) == pytest.approx(shown["place"], abs=0.02)
    assert len({Image.open(io.BytesIO(jpeg)).size for jpeg in files}) == 1
    width, height = Image.open(io.BytesIO(files[0])).size
    assert width * 4 == height * 3
    assert 320 <= width <= 480


@pytest.mark.parametrize("stream", sampled(OWN, "phone lying"))
def test_c01_of_the_browsers_own_camera(
    tenant: Tenant,
    launch: Callable[..., Browser],
    tmp_path: Path,
    judged: Callable[[str], list[bytes]],
    stream: tuple[int, int],
) -> None:
    opened = judged("accepted")
    video = camera.write_video(tmp_path / "placed.mjpeg", [camera.placed(*stream)] * 4)
    person = Person(tenant, launch(*camera.arguments(video)), permissions=["camera"])
    person.enrolled()
    person.films()
    seen = seen_in_oval(person)
    person.taps("begin")
    person.page.wait_for_url("**/passkeys/?*", timeout=60_000)
    (plain,) = opened
    size = manifest(plain)["camera"]
    assert (size["width"], size["height"]) == stream
    for jpeg in pictures(plain):
        assert camera.differences(seen, jpeg) < 0.03


def seen_in_oval(person: Person) -> bytes:
    """Return what a person sees in the oval, in the camera's sense: the page shows a mirror."""
    person.sees("live")
    expect(person.page.locator("#cue")).to_have_text("Place your face in the oval")
    oval = person.page.locator(".oval")
    return camera.mirrored(oval.screenshot(animations="disabled"))
