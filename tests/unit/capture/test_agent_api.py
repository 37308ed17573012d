"""The agent API: order of the steps, limits, origins, and whose transaction it is."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.test import Client, RequestFactory
from kombu.exceptions import OperationalError

from authsvc.biometrics.records.manifest import ROOT
from authsvc.biometrics.records.page import NETWORK
from authsvc.capture import agent_api, queueing, wire
from authsvc.capture import page as capture_page
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.oidc.ciba.waiting import Awaited
from authsvc.oidc.requests.wanted import Wanted
from authsvc.policy.services import publish_models
from authsvc.transactions.models import Capture, SealedSample, Transaction
from authsvc.transactions.records import EnrolmentRequest
from authsvc.transactions.services import lost_captures
from authsvc.vault.models import DeviceWrap, Reference
from tests.campaign import crossed
from tests.factories import make_consent, make_party, make_subject, make_tenant
from tests.unit.capture.agent import Agent
from tests.unit.capture.test_passkeys import refused


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What was handed to the workers."""
    calls: list[dict[str, str]] = []
    monkeypatch.setattr(agent_api, "enqueue_verification", lambda *, capture, **ids: calls.append(ids))
    return calls


def test_the_transaction_is_described(agent: Agent) -> None:
    row = agent.open(client=make_party(name="Shop"))
    body = agent.get(row).json()
    assert body["rp"] == {"name": "Shop"}
    assert (body["kind"], body["state"], body["bind_required"]) == ("authenticate", "open", False)
    assert body["face"] == {
        "offered": True,
        "required": False,
        "demanded": False,
        "light": True,
        "locked": None,
        "crowded": False,
        "want": {"share": True, "reference": None, "receiver": False},
    }
    assert 290 <= body["expires_in"] <= 300


def test_a_partner_can_leave_the_face_out(agent: Agent) -> None:
    agent.enrolled()
    row = agent.open(client=make_party(face_offered=False))
    assert agent.get(row).json()["face"]["offered"] is False
    assert agent.passkey(row).json()["next"] == "done"


@pytest.mark.requirement("S6.2-01")
def test_nothing_is_captured_before_device_proof(agent: Agent) -> None:
    row = agent.open()
    refused(agent.post(row, "challenge", {"prefer": None}), 409, "not-proven")
    refused(agent.post(row, "without-face"), 409, "not-proven")
    refused(agent.upload(row), 409, "no-challenge")
    assert not Capture.objects.exists()


@pytest.mark.requirement("S6.2-01")
def test_an_upload_out_of_turn_is_not_even_read(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire.SampleParser, "parse", lambda *_: pytest.fail("the body was read"))
    refused(agent.upload(agent.open()), 409, "no-challenge")


def test_a_challenge_has_what_the_protocol_says(agent: Agent) -> None:
    agent.enrolled()
    body: Any = agent.post(agent.proven(), "challenge", {"prefer": None}).json()
    assert set(body) == {"capture", "nonce", "expires_in", "steps", "frames", "seal", "warning", "want"}
    assert body["steps"][0]["cue"] == "centre"
    assert set(body["seal"]) == {"kid", "key", "signature", "second"}
    assert body["seal"]["second"] is None
    assert body["frames"] == {"min": 10, "max": 40, "fps": 8, "width": 640, "height": 480}


def test_each_attempt_has_a_challenge_of_its_own(agent: Agent) -> None:
    agent.enrolled()
    nonces = {agent.post(agent.proven(), "challenge").json()["nonce"] for _ in range(3)}
    assert len(nonces) == 3


@pytest.mark.requirement("S10-01")
def test_no_challenge_without_consent(agent: Agent) -> None:
    subject = make_subject()
    row = agent.open(Transaction.Kind.ENROL, subject=subject)
    agent.passkey(row)
    refused(agent.post(row, "challenge", {"prefer": None}), 403, "no-consent")


@pytest.mark.requirement("S9.4-14")
def test_without_a_worker_the_face_is_closed_and_the_other_way_open(agent: Agent, monkeypatch: Any) -> None:
    agent.enrolled()
    row = agent.proven()
    monkeypatch.setattr("authsvc.capture.challenge.keys_on_offer", list)
    refused(agent.post(row, "challenge", {"prefer": None}), 503, "no-worker")
    assert not Capture.objects.exists()
    assert agent.post(row, "without-face").json()["next"] == "done"


def test_one_upload_is_taken_and_handed_on(
    agent: Agent, queued: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    agent.enrolled()
    row = agent.proven()
    agent.post(row, "challenge", {"prefer": None})
    with django_capture_on_commit_callbacks(execute=True):
        answer = agent.upload(row)
    assert (answer.status_code, answer.json()) == (202, {"next": "wait"})
    assert queued == [{"tenant_id": str(agent.tenant.id), "capture_id": Capture.objects.get().id}]
    refused(agent.upload(row), 409, "no-challenge")
    assert agent.get(row, "status").json() == {"state": "working"}


@pytest.mark.requirement("S7-04", "S6.4-04")
def test_who_waits_for_an_overdue_verdict_is_asked_again_as_soon_as_the_agent_asks(agent: Agent) -> None:
    agent.enrolled()
    row = agent.proven()
    agent.post(row, "challenge", {"prefer": None})
    agent.upload(row)
    Capture.objects.update(deadline=now())
    assert agent.get(row, "status").json() == {"state": "again", "hint": "lost"}
    assert not SealedSample.objects.exists()
    assert Capture.objects.get().reason == "deadline"


class BrokenBroker:
    """A broker that is down, in the ways in which that is seen."""

    def __init__(self, problem: Exception) -> None:
        self.problem = problem
        self.retried: list[object] = []

    def __call__(self, *_: object, **options: object) -> None:
        self.retried.append(options.get("retry", True))
        raise self.problem


@pytest.mark.parametrize(
    "problem", [OperationalError("no route to the broker"), ConnectionRefusedError(), TimeoutError()]
)
def test_c05_a_broker_that_is_down_loses_no_sample(
    agent: Agent,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    problem: Exception,
) -> None:
    broker = BrokenBroker(problem)
    monkeypatch.setattr(agent_api, "enqueue_verification", queueing.enqueue_verification)
    monkeypatch.setattr(current_app, "send_task", broker)
    agent.enrolled()
    row = agent.proven()
    agent.post(row, "challenge", {"prefer": None})
    with django_capture_on_commit_callbacks(execute=True):
        answer = agent.upload(row)
    assert (answer.status_code, answer.json()) == (202, {"next": "wait"})
    assert broker.retried == [False]
    assert SealedSample.objects.count() == 1
    assert agent.get(row, "status").json() == {"state": "working"}
    waiting = Capture.objects.get()
    assert lost_captures(timedelta(0)) == [(str(agent.tenant.id), waiting.id)]


def test_c05_a_broker_that_is_down_ends_nobodys_wait(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """The worker that had the sample is gone, and the other one cannot be told of it yet."""
    agent.enrolled()
    row = agent.proven()
    agent.post(row, "challenge", {"prefer": None})
    assert agent.upload(row).status_code == 202
    broker = BrokenBroker(OperationalError("no route to the broker"))
    monkeypatch.setattr(agent_api, "enqueue_verification", queueing.enqueue_verification)
    monkeypatch.setattr(current_app, "send_task", broker)
    monkeypatch.setattr(agent_api, "watched", lambda _: (Transaction.objects.get(pk=row.pk), True))
    monkeypatch.setattr(agent_api, "look_after", lambda _: Capture.objects.get())
    with django_capture_on_commit_callbacks(execute=True):
        assert agent.get(row, "status").json() == {"state": "working"}
    assert broker.retried == [False]


def test_half_of_a_sample_is_refused() -> None:
    asked = RequestFactory().post("/", content_type="application/jose", CONTENT_LENGTH="9")
    with pytest.raises(Refused, match="4 of 9 bytes"):
        wire.SampleParser().parse(BytesIO(b"half"), "application/jose", {"request": asked})


def test_uploads_have_a_limit_and_a_type(agent: Agent) -> None:
    agent.enrolled()
    row = agent.proven()
    agent.post(row, "challenge", {"prefer": None})
    refused(agent.upload(row, b"x" * (wire.SAMPLE_LIMIT + 1)), 413, "too-large")
    refused(agent.upload(row, content_type="image/jpeg"), 415, "content-type")
    refused(agent.upload(row, b""), 411, "no-length")
    empty = agent.client.post(
        agent.url(row, "sample"),
        b"",
        content_type="application/jose",
        CONTENT_LENGTH="0",
        headers={"origin": agent.origin},
    )
    refused(empty, 400, "empty-body")
    assert agent.upload(row).status_code == 202


NO_OBJECTS = {"list": "[]", "broken": "{", "null": "null", "text": '"text"', "deep": "[" * 20000}
JSON_STEPS = ["passkey/options", "passkey", "without-face", "challenge", "cancel"]


@pytest.mark.parametrize(("path", "body"), crossed({path: path for path in JSON_STEPS}, NO_OBJECTS))
def test_bodies_that_are_no_object_are_refused(agent: Agent, path: str, body: str) -> None:
    agent.enrolled()
    row = agent.proven()
    answer = agent.client.post(
        agent.url(row, path), body, content_type="application/json", headers={"origin": agent.origin}
    )
    refused(answer, 400, "bad-json")
    assert agent.get(row).json()["state"] == "proven"


@pytest.mark.parametrize("path", JSON_STEPS)
def test_bodies_of_another_type_and_empty_ones_are_refused(agent: Agent, path: str) -> None:
    agent.enrolled()
    row = agent.proven()
    for body, kind, status, code in (
        ("{}", "text/plain", 415, "content-type"),
        ("", "application/json", 400, "empty-body"),
    ):
        answer = agent.client.post(
            agent.url(row, path),
            body,
            content_type=kind,
            CONTENT_LENGTH=str(len(body)),
            headers={"origin": agent.origin},
        )
        refused(answer, status, code)
    assert agent.get(row).json()["state"] == "proven"


def test_a_large_json_body_is_refused(agent: Agent) -> None:
    body = {"session_key": "x" * wire.JSON_LIMIT}
    refused(agent.post(agent.open(), "passkey/options", body), 413, "too-large")


@pytest.mark.parametrize("origin", ["https://attacker.example", "null", ""])
def test_other_origins_are_refused(agent: Agent, origin: str) -> None:
    refused(agent.post(agent.open(), "cancel", origin=origin), 403, "foreign-origin")


@pytest.mark.requirement("S6.4-01")
def test_another_browser_is_refused_everywhere(agent: Agent) -> None:
    row = agent.open()
    stranger = Agent(agent.tenant)
    refused(stranger.get(row), 403, "foreign-browser")
    refused(stranger.get(row, "status"), 403, "foreign-browser")
    for path in ("passkey/options", "passkey", "without-face", "challenge", "cancel"):
        refused(stranger.post(row, path), 403, "foreign-browser")
    refused(stranger.upload(row), 403, "foreign-browser")
    page = stranger.client.get(f"/t/{agent.tenant.slug}/signin/{row.id}/")
    assert page.status_code == 403


def test_a_transaction_of_another_tenant_is_unknown(agent: Agent) -> None:
    row = agent.open()
    stranger = make_tenant()
    answer = agent.client.get(f"/t/{stranger.slug}/agent/{row.id}/")
    assert answer.status_code == 404


def test_an_ended_transaction_is_expired_to_its_agent(agent: Agent) -> None:
    row = agent.open()
    assert agent.post(row, "cancel").json() == {"continue_url": f"/done/{row.id}"}
    assert agent.get(row, "status").json() == {"state": "expired"}
    refused(agent.post(row, "passkey/options", {}), 410, "ended")


def test_wrong_methods_are_refused(agent: Agent) -> None:
    row = agent.open()
    assert agent.get(row, "challenge").status_code == 405
    assert agent.client.options(agent.url(row, "status")).status_code == 405
    assert agent.post(row, "status").status_code == 405


def test_no_answer_is_stored_on_the_way(agent: Agent) -> None:
    row = agent.open()
    for answer in (agent.get(row), agent.get(row, "status"), agent.post(row, "challenge")):
        assert answer["Cache-Control"] == "no-store"


def test_a_second_passkey_is_bound_from_the_first(agent: Agent) -> None:
    subject = agent.enrolled()
    DeviceWrap.objects.create(
        reference=Reference.objects.create(pseudonym=subject.reference, model="G", sealed_template=b"s"),
        device=subject.devices.get().pk,
        sealed_server_share=b"s",
        wrapped_key=b"k",
    )
    row = agent.open(Transaction.Kind.BIND)
    assert agent.get(row).json()["bind_required"] is True
    assert agent.passkey(row).json() == {"next": "create"}
    options = agent.options(row)
    assert [entry["id"] for entry in options["excludeCredentials"]] == [subject.devices.get().credential_id]
    assert agent.passkey(row, agent.answer(options)).json() == {"next": "capture"}
    assert subject.devices.count() == 2
    body: Any = agent.post(row, "challenge", {"prefer": None}).json()
    assert body["steps"]
    assert body["frames"]["min"] >= 10


class TestPage:
    @pytest.mark.requirement("S6.2-06")
    def test_shows_who_asks_and_is_guarded(self, agent: Agent) -> None:
        party = make_party(name="Corner Shop", purpose="to open your account")
        request = Wanted(redirect_uri="https://shop.example/callback")
        row = agent.open(client=party, request=request)
        page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.id}/")
        text = page.content.decode()
        assert all(words in text for words in ("Corner Shop", "shop.example", "to open your account"))
        assert page["Cache-Control"] == "no-store"
        assert "camera=(self)" in page["Permissions-Policy"]
        policy = page["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy

    @pytest.mark.requirement("S6.2-06", "SA-02")
    def test_what_compares_a_face_is_given_where_a_page_may_have_to(
        self, agent: Agent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address = f"/t/{agent.tenant.slug}/agent-comparer.js"
        row = agent.open()
        page = f"/t/{agent.tenant.slug}/signin/{row.id}/"
        assert agent.client.get(address).status_code == 404
        assert NETWORK not in agent.client.get(page).content.decode()
        publish_models(models=["G", "C"], justification="For the tests.", published_by="admin")
        worker = agent.client.get(address)
        assert "script-src 'self' 'wasm-unsafe-eval'" in worker["Content-Security-Policy"]
        shown = agent.client.get(page)
        assert NETWORK in shown.content.decode()
        assert "unsafe" not in shown["Content-Security-Policy"]
        monkeypatch.setattr(type(agent.tenant), "is_sandbox", False)
        assert agent.client.get(address).status_code == 404
        assert NETWORK not in agent.client.get(page).content.decode()

    def test_no_other_answer_lets_webassembly_run(self) -> None:
        """One line says it, of the answers of two views; no setting and no server in front does."""
        files = [*ROOT.glob("deploy/**/*.conf")]
        for folder in ("authsvc", "portal", "config", "rp", "templates"):
            files += [file for ending in ("py", "html") for file in (ROOT / folder).rglob(f"*.{ending}")]
        said = [file for file in files if "wasm-unsafe-eval" in file.read_text(encoding="utf-8")]
        assert said == [Path(capture_page.__file__)]
        source = Path(capture_page.__file__).read_text(encoding="utf-8")
        assert (source.count("wasm-unsafe-eval"), source.count("return _with_webassembly()")) == (1, 2)

    def test_c12_only_the_worker_that_follows_a_face_may_run_webassembly(self, agent: Agent) -> None:
        worker = agent.client.get(f"/t/{agent.tenant.slug}/agent-tracker.js")
        assert worker["Content-Type"] == "text/javascript"
        policy = worker["Content-Security-Policy"]
        assert "script-src 'self' 'wasm-unsafe-eval'" in policy
        assert policy.count("unsafe") == 1
        other = agent.client.get(f"/t/{agent.tenant.slug}/agent-worker.js")
        assert "unsafe" not in other["Content-Security-Policy"]

    def test_c11_an_approval_says_whose_request_it_is_in_which_words(self, agent: Agent) -> None:
        asked = Awaited(Wanted(), "request", "blue whale <42>")
        row = agent.open(client=make_party(name="Corner Shop"), request=asked)
        text = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.id}/").content.decode()
        assert "<title>Approve: Corner Shop" in text
        assert "blue whale &lt;42&gt;" in text
        assert "Sign in to" not in text

    def test_c11_an_approval_without_words_shows_none(self, agent: Agent) -> None:
        row = agent.open(client=make_party(name="Corner Shop"), request=Awaited(Wanted(), "request", ""))
        text = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.id}/").content.decode()
        assert "<title>Approve: Corner Shop" in text
        assert "Its words" not in text

    @pytest.mark.parametrize(
        ("kind", "site", "begin"),
        [
            ("authenticate", {"client_uri": "https://shop.example/home"}, "https://shop.example/home"),
            ("authenticate", {}, "https://shop.example/"),
            ("bind", None, "http://localhost/t/{slug}/passkeys/"),
            ("enrol", None, ""),
        ],
    )
    def test_c09_where_to_begin_in_another_browser(
        self, agent: Agent, settings: Any, kind: str, site: dict[str, str] | None, begin: str
    ) -> None:
        fields: dict[str, Any] = {"subject": make_subject()} if kind == "enrol" else {}
        if site is not None:
            request = Wanted(redirect_uri="https://shop.example/callback?x=1")
            fields = {"client": make_party(**site), "request": request}
        row = agent.open(kind, **fields)
        page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.id}/")
        begin = begin.replace("http://localhost", settings.BASE_URL).format(slug=agent.tenant.slug)
        assert page.context["config"]["begin"] == begin

    def test_holds_no_inline_script_and_no_inline_style(self, agent: Agent) -> None:
        page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{agent.open(client=make_party()).id}/")
        text = page.content.decode()
        assert " style=" not in text
        assert "<style" not in text
        assert text.count("<script") == text.count('type="module" src=') + text.count(
            'type="application/json"'
        )

    def test_refuses_calmly(self, db: None) -> None:
        tenant = make_tenant()
        page = Client().get(f"/t/{tenant.slug}/signin/unknown/")
        assert page.status_code == 404
        assert "Receipt number" in page.content.decode()

    def test_service_worker_and_manifest_are_served_in_the_tenants_scope(self, agent: Agent) -> None:
        worker = agent.client.get(f"/t/{agent.tenant.slug}/agent-worker.js")
        assert worker["Content-Type"].startswith("text/javascript")
        manifest = agent.client.get(f"/t/{agent.tenant.slug}/agent.webmanifest").json()
        assert manifest["scope"] == f"/t/{agent.tenant.slug}/"


def test_enrolment_without_the_face_needs_no_consent(agent: Agent) -> None:
    subject = make_subject(reference="")
    row = agent.open(Transaction.Kind.ENROL, subject=subject, request=EnrolmentRequest(link="", face=False))
    assert agent.passkey(row).json()["next"] == "done"


def test_the_face_may_still_be_declined_during_enrolment(agent: Agent) -> None:
    subject = make_subject(reference="")
    make_consent(subject)
    row = agent.open(Transaction.Kind.ENROL, subject=subject)
    agent.passkey(row)
    agent.post(row, "challenge", {"prefer": None})
    assert agent.post(row, "without-face").json()["continue_url"] == f"/done/{row.id}"
