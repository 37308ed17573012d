"""A person in front of the page: a browser context, a virtual authenticator, and a tenant to sign in to."""

import json
import re
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.conf import settings
from fido2 import cbor
from fido2.cose import ES256
from playwright.sync_api import Browser, Page, Request, expect

from authsvc.capture.browser import cookie_name
from authsvc.clients.models import RelyingParty
from authsvc.core.ids import new_secret
from authsvc.hosts.places import place_of
from authsvc.oidc.requests.wanted import Wanted
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions import services
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import EnrolmentRequest, LivenessRequest
from tests.factories import make_consent, make_device, make_party, make_subject

AUTHENTICATOR = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "hasPrf": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
DEADLINES = Path(__file__).parents[3] / "static" / "js" / "capture" / "deadline.js"
# No route would do: the page's service worker has its scripts already.
HURRY = """(shorter) => {
    const usual = window.setTimeout;
    window.setTimeout = (act, wait, ...rest) => usual(act, shorter[wait] ?? wait, ...rest);
}"""
TRACKER = "**/agent-tracker.js"
EMPTY = "/empty"
MAKE_PASSKEY = """async ({ rp, user }) => {
    const made = await navigator.credentials.create({ publicKey: {
        rp: { id: rp, name: "Visor" },
        user: { id: new Uint8Array(user), name: "a person", displayName: "a person" },
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        pubKeyCredParams: [{ type: "public-key", alg: -7 }],
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        extensions: { prf: {} },
    } });
    const prf = Boolean(made.getClientExtensionResults().prf?.enabled);
    return { id: made.id, key: [...new Uint8Array(made.response.getPublicKey())], prf };
}"""
COUNT_CAMERA = """
    window.cameraAsked = 0;
    const media = navigator.mediaDevices;
    if (media) {
        const ask = media.getUserMedia.bind(media);
        media.getUserMedia = (wanted) => { window.cameraAsked += 1; return ask(wanted); };
    }
"""


class Person:
    """`page` is what the person sees; `violations` what the content security policy stopped.

    Their browser loads nothing that follows a face, and the page does without, but where `tracker` says so.
    """

    def __init__(
        self, tenant: Tenant, browser: Browser, *, prf: bool = True, tracker: bool = False, **context: Any
    ) -> None:
        self.tenant = tenant
        self.base = settings.BASE_URL
        # Screens that glide in are waited for at each tap; test_states.py signs in with them gliding too.
        still = {"reduced_motion": "reduce", **context}
        self.context = browser.new_context(base_url=self.base, **still)
        self.page: Page = self.context.new_page()
        if not tracker:
            self.context.route(TRACKER, lambda route: route.abort())
        self.page.add_init_script(COUNT_CAMERA)
        self.messages: list[str] = []
        self.requests: list[Request] = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request))
        self.devtools = self.context.new_cdp_session(self.page)
        self.devtools.send("WebAuthn.enable")
        self.authenticator = ""
        self.add_authenticator(prf=prf)
        self.key = new_secret()

    def add_authenticator(self, *, prf: bool, transport: str = "internal") -> None:
        """Give the person an authenticator; it is the one that further commands are about.

        A browser has one that is internal.
        """
        options = {**AUTHENTICATOR, "hasPrf": prf, "transport": transport}
        added = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.authenticator = added["authenticatorId"]

    def open(self, kind: str = Transaction.Kind.AUTHENTICATE, **fields: Any) -> Transaction:
        """Open a transaction and show its page."""
        if kind == Transaction.Kind.AUTHENTICATE:
            fields = {
                "client": partner(),
                "request": Wanted(redirect_uri="https://shop.example/cb"),
                **fields,
            }
        elif kind == Transaction.Kind.ENROL:
            fields = {"request": EnrolmentRequest(link="", face=True), **fields}
        elif kind == Transaction.Kind.LIVENESS:
            fields = {"request": LivenessRequest(jkt="A" * 43), **fields}
        row = services.open_transaction(
            kind=kind, browser_key=self.key, continue_path=f"/t/{self.tenant.slug}/passkeys/?{{id}}", **fields
        )
        self.context.add_cookies([{"name": cookie_name(row.id), "value": self.key, "url": self.base}])
        self.page.goto(f"/t/{self.tenant.slug}/signin/{row.id}/")
        return row

    def sees(self, screen: str) -> None:
        """Wait until a screen is shown."""
        expect(self.page.locator(f'[data-screen="{screen}"]')).to_be_visible()

    def sees_in_time(self, screen: str) -> None:
        """Wait until a screen is shown at the end of a whole challenge."""
        expect(self.page.locator(f'[data-screen="{screen}"]')).to_be_visible(timeout=60_000)

    def taps(self, act: str) -> None:
        """Tap the one button of an act, as soon as the page's styles have hidden those of other screens."""
        button = self.page.locator(f'[data-act="{act}"]:visible')
        expect(button).to_have_count(1)
        button.click()

    def hurries(self, **patience: int) -> None:
        """Let the pages that are opened from now on wait less long, each in milliseconds (deadline.js)."""
        written = DEADLINES.read_text(encoding="utf-8")
        shorter = {}
        for what, milliseconds in patience.items():
            (usual,) = re.findall(rf"^  {what}: ([\d_]+),$", written, re.MULTILINE)
            shorter[int(usual)] = milliseconds
        self.page.add_init_script(f"(({HURRY})({json.dumps(shorter)}))")

    def enrolled(self) -> Subject:
        """Make a person whose passkey is in the virtual authenticator, with a face and a live consent.

        It is made on an empty page of the same origin, soon shown; the tests of enrolling make theirs
        where people do.
        """
        subject = make_subject(name="Ada Example")
        make_consent(subject)
        self.page.route(EMPTY, lambda route: route.fulfill(body="", content_type="text/html"))
        self.page.goto(EMPTY)
        wanted = {"rp": place_of(self.tenant.pk).rp_id, "user": list(bytes(subject.user_handle))}
        made = self.page.evaluate(MAKE_PASSKEY, wanted)
        public = ES256.from_cryptography_key(load_der_public_key(bytes(made["key"])))
        kind = "prf" if made["prf"] else "browser"
        make_device(
            subject, credential_id=made["id"], public_key=cbor.encode(public), share_kind=kind, name="Passkey"
        )
        return subject

    def chooses(self) -> Transaction:
        """Sign in as far as the choice."""
        row = self.open()
        self.taps("passkey")
        self.sees("choice")
        return row

    def films(self) -> Transaction:
        """Sign in, use the face, and start the camera."""
        row = self.chooses()
        self.taps("prepare")
        self.taps("start-camera")
        return row

    @property
    def violations(self) -> list[str]:
        """What the browser complained about."""
        return [text for text in self.messages if "Content Security Policy" in text]


def partner() -> RelyingParty:
    """Return the tenant's one partner site."""
    known = RelyingParty.objects.filter(name="Corner Shop").first()
    return known or make_party(name="Corner Shop", purpose="To open your customer account.")
