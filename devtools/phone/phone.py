"""A software phone: a person with a passkey and a face enrols and signs in over HTTP (docs/protocol.md)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import numpy as np
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.utils import websafe_encode

from devtools.phone.authenticator import Answer, Authenticator, AuthenticatorError, Credential
from devtools.phone.browser import SIGN_IN_PAGE, Browser, asks_consent, carries_answer, origin_of
from devtools.phone.comparing import (
    DeviceEngine,
    Released,
    attestation,
    centre_pictures,
    open_released,
    result,
    sign_result,
)
from devtools.phone.faults import Fault
from devtools.phone.sealing import (
    Binding,
    Capture,
    answer_key,
    asking,
    container,
    encrypt,
    manifest,
    media_type,
    new_session_key,
    open_answer,
    possession,
    public_jwk,
    thumbprint,
)
from devtools.rendering.frame import Frame
from devtools.rendering.mesh import Image
from devtools.rendering.render import render_burst

BUILD: Final = "1"
AGENT_KEY: Final = "Visor-Agent-Key"
_POLL_S: Final = 0.15
_PATIENCE_S: Final = 60.0
# The one from before stays until the new one is known to have taken effect.
_MOST_REFERENCES: Final = 2


class Denied(Exception):
    """Somebody said no: `step` of the sequence, HTTP `status`, the error code or state, and what it says."""

    def __init__(self, step: int, status: int, code: str, said: str = "") -> None:
        super().__init__(f"step {step}: {code} ({status})" + (f": {said}" if said else ""))
        self.step = step
        self.status = status
        self.code = code
        self.said = said


class Party(Protocol):
    """A relying party without pages; each of the two raises Denied where the provider says no."""

    def ask(self) -> str:
        """Return the address at the provider to which it sends the browser."""

    def take(self, answer: str) -> None:
        """Take the answer, the address to which the provider sends the browser back."""


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step of the Annex A sequence and how long it took, in milliseconds."""

    number: int
    title: str
    ms: float


@dataclass(slots=True)
class Person:
    """What the phone sees and holds: photographs (BGR) of its owner, and of somebody else for the faults.

    A try shows one photograph; the next try shows the next. `engine` compares where the phone is to.
    """

    photographs: Sequence[Image]
    somebody_else: Sequence[Image] = ()
    authenticator: Authenticator = field(default_factory=Authenticator)
    engine: DeviceEngine | None = None


@dataclass(slots=True)
class _Visit:
    """One transaction, as the phone knows it."""

    api: str
    party: Party | None = None
    handed_on: bool = False
    kind: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_session_key)
    receiver: ec.EllipticCurvePrivateKey = field(default_factory=new_session_key)
    device: Answer | None = None
    added: Answer | None = None
    compares: bool = False
    released: Released | None = None
    matched: bool = False
    must_agree: bool = False
    faceless: bool = False
    goes_on: str = ""
    named: str = ""

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
        self.agent: dict[str, Any] = {"type": "simulator", "build": BUILD}
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
        return self._run(_visit_at(page.url, 1, page), face=face)

    def sign_in_at(self, party: Party, *, face: bool = True) -> requests.Response:
        """Sign in at a relying party that pushes its request; return the provider's answer to it.

        The browser's session answers where it is enough, and nothing is asked of the person then.
        """
        with self._step(1, "relying party pushes its request, signed by its key"):
            asked = party.ask()
        with self._step(2, "provider takes the request, this browser is known"):
            page = self.browser.open(asked, until=carries_answer)
        if page.is_redirect:
            return self._bring(page, party, self.browser)
        visit = _visit_at(page.url, 2, page)
        visit.party = party
        return self._run(visit, face=face)

    def take_over(self, link: str, *, number: Callable[[], str], face: bool = True) -> requests.Response:
        """Take over what a desk began, by the link in its code; return the phone's last page.

        `number` reads what the desk shows once the phone has said that its screen is here.
        """
        with self._step(2, "code scanned, and the desk's screen is here"):
            question = _good(2, self.browser.get(link))
            asked = _good(2, self.browser.follow(self.browser.agree(question)))
        with self._step(2, "the desk's number typed: the phone is the agent"):
            taken = self._type(asked, number())
        visit = _visit_at(urljoin(link, taken.headers.get("Location", "")), 2, taken)
        visit.handed_on = True
        return self._run(visit, face=face)

    def _type(self, page: requests.Response, number: str) -> requests.Response:
        if self.fault is Fault.SKIPPED_NUMBER:
            issuer, _, named = page.url.partition("handoff/")
            return self.browser.get(f"{issuer}signin/{named.split('/')[0]}/")
        if self.fault is Fault.WRONG_NUMBER:
            number = f"{(int(number) + 1) % 10 ** len(number):0{len(number)}d}"
        return self.browser.agree(page, number=number)

    def enrol(self, link: str) -> requests.Response:
        """Follow an enrolment link: notice, consent, passkey, capture; return the last page."""
        with self._step(2, "enrolment link opened, notice read"):
            offer = _json(2, self.browser.get(link, accept="application/json"))
        with self._step(3, "consent given, transaction opened"):
            answer = {"notice_version": offer["notice"]["version"]}
            opened = _json(3, self.browser.post_json(urljoin(link, "consent"), answer))
        issuer = link[: link.index("/enrol/") + 1]
        return self._run(_Visit(f"{issuer}agent/{opened['transaction']}/"), face=True)

    def recover(self, page: str, code: str, *, revoke: bool = True) -> requests.Response:
        """Give a recovery code at its page, and make a passkey; return the last page.

        `revoke` ends the person's other passkeys, as the page proposes.
        """
        kept = {} if revoke else {"revoke": ""}
        return self._begin_at(page, "recovery code given", face=False, code=code, **kept)

    def renew(self, page: str) -> requests.Response:
        """Add a moment to what is kept of the face, from the page that offers it; return the last page."""
        return self._begin_at(page, "renewal begun", face=True)

    def add_passkey(self, page: str) -> requests.Response:
        """Make a second passkey, which opens the face too, from the page that offers it; return the last."""
        return self._begin_at(page, "second passkey begun", face=True)

    def _begin_at(self, page: str, title: str, *, face: bool, **typed: str) -> requests.Response:
        """Send a page's form, and run the transaction that it opens."""
        with self._step(2, title):
            answer = self.browser.agree(self.browser.open(page), **typed)
        return self._run(_visit_at(urljoin(page, answer.headers.get("Location", "")), 2, answer), face=face)

    def show_presence(self, open_session: Callable[[str], str]) -> None:
        """Show that a living person is there, as a partner's own app does, to whoever it is (W5).

        `open_session` has the partner's server open a session for the app's key, by its thumbprint, and
        returns the address for the agent. What came of it the partner's server asks for itself.
        """
        key = new_session_key()
        with self._step(1, "partner's server opens a session for its app's key"):
            address, _, secret = open_session(thumbprint(key)).partition("#")
        issuer, _, txn = address.rstrip("/").rpartition("/liveness/")
        visit = _Visit(f"{issuer}/agent/{txn}/", named=thumbprint(key))
        self.browser.session.headers[AGENT_KEY] = secret
        if self.fault is not Fault.SKIPPED_PROOF:
            with self._step(4, "named key proven, bound to session and session key"):
                self._prove_named_key(visit, key)
        self._show_face(visit)

    def _prove_named_key(self, visit: _Visit, key: ec.EllipticCurvePrivateKey) -> None:
        agent = {"type": "simulator", "build": BUILD}
        asked = self._post(4, visit, "key/options", {"session_key": public_jwk(visit.key), "agent": agent})
        if self.fault is Fault.NO_DEVICE_KEY:
            key = new_session_key()
        proof = possession(asked["challenge"], key)
        answer = self._post(4, visit, "key", {"proof": proof, "agent": agent})
        self.browser.session.headers[AGENT_KEY] = str(answer["key"])

    # ---- one transaction

    def _run(self, visit: _Visit, *, face: bool) -> requests.Response:
        if self.fault is Fault.FOREIGN_BROWSER:
            self.browser.session.cookies.clear()
        if self.fault is Fault.UNKNOWN_TRANSACTION:
            visit.api = visit.api.replace(visit.txn, websafe_encode(self._rng.bytes(18)))
        with self._step(3, "transaction opened"):
            visit.kind = self._describe(visit)["kind"]
        if self.fault is not Fault.SKIPPED_PROOF:
            with self._step(4, "device key proven, bound to transaction, origin and session key"):
                self._prove_device(visit)
        if visit.goes_on and self.fault is not Fault.UNATTESTED:
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

    def _describe(self, visit: _Visit) -> dict[str, Any]:
        """Return what the transaction is for, and note whether the phone is to compare in it."""
        said = _json(3, self.browser.get(visit.api, accept="application/json"))
        visit.compares = bool((said.get("face", {}).get("want") or {}).get("compare"))
        return said

    def _prove_device(self, visit: _Visit) -> None:
        taken: dict[str, Any] = {}
        following = "create" if visit.kind in {"enrol", "recover"} else "prove"
        while following in {"prove", "create"}:
            answer = self._use_passkey(visit, receives=following == "create" and visit.compares)
            if visit.device is None:
                visit.device = answer
            else:
                visit.added = answer
            agent = {**self.agent, **self._attested(visit, answer)}
            taken = self._post(4, visit, "passkey", {"credential": answer.credential, "agent": agent})
            following = taken["next"]
            if following == "create" or self._receives(answer):
                self._describe(visit)  # by which model is known from now on, as is whose face it is
        if following == "recovered" and visit.party is not None:
            # Too little for it. The person goes on all the same, and the relying party hears of it.
            taken = self._post(5, visit, "without-face", {})
            following = taken["next"]
        if following in {"recovered", "face-closed", "no-renewal"}:
            raise Denied(4, 200, following)
        visit.must_agree = following == "agree"
        visit.faceless = following == "renew"
        visit.goes_on = str(taken["continue_url"]) if following == "done" else ""

    def _use_passkey(self, visit: _Visit, *, receives: bool) -> Answer:
        """Make or use a passkey; one that `receives` gets a key by which it is sent references."""
        receiver = new_session_key() if receives else None
        named = {"receiving_key": public_jwk(receiver)} if receiver else {}
        asked = {"session_key": public_jwk(visit.key), **named}
        options = self._post(4, visit, "passkey/options", asked)["publicKey"]
        answer = self._answer_with_passkey(visit, options)
        credential = self._credential(answer)
        if receiver is not None and credential is not None:
            credential.receiver = receiver
        return answer

    def _receives(self, answer: Answer) -> bool:
        credential = self._credential(answer)
        return credential is not None and credential.receiver is not None

    def _attested(self, visit: _Visit, answer: Answer) -> dict[str, Any]:
        """Return what vouches for the phone's keys, where it has one by which it receives."""
        credential = self._credential(answer)
        if credential is None or credential.receiver is None or self.fault is Fault.UNATTESTED:
            return {}
        return {"attestation": attestation(visit.txn, public_jwk(visit.key), public_jwk(credential.receiver))}

    def _answer_with_passkey(self, visit: _Visit, options: dict[str, Any]) -> Answer:
        origin = origin_of(visit.api)
        if self.fault is Fault.WRONG_ORIGIN:
            origin = "https://visor.example.net"
        else:
            self._require_own(options["rp"]["id"] if "rp" in options else options["rpId"], origin)
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

    def _require_own(self, rp_id: str, origin: str) -> None:
        """Refuse, as a browser does, an RP ID that the page may not use (WebAuthn Level 3 section 5.11.1)."""
        page = urlsplit(origin)
        host = page.hostname or ""
        if host == rp_id or ("." in rp_id and host.endswith(f".{rp_id}")):
            return
        port = f":{page.port}" if page.port else ""
        # Without any cookie: whoever answers learns nothing of who asks.
        asked = f"{page.scheme}://{rp_id}{port}/.well-known/webauthn"
        answer = requests.get(asked, timeout=_PATIENCE_S, allow_redirects=False)
        if answer.status_code != 200 or origin not in answer.json()["origins"]:
            raise Denied(4, 0, f"{origin} may not use passkeys of {rp_id}")

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
            if self._compares_itself(visit):
                self._be_sent_the_reference(visit)
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
                if self.fault is Fault.UNASKED_FETCH:
                    self._post(10, visit, "outgoing", {})
                if status.get("outgoing"):
                    with self._step(10, "sealed reference fetched, and kept on the phone"):
                        self._keep_reference(visit)
                return str(status["continue_url"])
            if status["state"] != "again" and not status.get("may_retry"):
                break
        raise Denied(10, 200, f"{status['state']} {status.get('hint', '')}".strip())

    def _compares_itself(self, visit: _Visit) -> bool:
        if self.fault is Fault.SKIPPED_RELEASE:
            return False
        may = visit.device is not None and self._receives(visit.device)
        wanted = visit.compares or self.fault is Fault.UNATTESTED
        return visit.kind == "authenticate" and may and wanted

    def _be_sent_the_reference(self, visit: _Visit) -> None:
        """Have a worker open the reference with the phone's share, and fetch it, sealed to the phone."""
        with self._step(6, "share sealed to a worker, which seals the reference to the phone"):
            challenge = self._post(6, visit, "challenge", {"want": "reference"})
            binding = self._binding(visit, challenge)
            content = asking(binding, *self._share(visit.device), self._engine.engine_id)
            sample = encrypt(container(content, []), binding, challenge["seal"]).encode()
            _json(8, self.browser.post_bytes(urljoin(visit.api, "sample"), sample, media_type(sample)))
            status = self._poll(visit)
            if status["state"] != "released":
                raise Denied(10, 200, f"{status['state']} {status.get('hint', '')}".strip())
        with self._step(6, "reference fetched, once"):
            sealed = self._fetch_released(visit)
            credential = self._credential(visit.device)
            assert credential is not None
            assert credential.receiver is not None
            visit.released = open_released(sealed, credential.receiver, binding)

    def _fetch_released(self, visit: _Visit) -> str:
        sealed = str(self._post(6, visit, "outgoing", {})["sealed"])
        if self.fault is Fault.SECOND_FETCH:
            self._post(6, visit, "outgoing", {})
        return sealed

    @property
    def _engine(self) -> DeviceEngine:
        if self.person.engine is None:
            raise Denied(6, 0, "this phone has nothing to compare by")
        return self.person.engine

    def _compare(self, visit: _Visit, frames: Sequence[Frame], challenge: dict[str, Any]) -> None:
        if visit.released is not None:
            visit.matched = self._engine.matches(
                centre_pictures(frames, challenge),
                vector=visit.released.vector,
                threshold=visit.released.threshold,
            )

    def _result(self, visit: _Visit, binding: Binding, chain: str) -> dict[str, Any]:
        """Return the signed result of the comparison, where there was one, and forget the reference."""
        released, visit.released = visit.released, None
        if released is None or self.fault is Fault.NO_RESULT:
            return {}
        said = result(released, binding, chain=chain, engine=self._engine.engine_id, matched=visit.matched)
        if self.fault is Fault.FOREIGN_CHAIN:
            said["chain"] = websafe_encode(self._rng.bytes(32))
        elif self.fault is Fault.FOREIGN_ENGINE:
            said["engine"] = f"{said['engine']}, or so"
        elif self.fault is Fault.FOREIGN_VERSION:
            said["ver"] += 1
        key = new_session_key() if self.fault is Fault.FOREIGN_RESULT_KEY else visit.key
        return {"result": sign_result(said, key)}

    def _capture(self, visit: _Visit, challenge: dict[str, Any], number: int) -> bytes:
        with self._step(7, "frames captured, chained, signed, sealed to the worker"):
            begun = time.monotonic()
            if self.fault is Fault.EARLY_UPLOAD:
                return encrypt(b"", self._binding(visit, challenge), challenge["seal"]).encode()
            frames, camera = self._film(challenge, number)
            self._compare(visit, frames, challenge)
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
        want = challenge["want"]
        wrong = self.fault is Fault.WRONG_SHARE
        share, kind = self._share(visit.device) if want["share"] or wrong else (None, "prf")
        bound = self._bound_share(visit, wanted=want["share"])
        capture = Capture(frames, camera, share, kind, bound, self._sent_along(visit, want, binding))
        key = new_session_key() if self.fault is Fault.FOREIGN_SESSION_KEY else visit.key
        content = manifest(capture, binding, key)
        content |= self._result(visit, binding, content["chain"])
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
        return Binding(visit.txn, challenge["nonce"], visit.named or websafe_encode(device))

    def _share(self, device: Answer | None) -> tuple[bytes | None, str]:
        if device is None:
            return None, "prf"
        if self.fault is Fault.WRONG_SHARE:
            return self._rng.bytes(32), "prf"
        if device.prf is not None:
            return device.prf, "prf"
        return self._browser_shares.setdefault(device.credential_id, self._rng.bytes(32)), "browser"

    def _sent_along(self, visit: _Visit, want: dict[str, Any], binding: Binding) -> dict[str, Any]:
        """Return what the phone keeps of the wanted reference, and the key to answer to."""
        sent = answer_key(visit.receiver, binding, visit.key) if want["receiver"] else {}
        credential = self._credential(visit.device)
        if want["reference"] and credential is not None:
            kept = credential.bundles.get(want["reference"]["id"], [])
            sent["bundles"] = [websafe_encode(each) for each in kept]
        if self.fault is Fault.OWN_BUNDLE:
            sent["bundles"] = [websafe_encode(self._rng.bytes(600))]
        return sent

    def _keep_reference(self, visit: _Visit) -> None:
        """Fetch what was left for this phone, and keep it beside the passkey that it is for."""
        answer = visit.added or visit.device
        credential = self._credential(answer)
        assert answer is not None
        assert credential is not None
        sealed = self._post(10, visit, "outgoing", {})["sealed"]
        device = websafe_encode(answer.credential_id)
        name, bundles = open_answer(sealed, visit.receiver, txn=visit.txn, device=device)
        credential.bundles.pop(name, None)
        credential.bundles[name] = bundles
        for old in list(credential.bundles)[:-_MOST_REFERENCES]:
            del credential.bundles[old]

    def _credential(self, answer: Answer | None) -> Credential | None:
        held = self.person.authenticator.credentials
        return next((each for each in held if answer and each.id == answer.credential_id), None)

    def _bound_share(self, visit: _Visit, *, wanted: bool) -> dict[str, Any]:
        if visit.added is None:
            return {}
        device = {"new_dev": websafe_encode(visit.added.credential_id)}
        if not wanted:
            return device
        share, kind = self._share(visit.added)
        return {**device, "new_share": websafe_encode(share or b""), "new_share_kind": kind}

    def _upload(self, visit: _Visit, sample: bytes, challenge: dict[str, Any]) -> None:
        if self.fault is Fault.REPLAYED_UPLOAD and self.recorded is not None:
            sample = self.recorded
        if self.fault is Fault.LATE_UPLOAD:
            self._wait(challenge["expires_in"] + 2)
        for _ in range(2 if self.fault is Fault.DOUBLE_UPLOAD else 1):
            _json(8, self.browser.post_bytes(urljoin(visit.api, "sample"), sample, media_type(sample)))

    def _await_verdict(self, visit: _Visit) -> dict[str, Any]:
        with self._step(9, "worker opens, checks, compares, and signs its parts"):
            status = self._poll(visit)
        with self._step(10, f"verdict: {status['state']}"):
            return status

    def _poll(self, visit: _Visit) -> dict[str, Any]:
        ends = time.monotonic() + _PATIENCE_S
        while (status := self._status(visit))["state"] == "working" and time.monotonic() < ends:
            time.sleep(_POLL_S)
        return status

    def _status(self, visit: _Visit) -> dict[str, Any]:
        return _json(10, self.browser.get(urljoin(visit.api, "status"), accept="application/json"))

    # ---- after the verdict

    def _finish(self, visit: _Visit, goes_on: str) -> requests.Response:
        browser = Browser() if self.fault is Fault.STOLEN_VERDICT else self.browser
        with self._step(11, "provider computes acr and amr, issues the code"):
            page = self._consent(browser, browser.open(urljoin(visit.api, goes_on), until=carries_answer))
        if visit.kind != "authenticate" or visit.handed_on:
            return page
        if not page.is_redirect:
            raise Denied(11, page.status_code, _code_of(page))
        page = self._bring(page, visit.party, browser)
        with self._step(13, "transaction closed for good"):
            self._check_closed(visit)
        return page

    def _bring(self, answer: requests.Response, party: Party | None, browser: Browser) -> requests.Response:
        """Bring the provider's answer to the relying party; return its page, the answer where it has none."""
        callback = urljoin(answer.url, answer.headers["Location"])
        with self._step(12, "relying party redeems the code and checks the token"):
            page = _delivered(callback, party, browser)
        if self.fault is Fault.REPLAYED_CODE:
            page = _delivered(callback, party, Browser())
        return page or answer

    def _consent(self, browser: Browser, page: requests.Response) -> requests.Response:
        if asks_consent(page):
            return browser.follow(browser.agree(page), until=carries_answer)
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
        if self.fault is Fault.FOREIGN_REDIRECT and "redirect_uri=" in url:
            return _with(url, redirect_uri="https://other.example/cb")
        if self.fault is Fault.FOREIGN_REQUEST and "request_uri=" in url:
            return _with(url, client_id="somebody-else")
        return url


def _with(url: str, **changes: str) -> str:
    parts = urlsplit(url)
    query = [(name, changes.get(name, value)) for name, value in parse_qsl(parts.query)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _visit_at(url: str, step: int, answer: requests.Response) -> _Visit:
    """Return the visit of a sign-in page; raises Denied at `step` where the answer led elsewhere."""
    found = SIGN_IN_PAGE.match(url)
    if found is None or answer.status_code >= 400:
        raise Denied(step, answer.status_code, _code_of(answer))
    return _Visit(f"{found['issuer']}agent/{found['txn']}/")


def _delivered(callback: str, party: Party | None, browser: Browser) -> requests.Response | None:
    if party is not None:
        party.take(callback)
        return None
    return _good(12, browser.open(callback))


def _good(step: int, page: requests.Response) -> requests.Response:
    if page.status_code != 200:
        raise Denied(step, page.status_code, _code_of(page))
    return page


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
