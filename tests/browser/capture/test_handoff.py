"""W2 in real browsers: a desk shows a code, and a phone at another address scans it and signs in."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from django.core.signals import request_started
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.tenancy.models import Tenant
from tests.browser.capture import camera
from tests.browser.capture.person import Person
from tests.browser.capture.relay import relay
from tests.campaign import sampled

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PHONE = "127.0.0.2"


@pytest.fixture
def callers() -> Iterator[dict[str, set[str]]]:
    """From which addresses each of the server's paths was asked for."""
    seen: dict[str, set[str]] = {}

    def note(environ: dict[str, Any], **_: object) -> None:
        seen.setdefault(environ["PATH_INFO"], set()).add(environ["REMOTE_ADDR"])

    request_started.connect(note)
    yield seen
    request_started.disconnect(note)


@pytest.fixture
def phone(
    tenant: Tenant, launch: Callable[..., Browser], live_server: LiveServer, still: Path
) -> Iterator[Person]:
    """Somebody with a phone, which has an address of its own."""
    server = urlsplit(live_server.url)
    assert server.port is not None
    with relay(PHONE, to=("127.0.0.1", server.port)) as port:
        rule = f"--host-resolver-rules=MAP {server.netloc} {PHONE}:{port}"
        yield Person(tenant, launch(*camera.arguments(still), rule), permissions=["camera"], has_touch=True)


@pytest.fixture
def desk(tenant: Tenant, launch: Callable[..., Browser]) -> Person:
    """A browser without a camera."""
    return Person(tenant, launch())


def scanned(page: Page) -> str:
    """What a camera reads from the code on a page."""
    picture = Image.open(io.BytesIO(page.locator(".qr").screenshot())).convert("L")
    found, _, _ = cv2.QRCodeDetectorAruco().detectAndDecode(np.asarray(picture))
    return str(found)


@pytest.mark.usefixtures("two_cues")
@pytest.mark.parametrize("face", sampled({"passkey alone": False, "face": True}, "passkey alone"))
def test_a_phone_signs_in_what_the_desk_began(
    desk: Person,
    phone: Person,
    callers: dict[str, set[str]],
    judged: Callable[[str], list[bytes]],
    face: bool,
) -> None:
    opened = judged("accepted")
    phone.enrolled()
    row = desk.open()
    desk.page.get_by_role("link", name="Use my phone").click()
    desk.sees("desk-code")
    phone.page.goto(scanned(desk.page))
    for words in ("Corner Shop", "shop.example", "To open your customer account.", desk.tenant.name):
        expect(phone.page.locator(".request")).to_contain_text(words)
    phone.page.get_by_role("button", name="Yes, it is before me").click()
    desk.sees("desk-number")
    phone.page.get_by_label("Number").fill(desk.page.locator("[data-number]").inner_text())
    phone.page.get_by_role("button", name="Go on").click()
    phone.sees("welcome")
    desk.sees("desk-taken")
    phone.taps("passkey")
    phone.sees("choice")
    expect(desk.page.get_by_text("Your passkey is confirmed.")).to_be_visible()
    if face:
        phone.taps("prepare")
        phone.taps("start-camera")
    else:
        phone.taps("without-face")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Done on this phone", timeout=60_000)
    desk.page.wait_for_url(f"**/passkeys/?{row.id}")
    assert len(opened) == face
    api = f"/t/{desk.tenant.slug}"
    step = "sample" if face else "without-face"
    assert callers[f"{api}/agent/{row.id}/{step}"] == {PHONE}
    assert callers[f"{api}/desk/{row.id}/status"] == {"127.0.0.1"}
    assert desk.violations == phone.violations == []


def test_a_wrong_number_ends_it_at_both(desk: Person, phone: Person) -> None:
    desk.open()
    desk.page.get_by_role("link", name="Use my phone").click()
    desk.sees("desk-code")
    phone.page.goto(scanned(desk.page))
    phone.page.get_by_role("button", name="Yes, it is before me").click()
    desk.sees("desk-number")
    number = int(desk.page.locator("[data-number]").inner_text())
    phone.page.get_by_label("Number").fill(f"{(number + 1) % 100:02d}")
    phone.page.get_by_role("button", name="Go on").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("That was another number")
    desk.sees("desk-wrong")
    desk.page.get_by_role("link", name="Go on at this device").click()
    desk.sees("welcome")
    expect(desk.page.get_by_role("link", name="Use my phone")).to_have_count(0)


def passes(passkey_of: Person, to: Person) -> None:
    """Let one authenticator answer in two browsers, as Bluetooth does: its counter is where it was left."""
    held, other = ({"authenticatorId": person.authenticator} for person in (passkey_of, to))
    (passkey,) = passkey_of.devtools.send("WebAuthn.getCredentials", held)["credentials"]
    to.devtools.send("WebAuthn.clearCredentials", other)
    to.devtools.send("WebAuthn.addCredential", {**other, "credential": passkey})


def reaches(desk: Person, phone: Person) -> None:
    """Let the desk find the phone's passkey, which is no part of the desk."""
    desk.devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": desk.authenticator})
    desk.add_authenticator(prf=True, transport="ble")
    passes(phone, desk)


def test_a_desk_that_has_to_finds_the_phone_first(desk: Person, phone: Person) -> None:
    publish_policy(document={**DEFAULT, "handoff_near": True}, published_by="a test")
    phone.enrolled()
    row = desk.open()
    desk.page.get_by_role("link", name="Use my phone").click()
    desk.sees("desk-near")
    assert desk.page.get_by_role("button", name="Go on with a code alone").count() == 0
    desk.taps("find")
    expect(desk.page.get_by_role("heading", name="Your phone was not found")).to_be_visible()
    reaches(desk, phone)
    desk.taps("find")
    desk.sees("desk-code")
    expect(desk.page.get_by_text("Your phone was found beside this computer.")).to_be_visible()
    passes(desk, phone)
    phone.page.goto(scanned(desk.page))
    phone.page.get_by_role("button", name="Yes, it is before me").click()
    desk.sees("desk-number")
    phone.page.get_by_label("Number").fill(desk.page.locator("[data-number]").inner_text())
    phone.page.get_by_role("button", name="Go on").click()
    phone.sees("welcome")
    phone.taps("passkey")
    # The secret of its PRF does not come along with a virtual passkey.
    phone.page.get_by_role("button", name="Continue without my face").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Done on this phone")
    row.refresh_from_db()
    assert row.evidence.handoff == "hybrid"
    assert desk.violations == phone.violations == []
