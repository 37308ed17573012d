"""C06 and C07: nothing that is waited for for ever, and a screen with a way on for each end."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.test import RequestFactory
from playwright.sync_api import Browser, Page, Route, expect

from authsvc.biometrics.stages.iad import probing
from authsvc.devices.models import Device
from authsvc.tenancy.models import Tenant
from authsvc.transactions import services
from authsvc.transactions.models import Capture, Transaction
from config.errors import unavailable
from tests.browser.capture.person import Person
from tests.browser.capture.samples import manifest
from tests.campaign import sampled
from tests.factories import make_consent, make_subject

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("two_cues"),
]

LEAST_FRAMES = 10
# By path, which of its requests the server cannot answer for want of its database.
AWAY = {"sample": {1}, "status": {1, 3, 4}}
# Longer than any wait for a camera that the page has.
PATIENCE_MS = 40_000

# A stream of one canvas; the page under test decides when it is painted.
STREAM = """
    const canvas = Object.assign(document.createElement("canvas"), { width: 480, height: 640 });
    const context = canvas.getContext("2d");
    let painted = 0;
    const paint = () => {
        context.fillStyle = `rgb(150 ${100 + (painted % 2) * 60} 120)`;
        context.fillRect(0, 0, 480, 640);
        for (let x = 0; x < 480; x += 12) {
            context.fillStyle = x % 24 ? "rgb(90 90 90)" : "rgb(190 190 190)";
            context.fillRect(x, 0, 6, 640);
        }
        painted += 1;
    };
"""
CAMERAS = {
    "opens and gives no frame": "navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(0);",
    "gives frames that stop": """
        navigator.mediaDevices.getUserMedia = async () => {
            const timer = setInterval(() => (painted < 40 ? paint() : clearInterval(timer)), 50);
            return canvas.captureStream(20);
        };
    """,
}
LESS = {
    "no callback a frame": "delete HTMLVideoElement.prototype.requestVideoFrameCallback",
    "no canvas off the screen": "delete window.OffscreenCanvas",
    "none that can be painted": "OffscreenCanvas.prototype.getContext = () => null",
}
UNANSWERED = "() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }"
HANGING_CONSTRAINTS = """
    MediaStreamTrack.prototype.applyConstraints = () => new Promise(() => {});
"""
WITHOUT = {
    "no way to ask": (
        "delete MediaDevices.prototype.getUserMedia; delete navigator.mediaDevices.getUserMedia",
        "no-camera-here",
    ),
    "no devices": (
        "Object.defineProperty(Navigator.prototype, 'mediaDevices', { value: undefined })",
        "no-camera-here",
    ),
    "blank pictures": (
        """for (const { prototype } of [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]) {
            prototype.getImageData = (x, y, width, height) => new ImageData(width, height);
        }""",
        "no-pictures",
    ),
}
SLOW = """
    navigator.mediaDevices.getUserMedia = async () => {
        setInterval(paint, 2600);
        paint();
        return canvas.captureStream(1);
    };
"""


def sees_late(person: Person, screen: str) -> None:
    """Wait for a screen for as long as the page waits for a camera, and find a way on there."""
    found = person.page.locator(f'[data-screen="{screen}"]')
    expect(found).to_be_visible(timeout=PATIENCE_MS)
    assert found.locator("button:visible").count() >= 2


class TestC07Camera:
    """Each way in which a camera can leave the page waiting."""

    @pytest.mark.parametrize("behaviour", sampled(CAMERAS, "gives frames that stop"))
    def test_without_pictures(self, person: Person, page: Page, behaviour: str) -> None:
        person.enrolled()
        person.hurries(picture=3_000, frame=2_000)
        person.chooses()
        page.evaluate(f"() => {{ {STREAM} {behaviour} }}")
        person.taps("prepare")
        person.taps("start-camera")
        sees_late(person, "no-picture")
        assert page.evaluate("document.getElementById('preview').srcObject") is None
        person.taps("without-face")
        page.wait_for_url("**/passkeys/?*")

    @pytest.mark.whole
    def test_that_is_too_slow(self, person: Person, page: Page) -> None:
        person.enrolled()
        person.chooses()
        page.evaluate(f"() => {{ {STREAM} {SLOW} }}")
        person.taps("prepare")
        person.taps("start-camera")
        person.sees("live")
        person.taps("begin")
        sees_late(person, "slow")

    def test_whose_question_nobody_answers(self, person: Person, page: Page) -> None:
        person.enrolled()
        person.hurries(permission=4_000)
        person.chooses()
        page.evaluate(UNANSWERED)
        person.taps("prepare")
        person.taps("start-camera")
        expect(page.locator("#cue")).to_contain_text("Allow it")
        sees_late(person, "no-answer")

    def test_can_be_stopped_while_the_question_stands(self, person: Person, page: Page) -> None:
        person.enrolled()
        person.chooses()
        page.evaluate(UNANSWERED)
        person.taps("prepare")
        person.taps("start-camera")
        person.taps("stop")
        person.sees("prepare")
        person.taps("without-face")
        page.wait_for_url("**/passkeys/?*")

    @pytest.mark.whole
    def test_that_never_changes_its_size_is_used(self, person: Person, page: Page, judged: Any) -> None:
        opened = judged("accepted")
        page.add_init_script(HANGING_CONSTRAINTS)
        person.enrolled()
        person.films()
        page.wait_for_url("**/passkeys/?*", timeout=60_000)
        probe = manifest(opened[0])["probe"]
        assert probe["error"] == "TimeoutError"
        assert [finding.code for finding in probing(probe)] == ["probe-unanswered"]

    def test_t27_a_film_in_place_of_a_camera_does_not_follow(
        self, person: Person, page: Page, judged: Any
    ) -> None:
        opened = judged("accepted")
        person.enrolled()
        person.films()
        page.wait_for_url("**/passkeys/?*", timeout=60_000)
        assert [each.code for each in probing(manifest(opened[0])["probe"])] == ["probe-contradicted"]

    def test_t27_a_camera_that_follows_is_no_finding(
        self, tenant: Tenant, launch: Callable[..., Browser], judged: Any
    ) -> None:
        opened = judged("accepted")
        person = Person(tenant, launch("--use-fake-device-for-media-stream"), permissions=["camera"])
        person.enrolled()
        person.films()
        person.page.wait_for_url("**/passkeys/?*", timeout=60_000)
        probe = manifest(opened[0])["probe"]
        assert probe["seen"] == probe["asked"]
        assert probing(probe) == []

    @pytest.mark.parametrize("script", sampled(LESS))
    def test_in_a_browser_that_has_less(self, person: Person, page: Page, judged: Any, script: str) -> None:
        opened = judged("accepted")
        page.add_init_script(script)
        person.enrolled()
        person.films()
        page.wait_for_url("**/passkeys/?*", timeout=60_000)
        times = [(frame["t"], frame["media"]) for frame in manifest(opened[0])["frames"]]
        assert len(times) >= LEAST_FRAMES
        assert all(a < b and c < d for (a, c), (b, d) in pairwise(times))

    @pytest.mark.parametrize("lack", sampled(WITHOUT, "blank pictures"))
    def test_that_no_page_gets_leaves_the_passkey(
        self, tenant: Tenant, with_camera: Browser, lack: tuple[str, str]
    ) -> None:
        script, screen = lack
        person = Person(tenant, with_camera, permissions=["camera"])
        subject = make_subject(name="Ada Example")
        make_consent(subject)
        person.open(Transaction.Kind.ENROL, subject=subject)
        person.taps("passkey")
        person.sees("prepare")
        subject.devices.update(status=Device.Status.ACTIVE)
        person.page.add_init_script(script)
        person.open()
        person.taps("passkey")
        person.sees(screen)
        person.taps("without-face")
        person.page.wait_for_url("**/passkeys/?*")


REFUSED_STORE = "IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError') }"
STORES = {
    "refused": REFUSED_STORE,
    "failing": """IDBFactory.prototype.open = () => {
        const request = { error: new DOMException("", "UnknownError") };
        setTimeout(() => request.onerror(), 10);
        return request;
    }""",
    "silent": "IDBFactory.prototype.open = () => ({})",
    "full": "IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError') }",
    "absent": "Object.defineProperty(window, 'indexedDB', { value: undefined })",
}


class TestC06Store:
    """A browser that keeps nothing, before a passkey without PRF."""

    @pytest.fixture
    def person(self, tenant: Tenant, with_camera: Browser) -> Person:
        return Person(tenant, with_camera, prf=False, permissions=["camera"])

    @pytest.mark.parametrize("store", sampled(STORES, "silent"))
    def test_lets_a_person_sign_in_with_the_passkey(self, person: Person, page: Page, store: str) -> None:
        person.enrolled()
        person.hurries(store=1_000)
        page.add_init_script(store)
        if "put" in store:
            page.evaluate("indexedDB.deleteDatabase('visor-shares')")
        row = person.open()
        person.taps("passkey")
        person.sees("no-share")
        person.taps("without-face")
        page.wait_for_url(f"**/passkeys/?{row.id}")

    @pytest.mark.parametrize("store", sampled(STORES, "full"))
    def test_ends_an_enrolment_with_one_passkey(self, person: Person, page: Page, store: str) -> None:
        page.add_init_script(store)
        person.hurries(store=1_000)
        subject = make_subject(reference="")
        make_consent(subject)
        row = person.open(Transaction.Kind.ENROL, subject=subject)
        person.taps("passkey")
        person.sees("no-share")
        page.reload()
        person.taps("passkey")
        person.sees("no-share")
        assert subject.devices.count() == 1
        person.taps("without-face")
        page.wait_for_url(f"**/passkeys/?{row.id}")
        row.refresh_from_db()
        assert row.state == Transaction.State.DECIDED


class TestC07Network:
    """A connection that stalls, breaks and comes back."""

    def test_a_poll_that_fails_is_no_result(
        self, person: Person, page: Page, monkeypatch: Any, judged: Any
    ) -> None:
        polls: list[str] = []

        def fail_twice(route: Route) -> None:
            polls.append("asked")
            if len(polls) == 1:
                route.abort()
            elif len(polls) == 2:
                route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")
            else:
                route.continue_()

        judged("accepted")
        page.route("**/status", fail_twice)
        person.enrolled()
        person.films()
        page.wait_for_url("**/passkeys/?*", timeout=60_000)
        assert len(polls) >= 3

    def test_a_person_hears_that_it_asks_again(self, person: Person, page: Page) -> None:
        page.route("**/status", lambda route: route.abort())
        person.enrolled()
        person.films()
        person.sees_in_time("waiting")
        expect(page.locator("[data-trouble]")).to_be_visible(timeout=30_000)

    def test_a_stalled_answer_is_no_connection(self, person: Person, page: Page) -> None:
        person.enrolled()
        person.hurries(answer=4_000)
        row = person.chooses()
        page.route("**/without-face", lambda route: None)
        person.taps("without-face")
        expect(page.locator('[data-screen="offline"]')).to_be_visible(timeout=PATIENCE_MS)
        page.unroute("**/without-face")
        person.taps("retry")
        page.wait_for_url(f"**/passkeys/?{row.id}")

    def test_an_answer_that_was_lost_is_not_asked_for_twice(self, person: Person, page: Page) -> None:
        person.enrolled()
        row = person.chooses()

        def lose(route: Route) -> None:
            route.fetch()
            route.abort()

        page.route("**/without-face", lose)
        person.taps("without-face")
        person.sees("offline")
        person.taps("retry")
        page.wait_for_url(f"**/passkeys/?{row.id}")

    @pytest.mark.parametrize("arrives", sampled({"it came": True, "it did not": False}, "it came"))
    def test_an_upload_that_broke_is_sent_again(
        self, person: Person, page: Page, judged: Callable[[str], list[bytes]], arrives: bool
    ) -> None:
        judged("accepted")
        broken: list[bool] = []

        def break_once(route: Route) -> None:
            if broken:
                route.continue_()
                return
            broken.append(True)
            if arrives:
                route.fetch()
            route.abort()

        page.route("**/sample", break_once)
        person.enrolled()
        row = person.films()
        person.sees_in_time("offline")
        person.taps("retry")
        page.wait_for_url(f"**/passkeys/?{row.id}", timeout=60_000)
        assert row.captures.get().state == Capture.State.ACCEPTED

    def test_a_server_without_its_database_is_waited_for_and_nothing_is_lost(
        self, person: Person, page: Page, judged: Callable[[str], list[bytes]]
    ) -> None:
        judged("accepted")
        asked: list[str] = []

        def without_database(route: Route) -> None:
            path = route.request.url.rpartition("/")[2]
            asked.append(path)
            if asked.count(path) not in AWAY[path]:
                route.continue_()
                return
            said = unavailable(RequestFactory().get("/", headers={"Accept": "*/*"}))
            soon = json.loads(said.content) | {"retry_after": 0.1}
            route.fulfill(status=said.status_code, content_type="application/json", body=json.dumps(soon))

        for path in AWAY:
            page.route(f"**/{path}", without_database)
        person.enrolled()
        row = person.films()
        person.sees_in_time("away")
        person.taps("retry")
        person.sees_in_time("away")
        person.taps("retry")
        page.wait_for_url(f"**/passkeys/?{row.id}", timeout=60_000)
        assert row.captures.get().state == Capture.State.ACCEPTED
        assert asked.count("status") > max(AWAY["status"])

    def test_a_start_without_connection_begins_when_there_is_one(self, person: Person, page: Page) -> None:
        page.route("**/agent/*/", lambda route: route.abort())
        person.open()
        person.sees("offline")
        page.unroute("**/agent/*/")
        person.taps("retry")
        person.sees("welcome")

    def test_scripts_that_do_not_come_are_named(self, person: Person, page: Page) -> None:
        page.route("**/js/capture/agent.js", lambda route: route.abort())
        page.goto("about:blank")
        person.open()
        expect(page.locator("#starting h1")).to_be_visible()
        expect(page.locator("#starting a")).to_be_visible(timeout=20_000)

    def test_expiry_is_not_overwritten_by_what_was_under_way(self, person: Person, page: Page) -> None:
        person.enrolled()
        row = person.chooses()
        services.cancel(row)
        person.taps("without-face")
        person.sees("expired")
