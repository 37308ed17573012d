"""With a stolen passkey and the whole interface an attacker climbs towards a face, and learns nothing.

They show any features they like, as if they had found a way past liveness detection and the engine, and see
everything that a person, a relying party and an administrator of the tenant see (tests/attacks/interfaces.py
lists it). A try far from the reference and one a hair below the threshold have to look alike, to the byte;
and a climb that would succeed with an oracle has to stay where it began without one (S8.1-04).
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import transaction as database
from django.test import Client

from authsvc.biometrics import binding, renewal, verification
from authsvc.biometrics.types import DecisionResult, Reason
from authsvc.capture import agent_api, challenge
from authsvc.capture import desk as desk_page
from authsvc.core.clock import now
from authsvc.core.ids import new_secret
from authsvc.limits.limit import forget_counts
from authsvc.oidc.models import BackchannelRequest
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import status, tries
from authsvc.transactions.models import AttemptCounter, Capture, Transaction
from tests.attacks.interfaces import SILENT, TRIED, Everybody, looked_at
from tests.campaign import Size, sampled
from tests.factories import make_tenant, offer_sample_key
from tests.provider.browser import Browser, answer_of, make_partner
from tests.provider.ciba.conftest import HINT, Starter
from tests.provider.handoff.conftest import codes
from tests.provider.handoff.devices import DESK, Desk, Phone
from tests.provider.tokens import key_set, new_key
from tests.tenancy.routes import EXPECTED
from tests.unit.enrolment.test_renewal import (
    NOTHING_BESIDE,
    OTHER,
    OWN,
    THRESHOLD,
    ada,
    concluded,
    judged,
)

__all__ = ["ada", "codes"]
pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.1-04")]

Seen = dict[str, str]
"""What one try shows, by where it is seen."""
TRIES = 9
"""One more than until the face is off. A try that leaves a challenge open costs two."""
DIMENSIONS = 8
"""In how many the climb goes: those that an attacker who knows people's faces would go in."""

# What is different each time and says nothing: ids, digests, nonces, days and times, seconds that are left.
_CHANGING = re.compile(
    r"[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]+)*|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\d{4}-\d\d-\d\d[T ]?[\d:.+]*"
    r"|\b\d+\s(?:second|minute|hour)s?\b|\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\b|\"expires_in\":\s*\d+|\b1\d{9}\b"
    r"|\b\d+(?:\.\d+)?\s(?:ms|s)\b|\?after=[\w=-]+|/audit/\d+/"
)

_BESIDE = frozenset({"Set-Cookie", "Content-Length"})
"""Headers that say what cookies and body, which are compared, say themselves."""


@pytest.fixture
def agent(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    """The attacker's phone, at a tenant that asks for the same movements every time."""
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        offer_sample_key()
        drawn = challenge._draw(light=False)
        monkeypatch.setattr(challenge, "_draw", lambda **_: {**drawn, "nonce": new_secret()})
        yield Phone(tenant)


class Clock:
    """The time by which tries are counted; it moves when the attacker waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = now()
        monkeypatch.setattr(tries, "now", self.now)

    def now(self) -> datetime:
        return self.at

    def wait(self) -> None:
        self.at += timedelta(hours=2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


# --- ways to a try -----------------------------------------------------------------------------------------
class Way:
    """A sign-in that the phone alone is in: what is seen is what the agent's own interface says."""

    kind: str = Transaction.Kind.AUTHENTICATE
    answers_without_face = True

    def __init__(self, agent: Phone) -> None:
        self.agent = agent
        self.browser = Browser(agent.tenant, http=agent.client)

    @property
    def root(self) -> str:
        return self.browser.root

    def begin(self) -> Transaction:
        """Begin a try, up to the passkey."""
        return self.agent.open(self.kind)

    def beside(self, row: Transaction) -> dict[str, Any]:
        """What the others see of a try that was judged."""
        return {}

    def afterwards(self, row: Transaction) -> dict[str, Any]:
        """What they see once the person went on without the face."""
        return {}

    def started(self, path: str) -> Transaction:
        """Begin one of the person's own acts at its page."""
        start: Any = self.agent.client.post(self.root + path, headers={"origin": self.agent.origin})
        return Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])


class AtAParty(Way):
    """At a relying party, which gets a code, tokens and claims, and may introspect them."""

    def __init__(self, agent: Phone) -> None:
        super().__init__(agent)
        self._partner = make_partner(scopes=["openid", "profile"])

    def begin(self) -> Transaction:
        asked = self.browser.authorize(self._partner, prompt="login", scope="openid profile")
        return Transaction.objects.get(pk=self.browser.opened(asked))

    def beside(self, row: Transaction) -> dict[str, Any]:
        return {"too early": self.browser.resume(row.pk)}

    def afterwards(self, row: Transaction) -> dict[str, Any]:
        resumed = self.browser.resume(row.pk)
        redeemed = self.browser.redeem(self._partner, answer_of(resumed)["code"])
        tokens = redeemed.json()
        body = {"token": tokens["access_token"]}
        introspected = Client().post(f"{self.root}introspect", body, headers=self._partner.basic())
        return {
            "resumed": resumed,
            "tokens": redeemed,
            "claims": self.browser.claims(tokens["id_token"]),
            "userinfo": self.browser.userinfo(tokens["access_token"]),
            "introspected": introspected,
        }


class Approving(Way):
    """On the phone, for a relying party that asked without a browser and polls."""

    answers_without_face = False  # the request would be answered, and a try has nothing left to approve

    def __init__(self, agent: Phone) -> None:
        super().__init__(agent)
        key = new_key("ES256")
        partner = make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll")
        self._starter = Starter(partner, key, self.browser)
        row = self.started("approve/enter")
        agent.passkey(row)
        agent.post(row, "without-face")
        assert agent.client.get(f"{self.root}approve/entered/{row.pk}").status_code == 302
        self._asked = self._starter.ask().json()["auth_req_id"]
        self._waiting = BackchannelRequest.objects.get()

    def begin(self) -> Transaction:
        answer: Any = self.agent.client.post(f"{self.root}approve/{self._waiting.pk}/", {"answer": "yes"})
        return Transaction.objects.get(pk=self.browser.opened(answer))

    def beside(self, row: Transaction) -> dict[str, Any]:
        BackchannelRequest.objects.update(polled_at=None)  # none comes too soon after the one before
        return {
            "poll": self._starter.poll(self._asked),
            "too early": self.agent.client.get(f"{self.root}approve/{self._waiting.pk}/done/{row.pk}"),
            "waiting": self.agent.client.get(f"{self.root}approve/"),
        }


class HandedOn(Way):
    """On a phone that a desk handed it on to; the desk hears how far it is."""

    def __init__(self, agent: Phone) -> None:
        super().__init__(agent)
        self._partner = make_partner()
        self._desk = Desk(agent.tenant, http=Client(REMOTE_ADDR=DESK))

    def begin(self) -> Transaction:
        self._desk.begins(self._partner, prompt="login")
        return self.agent.takes_over(self._desk)

    def beside(self, row: Transaction) -> dict[str, Any]:
        http, at = self._desk.http, f"{self.root}desk/{row.pk}/"
        return {
            "desk": http.get(at),
            "desk hears": http.get(f"{at}status"),
            "another code": self._desk.asks("code"),
            "desk goes on": self._desk.resume(row.pk),
        }

    def afterwards(self, row: Transaction) -> dict[str, Any]:
        return {"desk hears of the end": self._desk.http.get(f"{self.root}desk/{row.pk}/status")}


class Renewing(Way):
    """At the person's own page, to add a moment."""

    kind = Transaction.Kind.RENEW
    answers_without_face = False
    page = "moments/"

    def begin(self) -> Transaction:
        return self.started(self.page)

    def beside(self, row: Transaction) -> dict[str, Any]:
        return {"finish": self.agent.client.get(f"{self.root}{self.page}finish/{row.pk}/")}


class Adding(Renewing):
    """At the person's own page, to let a second passkey open the face."""

    kind = Transaction.Kind.BIND
    page = "passkeys/"


WAYS: dict[str, type[Way]] = {
    "sign-in": AtAParty,
    "approval": Approving,
    "handed-on": HandedOn,
    "renewal": Renewing,
    "second-passkey": Adding,
}


class Attacker:
    """Has the person's passkey and browser; `judged_tries` counts what a worker looked at for them.

    They look at the answers to each try and its status, at what is `beside` it for everybody who is in it,
    and once they are `around` the site at all else that there is.
    """

    def __init__(
        self,
        agent: Phone,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
        way: type[Way] = Way,
        *,
        beside: bool = False,
        around: Sequence[str] = (),
    ) -> None:
        self.agent, self.clock, self.beside = agent, clock, beside
        self._patch, self._way = monkeypatch, way(agent)
        self._around = around
        self._everybody = Everybody(agent, Subject.objects.get(devices__isnull=False)) if around else None
        self.judged_tries = 0
        self.last: Transaction | None = None

    def shows(self, vector: np.ndarray) -> Seen:
        """Make one try with these features, and return all that can be seen of it."""
        judged(self._patch, vector)
        self._patch.setattr(binding, "examine", vars(verification)["examine"])
        row = self.last = self._begun()
        seen = {"challenge": self.agent.post(row, "challenge", {"prefer": None})}
        seen["upload"] = self.agent.upload(row)
        capture = row.captures.filter(state=Capture.State.SUBMITTED).first()
        if capture is not None:
            self.judged_tries += 1
            concluded(capture, JUDGES[self._way.kind](capture, NOTHING_BESIDE))
        seen["status"] = self.agent.get(row, "status")
        if self.beside:
            seen |= self._beside(row)
        return {place: _plain(answer) for place, answer in seen.items()}

    def _beside(self, row: Transaction) -> dict[str, Any]:
        root, way = self._way.root, self._way
        seen = {
            "described": self.agent.get(row),
            "next challenge": self.agent.post(row, "challenge", {"prefer": None}),
            "page": self.agent.client.get(f"{root}signin/{row.pk}/"),
            "fetched": self.agent.post(row, "outgoing"),
            **way.beside(row),
        }
        if way.answers_without_face:
            seen["without the face"] = self.agent.post(row, "without-face")
            seen |= way.afterwards(row)
        seen["left"] = self.agent.post(row, "cancel")
        return seen

    def looks_around(self) -> Seen:
        """Return what everybody sees of all tries, once the person has been at their own page."""
        if self._everybody is None or self.last is None:
            return {}
        row = self._way.started("me/enter")
        self.agent.client.get(self.agent.passkey(row).json()["continue_url"])
        return {place: _plain(answer) for place, answer in self._everybody.look(self.last, self._around)}

    def _begun(self) -> Transaction:
        row = self._way.begin()
        self.agent.passkey(row)
        if self._way.kind == Transaction.Kind.BIND:
            self.agent.passkey(row)
            del self.agent.authenticator.credentials[1:]  # it counts for nothing before the face is shown
        row.refresh_from_db()
        return row


JUDGES: dict[str, Callable[[Capture, bytes], Any]] = {
    Transaction.Kind.AUTHENTICATE: verification.verify,
    Transaction.Kind.RENEW: renewal.renew,
    Transaction.Kind.BIND: binding.bind,
}


def _plain(answer: Any) -> str:
    """Return status, headers and body of an answer, or claims, without what is different each time."""
    if isinstance(answer, dict):
        return _CHANGING.sub("…", json.dumps(answer, sort_keys=True))
    headers = sorted(f"{name}: {value}" for name, value in answer.headers.items() if name not in _BESIDE)
    body = answer.content.decode()
    if "nonce" in body and answer.headers["Content-Type"] == "application/json":
        body = " ".join(sorted(answer.json()))  # a challenge: its cues are drawn
    text = "\n".join([str(answer.status_code), *headers, *sorted(answer.cookies), body])
    return _CHANGING.sub("…", text)


def at(score: float) -> np.ndarray:
    """Features whose comparison with the reference gives this score."""
    return np.asarray(score * OWN + np.sqrt(1 - score**2) * OTHER, np.float32)


FAR, NEAR = at(0.0), at(THRESHOLD - 1e-4)


def campaign_of(attacker: Attacker, vector: np.ndarray, count: int) -> list[Seen]:
    """Try again and again, waiting where one has to; afterwards the person is as they were before."""
    forget_counts()
    began = database.savepoint()
    moment = attacker.clock.at
    found = []
    for _ in range(count):
        found.append(attacker.shows(vector))
        if '"locked"' in found[-1]["status"]:
            attacker.clock.wait()
    found[-1] |= attacker.looks_around()
    database.savepoint_rollback(began)
    attacker.clock.at = moment
    return found


def told_apart(far: list[Seen], near: list[Seen]) -> dict[str, set[str]]:
    """Return where far tries look other than those that are nearly right, and the lines that differ."""
    pairs = zip(far, near, strict=True)
    return {
        place: set(one[place].splitlines()) ^ set(other[place].splitlines())
        for one, other in pairs
        for place in one
        if one[place] != other[place]
    }


@pytest.mark.parametrize("way", sampled({way: way for way in WAYS}, "sign-in", "handed-on"))
def test_no_interface_varies_with_the_score_and_the_limit_ends_it(
    agent: Phone, ada: Subject, clock: Clock, monkeypatch: pytest.MonkeyPatch, way: str, size: Size
) -> None:
    count = TRIES if way == "sign-in" else size("tries", sample=2, whole=TRIES)
    Subject.objects.update(external_id=HINT)
    around = looked_at() if count == TRIES else ()
    attacker = Attacker(agent, clock, monkeypatch, WAYS[way], beside=True, around=around)
    far, near = (campaign_of(attacker, vector, count) for vector in (FAR, NEAR))
    assert told_apart(far, near) == {}
    assert set(around) <= set(far[-1])
    assert 0 < attacker.judged_tries <= 2 * tries.FAILURES_UNTIL_DISABLED
    if around:
        assert "face-disabled" in near[-1]["challenge"]
    attacker.beside = False
    if way != "second-passkey":  # whose sample names no second passkey here
        assert '"done"' in attacker.shows(at(1.0))["status"]  # they were compared, and a right one is taken


def test_an_interface_without_a_row_is_found(agent: Phone, ada: Subject, clock: Clock) -> None:
    """Each route is gone through by a try, asked for afterwards, or silent for a reason."""
    assert (TRIED | set(SILENT)) <= set(EXPECTED)
    assert not TRIED & set(SILENT)
    everybody, row = Everybody(agent, ada), agent.proven()
    here = Way(agent).started("me/enter")
    agent.client.get(agent.passkey(here).json()["continue_url"])
    answered = {route: answer.status_code for route, answer in everybody.look(row, looked_at())}
    assert {route: code for route, code in answered.items() if code != 200} == {}


# --- what finds nothing has to find what is there ----------------------------------------------------------
def _band(vector: np.ndarray) -> str:
    return f"{float(vector @ OWN):.2f}"


def _leaks_a_hint(patch: pytest.MonkeyPatch, score: Callable[[], str]) -> None:
    said = status.status_of
    patch.setattr(agent_api, "status_of", lambda row: {**said(row), "hint": score()})


def _leaks_a_length(patch: pytest.MonkeyPatch, score: Callable[[], str]) -> None:
    said = status.status_of
    patch.setattr(agent_api, "status_of", lambda row: {**said(row), "pad": " " * int(100 * float(score()))})


def _leaks_a_count(patch: pytest.MonkeyPatch, score: Callable[[], str]) -> None:
    """What is nearly right costs no try: the limit itself tells."""
    settled = tries.settle_failure
    patch.setattr(tries, "settle_failure", lambda who: None if float(score()) > 0.4 else settled(who))


def _leaks_a_second_try(patch: pytest.MonkeyPatch, score: Callable[[], str]) -> None:
    """What is nearly right is asked for again as too poor."""
    refused = vars(verification)["Judgement"]

    def judgement(decision: DecisionResult, *more: Any, **named: Any) -> Any:
        if decision.reason == Reason.NON_MATCH and float(score()) > 0.4:
            decision = DecisionResult("again", decision.reason, "light")
        return refused(decision, *more, **named)

    patch.setattr(verification, "Judgement", judgement)


def _leaks_to_the_desk(patch: pytest.MonkeyPatch, score: Callable[[], str]) -> None:
    said = vars(desk_page)["handoff_status"]
    patch.setattr(desk_page, "handoff_status", lambda row: {**said(row), "near": score()})


def _leaks_to_the_portal(patch: pytest.MonkeyPatch, score: Callable[[], str]) -> None:
    """The reason, which administrators read, says how near it was."""
    refused = vars(verification)["Judgement"]

    def judgement(decision: DecisionResult, *more: Any, **named: Any) -> Any:
        said: Any = f"{decision.reason} {score()}"
        return refused(DecisionResult(decision.outcome, said), *more, **named)

    patch.setattr(verification, "Judgement", judgement)


LEAKS: dict[str, tuple[Any, int, type[Way], str]] = {
    # how, after how many tries it is seen, by which way, and where
    "a hint": (_leaks_a_hint, 1, Way, "status"),
    "a length": (_leaks_a_length, 1, Way, "status"),
    "a count": (_leaks_a_count, 5, Way, "status"),
    "a second try": (_leaks_a_second_try, 1, Way, "status"),
    "the desk": (_leaks_to_the_desk, 1, HandedOn, "desk hears"),
    "the portal": (_leaks_to_the_portal, 1, AtAParty, "portal/<slug:tenant>/attempts/<str:transaction>/"),
}


@pytest.mark.parametrize("leak", sampled({leak: leak for leak in LEAKS}, "a hint", "the desk", "the portal"))
def test_an_oracle_that_was_put_in_is_found(
    agent: Phone, ada: Subject, clock: Clock, monkeypatch: pytest.MonkeyPatch, leak: str
) -> None:
    put_in, count, way, where = LEAKS[leak]
    shown: list[np.ndarray] = []
    attacker = Attacker(
        agent, clock, monkeypatch, way, beside=way is not Way, around=[where] if where in looked_at() else ()
    )
    shows = attacker.shows

    def noted(vector: np.ndarray) -> Seen:
        shown.append(vector)
        return shows(vector)

    monkeypatch.setattr(attacker, "shows", noted)
    put_in(monkeypatch, lambda: _band(shown[-1]))
    assert where in told_apart(campaign_of(attacker, FAR, count), campaign_of(attacker, NEAR, count))


# --- the climb itself --------------------------------------------------------------------------------------
def climbed(attacker: Attacker, steps: int, readout: Callable[[Seen], float]) -> float:
    """Climb by simultaneous perturbation (SPSA, Spall 1992); return the score of where it ends.

    The limits are off: each try finds the person as they were. Two tries that look alike move nothing.
    """
    rng = np.random.default_rng(12)
    place = np.zeros(OWN.size, np.float32)
    place[:DIMENSIONS] = at(0.2)[:DIMENSIONS]
    for _ in range(steps):
        change = np.zeros_like(place)
        change[:DIMENSIONS] = rng.choice([-1.0, 1.0], DIMENSIONS) * 0.3
        up, down = (readout(_alone(attacker, _unit(place + sign * change))) for sign in (1, -1))
        place = _unit(place + np.sign(up - down) * change)
    return float(place @ OWN)


def _alone(attacker: Attacker, vector: np.ndarray) -> Seen:
    began = database.savepoint()
    seen = attacker.shows(vector)
    database.savepoint_rollback(began)
    forget_counts()
    return seen


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def everything(seen: Seen) -> float:
    """Read a number out of all that is seen: two that differ give different ones."""
    return float(zlib.crc32("\n".join(seen.values()).encode()))


def the_hint(seen: Seen) -> float:
    found = re.search(r'"hint": ?"(-?[\d.]+)"', seen["status"])
    return float(found[1]) if found else 0.0


def test_a_climb_stays_where_it_began_and_goes_up_where_an_oracle_is(
    agent: Phone,
    ada: Subject,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    size: Callable[..., int],
    record_property: Callable[[str, object], None],
) -> None:
    steps = size("steps", sample=3, whole=200)
    attacker = Attacker(agent, clock, monkeypatch)
    blind = climbed(attacker, steps, everything)
    shown: list[np.ndarray] = []
    shows = attacker.shows

    def noted(vector: np.ndarray) -> Seen:
        shown.append(vector)
        return shows(vector)

    monkeypatch.setattr(attacker, "shows", noted)
    _leaks_a_hint(monkeypatch, lambda: f"{float(shown[-1] @ OWN):.6f}")
    led = climbed(attacker, 6, the_hint)
    record_property("score after the climb", round(blind, 4))
    record_property("score after a climb with an oracle", round(led, 4))
    assert blind == pytest.approx(0.2, abs=0.05)
    assert led > THRESHOLD
    assert AttemptCounter.objects.filter(subject=ada, disabled=True).count() == 0
