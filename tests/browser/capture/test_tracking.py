"""C12: the page follows the face by itself, says what would help, and ends a cue that is followed."""

import base64
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Route, expect

from authsvc.capture import challenge, flow
from authsvc.capture import page as capture_page
from authsvc.tenancy.models import Tenant
from devtools.rendering import photographs
from devtools.rendering.camera import encode
from devtools.rendering.face3d import load_head
from devtools.rendering.motion import HeadState
from devtools.rendering.render import render_scene
from tests.browser.capture.person import TRACKER, Person
from tests.browser.capture.samples import manifest
from tests.campaign import sampled

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

REACTING = Path(__file__).parents[1] / "reacting.js"
LAST_MS = 3000
SLOW_MS = 600
"""Milliseconds: machines that run tests are busy."""
FRAMES = {"min": 10, "max": 120, "fps": 6, "width": 640, "height": 480}
STEPS = [
    {"cue": "centre", "ms": 500},
    {"cue": "left", "ms": 500, "degrees": 22, "colour": "#ff7020"},
    {"cue": "left", "ms": LAST_MS, "least": 200, "degrees": 22, "colour": "#2060ff"},
    {"cue": "nearer", "ms": LAST_MS, "least": 400, "colour": "#20ff50"},
    {"cue": "right", "ms": LAST_MS, "least": 400, "degrees": 22, "colour": "#ffffff"},
]
SHORT = [{"cue": "centre", "ms": 900}, {"cue": "left", "ms": LAST_MS, "least": 300, "degrees": 20}]
# Keeps what the worker says, and says whether it is ready once it is or never will be.
LISTEN = """window.heard = [];
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => window.heard.push(data));
  }
};"""
READY = """async () => {
  while (window.heard.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return window.heard[0].ready === true;
}"""
# Stands for the worker: sees what the test says, after as many milliseconds.
FAKE = """let [seen, delay] = [{ faces: 0, face: null }, 0];
new BroadcastChannel("face").addEventListener("message", ({ data }) => ([seen, delay] = data));
addEventListener("message", ({ data }) => {
  setTimeout(() => postMessage(data.script ? { ready: true } : { seen }), delay);
});"""
SHOW = 'given => new BroadcastChannel("face").postMessage(given)'
# How the head is turned, in degrees, and whether that ends the cue.
TURNS = {"as asked": (19, True), "the other way": (-19, False), "too little": (12, False)}
WELL = {"x": 0.5, "y": 0.46, "size": 0.5, "yaw": 0, "pitch": 0, "roll": 0}


def lasted(plain: bytes) -> list[float]:
    """Return how long each step lasted, by its own first frame and that of the next, in milliseconds."""
    frames = manifest(plain)["frames"]
    begun = [frame["t"] for last, frame in pairwise([{"step": -1}, *frames]) if frame["step"] != last["step"]]
    return [after - before for before, after in pairwise([*begun, frames[-1]["t"]])]


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[dict[str, Any]]], None]:
    """Let these steps be drawn, light announced before."""

    def drawn(steps: list[dict[str, Any]]) -> None:
        made = {"nonce": "A" * 43, "steps": steps, "frames": FRAMES}
        monkeypatch.setattr(challenge, "_draw", lambda *, light: made)

    monkeypatch.setattr(flow, "expects_light", challenge.light_may_change)
    drawn(SHORT)
    return drawn


class TestATrackerThatSeesWhatTheTestSays:
    @pytest.fixture
    def person(
        self, tenant: Tenant, with_camera: Browser, draws: Any, monkeypatch: pytest.MonkeyPatch
    ) -> Person:
        monkeypatch.setattr(capture_page, "SLOW_MS", SLOW_MS)
        person = Person(tenant, with_camera, tracker=True, permissions=["camera"])
        person.context.route(TRACKER, lambda route: route.fulfill(body=FAKE, content_type="text/javascript"))
        person.page.add_init_script(LISTEN)
        person.enrolled()
        person.chooses()
        person.taps("prepare")
        person.sees("prepare")
        assert person.page.evaluate(READY)
        return person

    @staticmethod
    def sees(person: Person, *, faces: int = 1, delay: int = 0, **face: float) -> None:
        seen = {"faces": faces, "face": {**WELL, **face} if faces else None}
        person.page.evaluate(SHOW, [seen, delay])

    def test_c12_one_hint_at_a_time_until_the_face_is_well_placed(self, person: Person, judged: Any) -> None:
        judged("accepted")
        person.taps("start-camera")
        said = person.page.locator("#hint")
        expect(said).to_have_text("Centre your face in the oval")
        expect(person.page.locator("#announce")).to_have_text("Centre your face in the oval")
        self.sees(person, faces=2, size=0.2)
        expect(said).to_have_text("Be alone in the picture")
        self.sees(person, size=0.3)
        expect(said).to_have_text("Come closer")
        self.sees(person, size=0.8)
        expect(said).to_have_text("Move back a little")
        self.sees(person, x=0.2)
        expect(said).to_have_text("Centre your face in the oval")
        self.sees(person, yaw=-18)
        expect(said).to_have_text("Look straight at the camera")
        self.sees(person)
        person.page.wait_for_url("**/passkeys/?*")

    @pytest.mark.whole
    def test_c12_nothing_is_asked_of_nobody_but_by_a_tap(self, person: Person, judged: Any) -> None:
        opened = judged("accepted")
        person.taps("start-camera")
        expect(person.page.locator("#hint")).to_have_text("Centre your face in the oval")
        person.page.wait_for_timeout(2500)
        assert not any(request.url.endswith("/challenge") for request in person.requests)
        person.taps("begin")
        person.page.wait_for_url("**/passkeys/?*")
        assert lasted(opened[0])[1] > 0.8 * LAST_MS

    @pytest.mark.parametrize("turn", sampled(TURNS, "as asked", "the other way"))
    def test_c12_a_cue_ends_when_it_is_followed_and_not_by_another_movement(
        self, person: Person, judged: Any, turn: tuple[float, bool]
    ) -> None:
        yaw, ends_early = turn
        opened = judged("accepted")
        self.sees(person)
        person.taps("start-camera")
        expect(person.page.locator('[data-screen="live"][data-cue="left"]')).to_be_visible()
        self.sees(person, yaw=yaw)
        person.page.wait_for_url("**/passkeys/?*")
        assert (lasted(opened[0])[1] < 0.8 * LAST_MS) is ends_early

    @pytest.mark.whole
    def test_c12_a_slow_device_is_left_alone(self, person: Person, judged: Any) -> None:
        opened = judged("accepted")
        self.sees(person, faces=0, delay=SLOW_MS + 100)
        person.taps("start-camera")
        person.page.wait_for_url("**/passkeys/?*")
        assert lasted(opened[0])[1] > 0.8 * LAST_MS


@pytest.fixture(scope="module")
def head(photos: Path) -> list[dict[str, Any]]:
    """Pictures of one head, turned and at distances, each with the pose that it shows."""
    (photograph,) = photographs.read(photos / "obama" / "01.jpg")
    model = load_head(photograph)

    def picture(yaw: float, nearer: float) -> dict[str, Any]:
        state = HeadState(yaw, 0, 0, nearer, 0, 0, (0, 0), (0.5, 0.5, 0.5))
        scene = np.clip(render_scene(model, state), 0, 255).astype(np.uint8)
        return {"pose": [yaw / 24, nearer / 95], "jpeg": base64.b64encode(encode(scene)).decode()}

    turned = [picture(yaw, 0) for yaw in np.linspace(-24, 24, 13)]
    return turned + [picture(0, nearer) for nearer in (-300, -105, 20, 40, 60, 80, 95)]


@pytest.mark.needs("photos", "tracking")
class TestARenderedHead:
    @pytest.fixture
    def person(
        self,
        tenant: Tenant,
        launch: Callable[..., Browser],
        head: Any,
        draws: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Person:
        """A person who does what the page asks for; their browser loads what follows the face."""
        monkeypatch.setattr(capture_page, "SLOW_MS", 10 * SLOW_MS)
        draws(STEPS)
        # No route stands between a service worker and the server.
        alone: dict[str, Any] = {"service_workers": "block", "permissions": ["camera"]}
        person = Person(tenant, launch(), tracker=True, **alone)
        person.page.add_init_script(path=REACTING)
        person.page.add_init_script(LISTEN)
        person.enrolled()
        person.chooses()
        person.page.evaluate("pictures => giveHead(pictures)", head)
        return person

    def test_c12_is_found_told_what_would_help_and_followed(self, person: Person, judged: Any) -> None:
        opened = judged("accepted")
        page = person.page
        page.evaluate("window.cameraShows = [0, -3.2]")
        person.taps("prepare")
        person.sees("prepare")
        assert page.evaluate(READY)
        person.taps("start-camera")
        expect(page.locator("#hint")).to_have_text("Come closer")
        page.evaluate("window.cameraShows = [0.9, 0]")
        expect(page.locator("#hint")).to_have_text("Look straight at the camera")
        page.evaluate("window.cameraShows = undefined")
        page.wait_for_url("**/passkeys/?*", timeout=60_000)
        assert all(spent < 0.8 * LAST_MS for spent in lasted(opened[0]))
        assert person.violations == []

    @pytest.mark.parametrize("lacking", sampled({each: each for each in ("a file", "leave")}, "leave"))
    def test_c12_without_it_each_cue_lasts_its_time(
        self, person: Person, judged: Any, draws: Any, lacking: str
    ) -> None:
        opened = judged("accepted")
        draws(SHORT)
        if lacking == "a file":
            person.context.route("**/facemesh.onnx", lambda route: route.abort())
        else:
            person.context.route(TRACKER, _without_leave)
        person.taps("prepare")
        person.sees("prepare")
        assert not person.page.evaluate(READY)
        person.taps("start-camera")
        person.page.wait_for_url("**/passkeys/?*")
        assert lasted(opened[0])[1] > 0.8 * LAST_MS


def _without_leave(route: Route) -> None:
    """Let the worker come as it is, but for what lets WebAssembly run there."""
    response = route.fetch()
    policy = response.headers["content-security-policy"].replace("'wasm-unsafe-eval'", "")
    route.fulfill(response=response, headers={**response.headers, "content-security-policy": policy})
