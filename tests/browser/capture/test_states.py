"""Every screen of the capture page, in Chromium."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from authsvc.biometrics.types import Reason
from authsvc.capture import agent_api, challenge, flow
from authsvc.core.clock import now
from authsvc.privacy.models import Need
from authsvc.privacy.needs import keep_need
from authsvc.tenancy.models import Tenant
from authsvc.transactions import crowding, services
from authsvc.transactions.models import AttemptCounter, Capture, SealedSample, Transaction
from tests.browser.capture import camera
from tests.browser.capture.person import Person
from tests.campaign import sampled
from tests.unit.transactions.flow import verdict_on

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


SHORT = [{"cue": "centre", "ms": 500}, {"cue": "left", "ms": 600, "degrees": 25}]
LONGER = [{"cue": "centre", "ms": 500}, {"cue": "left", "ms": 2500, "degrees": 25}]
UNHURRIED = [{"cue": "centre", "ms": 60_000}]
LIGHT = {"cue": "light", "ms": 1500, "colour": "#2060ff"}
FRAMES = {"min": 10, "max": 40, "fps": 12, "width": 640, "height": 480}

# What no further try would help, and how that is said.
SAID = {
    Reason.ENGINE_MISMATCH: "What is kept of your face can no longer be compared.",
    Reason.UNMEASURED: "Faces cannot be checked here at the moment.",
}

SLOW_CAMERA = """
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const allowed = new Promise((resolve) => { window.letItOpen = resolve; });
    window.opening = new Promise((isOpening) => {
        window.opened = new Promise((isOpen) => {
            navigator.mediaDevices.getUserMedia = async (wanted) => {
                isOpening(true);
                await allowed;
                const stream = await open(wanted);
                isOpen(stream);
                return stream;
            };
        });
    });
"""
TRACKS = """async () => {
    const stream = await window.opened;
    await new Promise((resolve) => setTimeout(resolve, 0));
    return stream.getTracks().map((track) => track.readyState);
}"""

UNUSABLE = {"busy": ("NotReadableError", "busy"), "none like that": ("OverconstrainedError", "no-camera")}


class Draws:
    """The steps that are drawn: the first of `steps` first, its last from then on; `light` where allowed."""

    def __init__(self) -> None:
        self.steps = [SHORT]
        self.light: list[dict[str, Any]] = []

    def __call__(self, *, light: bool) -> dict[str, Any]:
        steps = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        return {"nonce": "A" * 43, "steps": [*steps, *(self.light if light else [])], "frames": FRAMES}


@pytest.fixture(autouse=True)
def draws(monkeypatch: pytest.MonkeyPatch) -> Draws:
    """Two cues are enough to see the page work."""
    drawing = Draws()
    monkeypatch.setattr(challenge, "_draw", drawing)
    return drawing


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a worker come to this verdict at once."""

    def becomes(outcome: str, **changes: Any) -> None:
        def judge(*, tenant_id: str, capture_id: str, **_: Any) -> None:
            capture = Capture.objects.get(pk=capture_id)
            services.record_verdict(capture_id, verdict_on(capture, outcome, **changes))

        monkeypatch.setattr(agent_api, "enqueue_verification", judge)

    becomes("accepted")
    return becomes


@pytest.mark.requirement("S6.2-01")
def test_the_camera_starts_only_after_device_proof_and_a_tap(person: Person, page: Page) -> None:
    person.enrolled()
    person.chooses()
    assert page.evaluate("window.cameraAsked") == 0
    person.taps("prepare")
    person.sees("prepare")
    assert page.evaluate("window.cameraAsked") == 0
    person.taps("start-camera")
    person.sees("live")
    assert page.evaluate("window.cameraAsked") == 1


def test_o04_who_would_film_in_vain_hears_it_before_the_camera_and_has_a_way_on(
    person: Person, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.enrolled()
    person.chooses()
    person.taps("prepare")
    person.sees("prepare")
    monkeypatch.setattr(crowding, "OF_A_WORKER", 0)
    person.taps("start-camera")
    person.sees("crowded")
    assert page.evaluate("window.cameraAsked") == 0
    monkeypatch.undo()
    person.taps("prepare")
    person.sees("prepare")


def test_a_sign_in_sends_one_sealed_sample_and_goes_on(person: Person, page: Page, verdict: Any) -> None:
    person.enrolled()
    row = person.films()
    page.wait_for_url(f"**/passkeys/?{row.id}")
    row.refresh_from_db()
    assert row.state == Transaction.State.DECIDED
    uploads = [request for request in person.requests if request.url.endswith("/sample")]
    assert len(uploads) == 1
    assert not SealedSample.objects.exists()
    assert person.violations == []


@pytest.mark.whole
def test_a_sign_in_goes_well_with_screens_that_glide(
    tenant: Tenant, with_camera: Browser, verdict: Any
) -> None:
    person = Person(tenant, with_camera, permissions=["camera"], reduced_motion="no-preference")
    person.enrolled()
    assert person.page.evaluate("matchMedia('(prefers-reduced-motion: no-preference)').matches")
    row = person.films()
    person.page.wait_for_url(f"**/passkeys/?{row.id}")


@pytest.mark.requirement("S5.3-02")
def test_the_way_without_a_face_never_asks_for_the_camera(person: Person, page: Page) -> None:
    person.enrolled()
    row = person.chooses()
    person.taps("without-face")
    page.wait_for_url(f"**/passkeys/?{row.id}")
    row.refresh_from_db()
    assert row.state == Transaction.State.DECIDED
    assert row.evidence.face is None


def test_no_prf_result_leaves_the_page_but_sealed(person: Person, page: Page, verdict: Any) -> None:
    person.enrolled()
    row = person.films()
    page.wait_for_url(f"**/passkeys/?{row.id}")
    sent = [request.post_data or "" for request in person.requests if request.method == "POST"]
    assert any("clientExtensionResults" in body for body in sent)
    assert not any("results" in body.replace("clientExtensionResults", "") for body in sent)


@pytest.mark.whole
def test_asked_again_with_one_hint(person: Person, page: Page, verdict: Any) -> None:
    verdict("again", reason="quality-below-limit", hint="light")
    person.enrolled()
    person.films()
    person.sees("again")
    expect(page.locator('[data-screen="again"]')).to_contain_text("Face a brighter light.")
    person.taps("start-camera")
    person.sees("live")


@pytest.mark.requirement("S7-02")
def test_refused_calmly_with_three_ways_on(person: Person, page: Page, verdict: Any) -> None:
    verdict("refused")
    person.enrolled()
    row = person.films()
    person.sees("refused")
    screen = page.locator('[data-screen="refused"]')
    assert "match" not in screen.inner_text().lower()
    assert screen.locator("button:visible").count() == 3
    person.taps("without-face")
    page.wait_for_url(f"**/passkeys/?{row.id}")


@pytest.mark.requirement("S5.2-05")
@pytest.mark.parametrize("reason", sampled({str(one): one for one in SAID}, str(Reason.UNMEASURED)))
def test_refused_says_why_no_further_try_would_help(
    person: Person, page: Page, verdict: Any, reason: Reason
) -> None:
    verdict("refused", reason=str(reason))
    person.enrolled()
    row = person.films()
    person.sees("refused")
    screen = page.locator('[data-screen="refused"]')
    expect(screen).to_contain_text(SAID[reason])
    expect(screen.locator('[data-act="prepare"]')).to_be_hidden()
    person.taps("without-face")
    page.wait_for_url(f"**/passkeys/?{row.id}")


@pytest.mark.requirement("S9.2-07")
def test_locked_says_when_to_come_back(person: Person, page: Page, verdict: Any) -> None:
    subject = person.enrolled()
    AttemptCounter.objects.update_or_create(subject=subject, defaults={"failures": 4})
    verdict("refused")
    person.films()
    person.sees("locked")
    expect(page.locator('[data-screen="locked"]')).to_contain_text("It works again at")


def test_expired_keeps_nothing(person: Person, page: Page) -> None:
    person.enrolled()
    row = person.chooses()
    services.cancel(row)
    person.taps("prepare")
    person.sees("expired")


def test_leaving_ends_the_transaction(person: Person, page: Page) -> None:
    row = person.open()
    person.taps("leave")
    page.wait_for_url(f"**/passkeys/?{row.id}")
    row.refresh_from_db()
    assert row.state == Transaction.State.CANCELLED


def test_a_cancelled_passkey_can_be_tried_again(person: Person) -> None:
    person.open()
    person.devtools.send(
        "WebAuthn.setUserVerified", {"authenticatorId": person.authenticator, "isUserVerified": False}
    )
    person.taps("passkey")
    person.sees("passkey-problem")


def test_denied_camera(tenant: Tenant, launch: Callable[..., Browser], still: Path) -> None:
    person = Person(tenant, launch(*camera.arguments(still), whole=True), permissions=[])
    person.enrolled()
    person.films()
    person.sees("denied")
    person.taps("without-face")
    person.page.wait_for_url("**/passkeys/?*")


def test_no_camera(tenant: Tenant, launch: Callable[..., Browser]) -> None:
    person = Person(
        tenant, launch("--use-fake-device-for-media-stream=device-count=0"), permissions=["camera"]
    )
    person.enrolled()
    person.films()
    person.sees("no-camera")


@pytest.mark.parametrize("unusable", sampled(UNUSABLE, "busy"))
def test_a_camera_that_cannot_be_used(person: Person, page: Page, unusable: tuple[str, str]) -> None:
    error, screen = unusable
    person.enrolled()
    person.chooses()
    page.evaluate(
        "name => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', name) } }",
        error,
    )
    person.taps("prepare")
    person.taps("start-camera")
    person.sees(screen)


@pytest.mark.requirement("S9.2-04")
@pytest.mark.whole
def test_t07_a_lost_camera_starts_over_with_the_same_challenge(
    person: Person, page: Page, verdict: Any, draws: Draws
) -> None:
    draws.steps = [LONGER, SHORT]
    person.enrolled()
    row = person.films()
    expect(page.locator('[data-screen="live"][data-cue="left"]')).to_be_visible()
    page.evaluate(
        "document.getElementById('preview').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))"
    )
    person.sees("lost")
    person.taps("start-camera")
    page.wait_for_url(f"**/passkeys/?{row.id}")
    assert row.captures.get().challenge["steps"] == LONGER


def test_stopping_turns_the_camera_off(person: Person, page: Page, draws: Draws) -> None:
    draws.steps = [UNHURRIED]
    person.enrolled()
    person.films()
    person.sees("live")
    expect(page.locator("#preview")).to_have_js_property("paused", False)
    person.taps("stop")
    person.sees("prepare")
    assert page.evaluate("document.getElementById('preview').srcObject") is None
    person.taps("start-camera")
    person.sees("live")


def test_stopping_while_the_camera_opens_lets_nothing_be_taken(person: Person, page: Page) -> None:
    page.add_init_script(SLOW_CAMERA)
    person.enrolled()
    row = person.films()
    person.sees("live")
    page.evaluate("window.opening")
    person.taps("stop")
    person.sees("prepare")
    page.evaluate("window.letItOpen()")
    assert page.evaluate(TRACKS) == ["ended"]
    assert page.evaluate("document.getElementById('preview').srcObject") is None
    person.sees("prepare")
    assert not row.captures.exists()


def test_an_insecure_page_says_so(tenant: Tenant, with_camera: Browser) -> None:
    person = Person(tenant, with_camera)
    person.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    person.open()
    person.sees("insecure")


def test_a_browser_without_passkeys_is_told(tenant: Tenant, with_camera: Browser) -> None:
    person = Person(tenant, with_camera)
    person.page.add_init_script("delete window.PublicKeyCredential")
    person.open()
    person.sees("unsupported")


class TestLight:
    """Changing light is announced where the camera is, and left out for who said that it harms them."""

    @pytest.fixture(autouse=True)
    def _light(self, draws: Draws, monkeypatch: pytest.MonkeyPatch) -> None:
        draws.light = [LIGHT]
        monkeypatch.setattr(flow, "expects_light", challenge.light_may_change)

    def test_is_announced_without_a_tap_more_and_glows_after(
        self, person: Person, page: Page, verdict: Any
    ) -> None:
        person.enrolled()
        person.chooses()
        person.taps("prepare")
        expect(page.locator('[data-screen="prepare"]')).to_contain_text("bright colours")
        person.taps("start-camera")
        expect(page.locator("#glow")).to_be_visible()
        assert page.evaluate("document.getElementById('glow').style.backgroundColor") == "rgb(32, 96, 255)"
        page.wait_for_url("**/passkeys/?*")
        assert person.violations == []

    def test_t07_the_way_out_is_a_stored_need_and_no_choice_of_this_page(
        self, person: Person, page: Page
    ) -> None:
        person.enrolled()
        row = person.chooses()
        person.taps("prepare")
        person.taps("without-light")
        way = page.locator('[data-screen="without-light"] a')
        assert way.get_attribute("href") == f"/t/{person.tenant.slug}/me/#needs"
        person.taps("prepare")
        person.sees("prepare")
        assert page.evaluate("window.cameraAsked") == 0
        assert not row.captures.exists()

    def test_t07_who_said_so_is_neither_warned_nor_lit(
        self, person: Person, page: Page, verdict: Any
    ) -> None:
        keep_need(person.enrolled(), Need.Kind.NO_LIGHT, by_person=True, actor="a test")
        row = person.chooses()
        person.taps("prepare")
        person.sees("prepare")
        expect(page.locator("[data-light]:visible")).to_have_count(0)
        person.taps("start-camera")
        page.wait_for_url("**/passkeys/?*")
        assert row.captures.get().challenge["steps"] == SHORT

    def test_light_that_was_not_announced_is_not_shown(
        self, person: Person, page: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(flow, "expects_light", lambda _: False)
        person.enrolled()
        person.films()
        expect(page.locator("[data-light]:visible")).to_have_count(1)
        expect(page.locator("#glow")).to_be_hidden()
        assert page.evaluate("document.getElementById('preview').srcObject") is None


@pytest.mark.requirement("S5.3-02", "S10-08")
def test_who_cannot_turn_the_head_finds_the_way_without_first(person: Person, page: Page) -> None:
    subject = person.enrolled()
    person.chooses()
    person.taps("prepare")
    person.taps("without-turn")
    way = page.locator('[data-screen="without-turn"] a')
    assert way.get_attribute("href") == f"/t/{person.tenant.slug}/me/#needs"
    keep_need(subject, Need.Kind.NO_TURN, by_person=True, actor="a test")
    person.open()
    person.taps("passkey")
    person.sees("spared")
    first = page.locator('[data-screen="spared"] button').first
    assert first.get_attribute("data-act") == "without-face"
    assert page.evaluate("window.cameraAsked") == 0
    person.taps("without-face")
    page.wait_for_url("**/passkeys/?*")


@pytest.mark.requirement("S9.2-07")
def test_t07_who_did_not_follow_is_told_calmly_what_to_do(person: Person, page: Page, verdict: Any) -> None:
    verdict("again", reason=services.NOT_FOLLOWED, hint="follow")
    person.enrolled()
    person.films()
    person.sees("again")
    screen = page.locator('[data-screen="again"]')
    expect(screen).to_contain_text("Follow the arrows with your head.")
    assert not re.search(r"\d", screen.inner_text())


@pytest.mark.requirement("S9.2-07")
def test_a_locked_face_is_said_before_the_camera_starts(person: Person, page: Page) -> None:
    subject = person.enrolled()
    until = now() + timedelta(minutes=2)
    AttemptCounter.objects.update_or_create(subject=subject, defaults={"failures": 6, "locked_until": until})
    person.chooses()
    person.taps("prepare")
    person.sees("locked")
    assert page.evaluate("window.cameraAsked") == 0


def test_a_dark_picture_gets_a_hint(
    tenant: Tenant, launch: Callable[..., Browser], tmp_path: Any, verdict: Any
) -> None:
    dark = camera.write_video(tmp_path / "dark.mjpeg", [camera.plain(20)] * 4)
    person = Person(tenant, launch(*camera.arguments(dark)), permissions=["camera"])
    person.enrolled()
    person.films()
    expect(person.page.locator("#hint")).to_have_text("Find more light")
    person.taps("begin")
    person.page.wait_for_url("**/passkeys/?*")
