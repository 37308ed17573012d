"""A software phone: a person with a passkey and a face enrols and signs in over HTTP (docs/protocol.md)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import numpy as np
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.utils import websafe_encode

from devtools.phone.authenticator import Answer, Authenticator, AuthenticatorError
from devtools.phone.browser import Browser, asks_consent, origin_of
from devtools.phone.faults import Fault
from devtools.phone.sealing import (
    Binding,
    Capture,
    container,
    encrypt,
    manifest,
    media_type,
    new_session_key,
    public_jwk,
)
from devtools.rendering.frame import Frame
from devtools.rendering.mesh import Image
from devtools.rendering.render import render_burst

BUILD: Final = "1"
_PAGE: Final = re.compile(r"(?P<issuer>https?://[^/]+/t/[^/]+/)signin/(?P<txn>[^/]+)/")
_POLL_S: Final = 0.15
_PATIENCE_S: Final = 60.0


class Denied(Exception):
    """The server said no: `step` of the sequence, HTTP `status`, and the error code or state it gave."""

    def __init__(self, step: int, status: int, code: str) -> None:
        super().__init__(f"step {step}: {code} ({status})")
        self.step = step
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step of the Annex A sequence and how long it took, in milliseconds."""

    number: int
    title: str
    ms: float


@dataclass(slots=True)
class Person:
    """What the phone sees and holds: photographs (BGR) of its owner, and of somebody else for the faults.

    A try shows one photograph; the next try shows the next.
    """

    photographs: Sequence[Image]
    somebody_else: Sequence[Image] = ()
    authenticator: Authenticator = field(default_factory=Authenticator)


@dataclass(slots=True)
class _Visit:
    """One transaction, as the phone knows it."""

    api: str
    kind: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_session_key)
    device: Answer | None = None
    added: Answer | None = None
    must_agree: bool = False
    faceless: bool = False
    goes_on: str = ""

    @property
    def txn(self) -> str:
        return self.api.rstrip("/").rsplit("/", 1)[-1]


class SoftwarePhone:
    """Runs enrolments and sign-ins; a capture takes as long as its cues do.

    `wait` lets seconds pass, and `patience` is the share of the cues' time that is taken: all of it, unless
    the server asks for less. Whoever is refused or asked again tries again, `tries` times in all; a fault is
    tried once. Each method raises Denied where the server refuses, and requests.RequestException where it is
    not there.
    """

    patience = 1.0

    def __init__(
        self,
        person: Person,
        *,
        fault: Fault | None = None,
        wait: Callable[[float], None] = time.sleep,
        tries: int = 4,
        on_step: Callable[[Step], None] = lambda step: None,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.person = person
        self.fault = fault
        self._wait = wait
        self.tries = 1 if fault else tries
        self.browser = Browser(self._rewrite)
        self.recorded: bytes | None = None
        self._on_step = on_step
        self._rng = rng or np.random.default_rng()
        self._browser_shares: dict[bytes, bytes] = {}

    # ---- journeys

    def sign_in(self, start: str, *, face: bool = True) -> requests.Response:
        """Sign in at a relying party whose URL `start` needs it; return the page that it then shows."""
        with self._step(1, "relying party asks the provider"):
            asked = self.browser.open(start, until=lambda url: "/t/" in url)
        with self._step(2, "provider takes the request, this browser is known"):
            page = self.browser.follow(asked)
        found = _PAGE.match(page.url)
        if found is None:
            raise Denied(1, page.status_code, _code_of(page))
        return self._run(_Visit(f"{found['issuer']}agent/{found['txn']}/"), face=face)

    def enrol(self, link: str) -> requests.Response:
        """Follow an enrolment link: notice, consent, passkey, capture; return the last page."""
        with self._step(2, "enrolment link opened, notice read"):
            offer = _json(2, self.browser.get(link, accept="application/json"))
        with self._step(3, "consent given, transaction opened"):
            answer = {"notice_version": offer["notice"]["version"]}
            opened = _json(3, self.browser.post_json(urljoin(link, "consent"), answer))
        issuer = link[: link.index("/enrol/") + 1]
        return self._run(_Visit(f"{issuer}agent/{opened['transaction']}/"), face=True)

    def recover(self, page: str, code: str) -> requests.Response:
        """Give a recovery code at its page, and make a passkey; return the last page."""
        with self._step(2, "recovery code given"):
            answer = self.browser.agree(self.browser.open(page), code=code)
        found = _PAGE.match(urljoin(page, answer.headers.get("Location", "")))
        if found is None:
            raise Denied(2, answer.status_code, _code_of(answer))
        return self._run(_Visit(f"{found['issuer']}agent/{found['txn']}/"), face=False)

    def renew(self, page: str) -> requests.Response:
        """Add a moment to what is kept of the face, from the page that offers it; return the last page."""
        with self._step(2, "renewal begun"):
            answer = self.browser.agree(self.browser.open(page))
        found = _PAGE.match(urljoin(page, answer.headers.get("Location", "")))
        if found is None:
            raise Denied(2, answer.status_code, _code_of(answer))
        return self._run(_Visit(f"{found['issuer']}agent/{found['txn']}/"), face=True)

    # ---- one transaction

    def _run(self, visit: _Visit, *, face: bool) -> requests.Response:
        if self.fault is Fault.FOREIGN_BROWSER:
            self.browser.session.cookies.clear()
        if self.fault is Fault.UNKNOWN_TRANSACTION:
            visit.api = visit.api.replace(visit.txn, websafe_encode(self._rng.bytes(18)))
        with self._step(3, "transaction opened"):
            visit.kind = _json(3, self.browser.get(visit.api, accept="application/json"))["kind"]
        if self.fault is not Fault.SKIPPED_PROOF:
            with self._step(4, "device key proven, bound to transaction, origin and session key"):
                self._prove_device(visit)
        if visit.goes_on:
            return self._finish(visit, visit.goes_on)
        # A face that is too old to count: the passkey goes on alone.
        face = face and not visit.faceless
        with self._step(5, "the person taps" if face else "the person goes on without the face"):
            self._tap(visit)
        if face and visit.must_agree:
            with self._step(5, "consent given to a notice that is new to the person"):
                self._agree(visit)
        goes_on = self._show_face(visit) if face else self._post(5, visit, "without-face", {})["continue_url"]
        return self._finish(visit, goes_on)

    def _prove_device(self, visit: _Visit) -> None:
        taken: dict[str, Any] = {}
        following = "create" if visit.kind in {"enrol", "recover"} else "prove"
        while following in {"prove", "create"}:
            options = self._post(4, visit, "passkey/options", {"session_key": public_jwk(visit.key)})[
                "publicKey"
            ]
            answer = self._answer_with_passkey(visit, options)
            if visit.device is None:
                visit.device = answer
            else:
                visit.added = answer
            agent = {"type": "simulator", "build": BUILD}
            taken = self._post(4, visit, "passkey", {"credential": answer.credential, "agent": agent})
            following = taken["next"]
        if following in {"recovered", "face-closed", "no-renewal"}:
            raise Denied(4, 200, following)
        visit.must_agree = following == "agree"
        visit.faceless = following == "renew"
        visit.goes_on = str(taken["continue_url"]) if following == "done" else ""

    def _answer_with_passkey(self, visit: _Visit, options: dict[str, Any]) -> Answer:
        origin = origin_of(visit.api)
        if self.fault is Fault.WRONG_ORIGIN:
            origin = "https://visor.example.net"
        authenticator = self.person.authenticator
        if "pubKeyCredParams" in options:
            return authenticator.create(options, origin)
        if self.fault is Fault.NO_DEVICE_KEY:
            authenticator = _foreign_authenticator(options["rpId"])
            options = {**options, "allowCredentials": []}
        try:
            return authenticator.get(options, origin)
        except AuthenticatorError as problem:
            raise Denied(4, 0, str(problem)) from None

    def _agree(self, visit: _Visit) -> None:
        offer = _json(5, self.browser.get(visit.api, accept="application/json"))
        self._post(5, visit, "consent", {"notice_version": offer["notice_version"]})

    def _tap(self, visit: _Visit) -> None:
        if self.fault is Fault.DECLINED:
            self.browser.open(urljoin(visit.api, self._post(5, visit, "cancel", {})["continue_url"]))
            raise Denied(5, 200, "declined")

    def _show_face(self, visit: _Visit) -> str:
        """Capture until the verdict; return where to go on."""
        for number in range(self.tries):
            with self._step(6, "challenge and worker key received"):
                challenge = self._post(6, visit, "challenge", {})
            sample = self._capture(visit, challenge, number)
            with self._step(8, "sealed sample uploaded, only ciphertext stored"):
                self._upload(visit, sample, challenge)
            if self.fault is Fault.NO_VERDICT:
                return f"{visit.api.split('/agent/')[0]}/authorize/resume/{visit.txn}"
            status = self._await_verdict(visit)
            if status["state"] == "done":
                self.recorded = sample
                return str(status["continue_url"])
            if status["state"] != "again" and not status.get("may_retry"):
                break
        raise Denied(10, 200, f"{status['state']} {status.get('hint', '')}".strip())

    def _capture(self, visit: _Visit, challenge: dict[str, Any], number: int) -> bytes:
        with self._step(7, "frames captured, chained, signed, sealed to the worker"):
            begun = time.monotonic()
            if self.fault is Fault.EARLY_UPLOAD:
                return encrypt(b"", self._binding(visit, challenge), challenge["seal"]).encode()
            frames, camera = self._film(challenge, number)
            sample = self._seal(visit, challenge, frames, camera)
            least = sum(step.get("least", step["ms"]) for step in challenge["steps"])
            duration = max(least, frames[-1].t) / 1000
            self._wait(max(0.0, begun + self.patience * duration - time.monotonic()))
        return sample

    def _film(self, challenge: dict[str, Any], number: int) -> tuple[list[Frame], dict[str, Any]]:
        mine, theirs = self.person.photographs, self.person.somebody_else
        shown = mine[number % len(mine)]
        if self.fault is Fault.WRONG_FACE:
            return render_burst(theirs[0], challenge, self._rng)
        if self.fault is Fault.SWAPPED_FACE:
            return render_burst(theirs[0], challenge, self._rng, swap_to=shown)
        return render_burst(shown, challenge, self._rng, attentive=self.fault is not Fault.STILL_FACE)

    def _seal(
        self, visit: _Visit, challenge: dict[str, Any], frames: list[Frame], camera: dict[str, Any]
    ) -> bytes:
        binding = self._binding(visit, challenge)
        if self.fault is Fault.TRUNCATED_IMAGE:
            half = len(frames[2].jpeg) // 2
            frames[2] = replace(frames[2], jpeg=frames[2].jpeg[:half])
        share, kind = self._share(visit.device)
        capture = Capture(frames, camera, share, kind, self._bound_share(visit))
        key = new_session_key() if self.fault is Fault.FOREIGN_SESSION_KEY else visit.key
        content = manifest(capture, binding, key)
        if self.fault is Fault.DROPPED_FRAME:
            del content["frames"][3], frames[3]
        if self.fault is Fault.REORDERED_FRAMES:
            for items in (content["frames"], frames):
                items[3], items[4] = items[4], items[3]
        seal = challenge["seal"]
        if self.fault is Fault.FOREIGN_SEAL:
            seal = {**seal, "key": public_jwk(new_session_key()), "second": None}
        return encrypt(container(content, frames), binding, seal).encode()

    def _binding(self, visit: _Visit, challenge: dict[str, Any]) -> Binding:
        device = visit.device.credential_id if visit.device else b""
        return Binding(visit.txn, challenge["nonce"], websafe_encode(device))

    def _share(self, device: Answer | None) -> tuple[bytes | None, str]:
        if device is None:
            return None, "prf"
        if self.fault is Fault.WRONG_SHARE:
            return self._rng.bytes(32), "prf"
        if device.prf is not None:
            return device.prf, "prf"
        return self._browser_shares.setdefault(device.credential_id, self._rng.bytes(32)), "browser"

    def _bound_share(self, visit: _Visit) -> dict[str, Any]:
        if visit.added is None:
            return {}
        share, kind = self._share(visit.added)
        return {
            "new_dev": websafe_encode(visit.added.credential_id),
            "new_share": websafe_encode(share or b""),
            "new_share_kind": kind,
        }

    def _upload(self, visit: _Visit, sample: bytes, challenge: dict[str, Any]) -> None:
        if self.fault is Fault.REPLAYED_UPLOAD and self.recorded is not None:
            sample = self.recorded
        if self.fault is Fault.LATE_UPLOAD:
            self._wait(challenge["expires_in"] + 2)
        for _ in range(2 if self.fault is Fault.DOUBLE_UPLOAD else 1):
            _json(8, self.browser.post_bytes(urljoin(visit.api, "sample"), sample, media_type(sample)))

    def _await_verdict(self, visit: _Visit) -> dict[str, Any]:
        with self._step(9, "worker opens, checks, compares, and signs its parts"):
            ends = time.monotonic() + _PATIENCE_S
            while (status := self._status(visit))["state"] == "working" and time.monotonic() < ends:
                time.sleep(_POLL_S)
        with self._step(10, f"verdict: {status['state']}"):
            return status

    def _status(self, visit: _Visit) -> dict[str, Any]:
        return _json(10, self.browser.get(urljoin(visit.api, "status"), accept="application/json"))

    # ---- after the verdict

    def _finish(self, visit: _Visit, goes_on: str) -> requests.Response:
        browser = Browser() if self.fault is Fault.STOLEN_VERDICT else self.browser
        with self._step(11, "provider computes acr and amr, issues the code"):
            page = self._consent(browser, browser.open(urljoin(visit.api, goes_on), until=_carries_code))
        if visit.kind != "authenticate":
            return page
        if not page.is_redirect:
            raise Denied(11, page.status_code, _code_of(page))
        callback = urljoin(page.url, page.headers["Location"])
        with self._step(12, "relying party redeems the code and checks the token"):
            page = browser.follow(page)
        if self.fault is Fault.REPLAYED_CODE:
            page = Browser().open(callback)
        if page.status_code != 200:
            raise Denied(12, page.status_code, _code_of(page))
        with self._step(13, "transaction closed for good"):
            self._check_closed(visit)
        return page

    def _consent(self, browser: Browser, page: requests.Response) -> requests.Response:
        if asks_consent(page):
            return browser.follow(browser.agree(page), until=_carries_code)
        return page

    def _check_closed(self, visit: _Visit) -> None:
        if self.fault is Fault.REUSED_TRANSACTION:
            sample = self.recorded or b""
            _json(13, self.browser.post_bytes(urljoin(visit.api, "sample"), sample, media_type(sample)))

    # ---- small parts

    @contextmanager
    def _step(self, number: int, title: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self._on_step(Step(number, title, (time.perf_counter() - begun) * 1000))

    def _post(self, step: int, visit: _Visit, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return _json(step, self.browser.post_json(urljoin(visit.api, path), body))

    def _rewrite(self, url: str) -> str:
        if self.fault is not Fault.FOREIGN_REDIRECT or "redirect_uri=" not in url:
            return url
        parts = urlsplit(url)
        query = [
            (k, "https://other.example/cb" if k == "redirect_uri" else v) for k, v in parse_qsl(parts.query)
        ]
        return urlunsplit(parts._replace(query=urlencode(query)))


def _carries_code(url: str) -> bool:
    names = {name for name, _ in parse_qsl(urlsplit(url).query)}
    return "state" in names and not names.isdisjoint({"code", "error"})


def _json(step: int, response: requests.Response) -> dict[str, Any]:
    if response.status_code >= 300:
        raise Denied(step, response.status_code, _code_of(response))
    body: dict[str, Any] = response.json()
    return body


def _code_of(response: requests.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return response.reason or "refused"


def _foreign_authenticator(rp_id: str) -> Authenticator:
    """Return an authenticator with a passkey for the relying party that the server never saw."""
    authenticator = Authenticator()
    user = {"id": websafe_encode(b"nobody"), "name": "nobody"}
    options = {
        "rp": {"id": rp_id},
        "user": user,
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "challenge": "",
    }
    authenticator.create(options, f"https://{rp_id}")
    return authenticator
