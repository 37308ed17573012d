"""Liveness as a service: a session, who may prove it, and its result, which is told once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import thresholds
from authsvc.capture import challenge
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.core.clock import now
from authsvc.core.remembered import forget_everything
from authsvc.limits.register import LIVENESS_OPEN
from authsvc.oidc.models import Provider
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.provider import forget_options
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions import crowding
from authsvc.transactions.models import SealedSample, Transaction
from authsvc.transactions.tries import MATCH_TRIES
from tests.factories import make_subject
from tests.provider.browser import Browser, make_partner
from tests.provider.liveness.framed import FRAMES_END, SCOPES, Framed, a_secret, proven_by, thumbprint
from tests.provider.proofs import KeyHolder

CLAIMS = {"iss", "aud", "iat", "exp", "jti", "cnf", "pad", "iad", "record", "policy", "chain"}


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def read(answer: Any, holder: KeyHolder) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a result, verified by the keys that the issuer publishes."""
    assert answer.status_code == 200, answer.content
    keys = KeySet.import_key_set(holder.visitor.http.get(f"{holder.visitor.root}jwks").json())
    found = jws.deserialize_compact(answer.json()["result"], keys, ["RS256"])
    return dict(found.protected), json.loads(found.payload)


@pytest.mark.requirement("S6.3-04", "S7-02", "S6.4-01")
def test_a_living_person_comes_to_a_signed_result_that_says_nothing_of_who_it_is(framed: Framed) -> None:
    framed.seen()
    header, claims = read(framed.result(), framed.holder)
    assert header["typ"] == "visor-liveness+jwt"
    assert set(claims) == CLAIMS
    assert claims["iss"] == issuer_of(framed.row.tenant)
    assert (claims["aud"], claims["jti"]) == (framed.holder.name, framed.id)
    assert claims["exp"] - claims["iat"] == 60
    assert claims["cnf"] == {"jkt": thumbprint(framed.key)}
    assert (claims["pad"], claims["iad"], claims["chain"]) == ("accepted", "accepted", FRAMES_END)
    assert claims["record"] == "record-under-test"
    row = framed.row
    assert (row.subject_id, row.device_id, row.state) == (None, None, Transaction.State.CONSUMED)
    assert Subject.objects.count() == 0
    assert SealedSample.objects.count() == 0


def test_until_then_it_is_pending(framed: Framed) -> None:
    framed.opened()
    assert framed.result().status_code == 202
    framed.proves()
    framed.uploads()
    waiting = framed.result()
    assert (waiting.status_code, waiting.json()["status"]) == (202, "pending")
    assert 0 < waiting.json()["expires_in"] <= 300


@pytest.mark.requirement("S6.4-01")
def test_the_second_reading_gets_nothing(framed: Framed) -> None:
    framed.seen()
    assert framed.result().status_code == 200
    assert refused(framed.result()) == (410, "result_taken")


def test_another_relying_party_learns_of_no_session(framed: Framed, other: KeyHolder) -> None:
    framed.seen()
    assert refused(framed.result(by=other)) == (404, "unknown_session")
    assert framed.result().status_code == 200


@pytest.mark.requirement("S9.5-03")
@pytest.mark.parametrize("wrong", ["key", "challenge", "typ", "hidden key", "no proof"])
def test_only_the_named_key_proves_a_session(framed: Framed, wrong: str) -> None:
    framed.opened()
    challenge, stranger = framed.challenge(), ECKey.generate_key("P-256")
    proof = {
        "key": proven_by(stranger, challenge),
        "challenge": proven_by(framed.key, a_secret()),
        "typ": proven_by(framed.key, challenge, typ="dpop+jwt"),
        "hidden key": proven_by(framed.key, challenge, jwk=framed.key.as_dict(private=True)),
        "no proof": "",
    }[wrong]
    assert refused(framed.proves(proof)) == (403, "key-refused")
    assert framed.row.state == Transaction.State.OPEN
    assert framed.post("challenge", {}).status_code == 409
    assert AuditEvent.objects.filter(tag=Tag.KEY_REFUSED, transaction=framed.id).exists()
    # A challenge is for one proof: even the right one comes too late for it.
    assert framed.proves(proven_by(framed.key, challenge)).status_code == 409


def test_a_proof_is_of_one_session_and_one_session_key(framed: Framed) -> None:
    another = Framed(framed.holder, key=framed.key).opened()
    framed.opened()
    foreign = another.challenge()
    framed.challenge()
    assert refused(framed.proves(proven_by(framed.key, foreign))) == (403, "key-refused")


def test_the_address_opens_nothing_once_the_key_is_proven(framed: Framed) -> None:
    framed.opened()
    before = framed.secret
    assert framed.proves().status_code == 200
    assert framed.post("challenge", {}, secret=before).status_code == 403
    assert framed.post("challenge", {}, secret=a_secret()).status_code == 403
    assert framed.post("challenge", {}).status_code == 200


def test_the_id_alone_is_no_agent(framed: Framed) -> None:
    framed.opened()
    framed.secret = ""
    assert framed.get().status_code == 403
    assert framed.post("cancel", {}).status_code == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [("passkey/options", {}), ("passkey", {}), ("without-face", {}), ("outgoing", {}), ("consent", {})],
)
def test_no_passkey_no_consent_and_no_way_without_the_camera_ends_it(
    framed: Framed, path: str, body: dict[str, str]
) -> None:
    framed.opened()
    framed.proves()
    assert framed.post(path, body).status_code in {400, 403, 409}
    assert framed.row.state == Transaction.State.PROVEN
    assert framed.row.subject_id is None


def test_what_is_asked_of_the_agent_is_frames_alone(framed: Framed) -> None:
    framed.opened()
    framed.proves()
    face = framed.get().json()["face"]
    nothing = {"share": False, "reference": None, "receiver": False}
    assert (face["offered"], face["required"], face["want"]) == (True, True, nothing)
    assert framed.post("challenge", {}).json()["want"] == nothing


def test_after_three_tries_that_failed_it_is_over(framed: Framed) -> None:
    framed.opened()
    framed.proves()
    for _ in range(MATCH_TRIES):
        framed.judged("refused")
    assert framed.post("challenge", {}).status_code == 409
    assert refused(framed.result()) == (403, "access_denied")
    assert framed.row.state in Transaction.ENDED


def test_challenges_that_nobody_answers_are_tries_too(framed: Framed) -> None:
    framed.opened()
    framed.proves()
    for _ in range(MATCH_TRIES):
        assert framed.post("challenge", {}).status_code == 200
        framed.row.captures.filter(state="issued").update(expires_at=now())
    assert framed.post("challenge", {}).status_code == 409
    assert refused(framed.result()) == (403, "access_denied")


@pytest.mark.requirement("S9.4-08")
def test_what_a_session_asks_is_counted_apart_and_nothing_before_its_key_is_proven(
    framed: Framed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise one visitor could use up the challenges of all who sign in."""
    spent: list[set[str]] = []
    monkeypatch.setattr(
        challenge, "spend_all", lambda *costs: spent.append({limit.name for limit, _ in costs})
    )
    framed.opened()
    assert framed.post("challenge", {}).status_code == 409
    assert spent == []
    framed.proves()
    assert framed.post("challenge", {}).status_code == 200
    assert spent == [{"liveness-session", "liveness-tenant"}]


@pytest.mark.requirement("S9.4-08")
def test_sessions_close_the_camera_to_nobody_who_signs_in(
    framed: Framed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "OF_A_WORKER", 1)
    framed.opened()
    framed.proves()
    assert framed.post("challenge", {}).status_code == 200
    sign_in = Transaction(subject=make_subject(), kind=Transaction.Kind.AUTHENTICATE)
    assert not crowding.is_crowded(sign_in)
    assert crowding.is_crowded(Transaction(kind=Transaction.Kind.LIVENESS))


@pytest.mark.parametrize("how", ["suspended", "without the scope"])
def test_a_site_that_may_have_no_sessions_any_more_films_nobody(framed: Framed, how: str) -> None:
    framed.opened()
    framed.proves()
    client = framed.row.client
    assert client is not None
    changed = (
        {"scopes": ["openid"]} if how == "without the scope" else {"status": RelyingParty.Status.SUSPENDED}
    )
    RelyingParty.objects.filter(pk=client.pk).update(**changed)
    forget_everything()
    assert framed.post("challenge", {}).status_code == 410
    assert (
        framed.holder.visitor.http.get(f"{framed.holder.visitor.root}liveness/{framed.row.pk}/").status_code
        == 410
    )


def test_whoever_turns_back_is_said_to_have(framed: Framed) -> None:
    framed.opened()
    assert framed.post("cancel", {}).status_code == 200
    assert refused(framed.result()) == (403, "access_denied")


@pytest.mark.requirement("S7-04")
def test_after_300_seconds_there_is_no_result(framed: Framed) -> None:
    framed.seen()
    Transaction.objects.filter(pk=framed.id).update(expires_at=now() - timedelta(seconds=1))
    assert refused(framed.result()) == (410, "expired_session")


@pytest.mark.requirement("S6.2-04")
def test_a_result_that_was_written_into_the_database_is_not_told(framed: Framed) -> None:
    framed.opened()
    framed.proves()
    capture = framed.judged()
    proven = framed.row.evidence.to_json()
    proven["face"]["record"] = "a better one"
    Transaction.objects.filter(pk=framed.id).update(stored_evidence=proven)
    assert refused(framed.result()) == (500, "server_error")
    assert AuditEvent.objects.filter(tag=Tag.VERDICT_REFUSED, transaction=framed.id).exists()
    assert capture.state


@pytest.mark.requirement("S9.2-03")
def test_what_no_record_vouches_for_is_not_told(framed: Framed, monkeypatch: pytest.MonkeyPatch) -> None:
    framed.opened()
    framed.proves()
    framed.judged(record=None)
    assert refused(framed.result()) == (503, "temporarily_unavailable")
    monkeypatch.setattr(thresholds, "weakness_here", lambda *_: "too-old")
    assert refused(framed.asks()) == (503, "temporarily_unavailable")


def test_the_scope_is_needed(visitor: Browser) -> None:
    without = Framed(KeyHolder(visitor, {"scopes": ["openid"]}))
    assert refused(without.asks()) == (403, "unauthorized_client")


@pytest.mark.parametrize("key", ["", "short", "A" * 44, "A" * 42 + "="])
def test_the_key_has_to_be_named(framed: Framed, key: str) -> None:
    assert refused(framed.asks(cnf_jkt=key)) == (400, "invalid_request")


def test_whoever_does_not_prove_itself_gets_nothing(framed: Framed) -> None:
    framed.opened()
    stranger = framed.holder.assertion(key=ECKey.generate_key("P-256", {"kid": "client"}))
    root, http = framed.holder.visitor.root, framed.holder.visitor.http
    for path in ("liveness/sessions", f"liveness/sessions/{framed.id}"):
        assert refused(http.post(f"{root}{path}", stranger)) == (401, "invalid_client")
        assert http.get(f"{root}{path}").status_code == 405


def test_too_many_open_sessions_are_refused_with_a_time_to_come_back(framed: Framed, settings: Any) -> None:
    settings.LIMITS = {LIVENESS_OPEN.name: 2}
    first, _ = Framed(framed.holder).opened(), Framed(framed.holder).opened()
    answer = framed.asks()
    assert refused(answer) == (429, "temporarily_unavailable")
    assert int(answer["Retry-After"]) > 0
    first.post("cancel", {})
    assert framed.asks().status_code == 201


def test_too_many_sessions_a_minute_are_refused_for_this_relying_party_alone(
    framed: Framed, other: KeyHolder, settings: Any
) -> None:
    settings.LIMITS = {"liveness-client": 1}
    assert framed.asks().status_code == 201
    answer = framed.asks()
    assert refused(answer) == (429, "temporarily_unavailable")
    assert int(answer["Retry-After"]) > 0
    assert Framed(other).asks().status_code == 201


# ---- registration


@pytest.mark.parametrize(
    "fields",
    [{}, {"token_endpoint_auth_method": "client_secret_post"}, {"token_endpoint_auth_method": "none"}],
)
def test_the_scope_takes_a_key_of_the_relying_partys_own(tenant: Tenant, fields: dict[str, str]) -> None:
    with pytest.raises(RegistrationProblems, match="private_key_jwt"):
        make_partner(scopes=SCOPES, **fields)


def test_who_registers_itself_does_not_get_the_scope(holder: KeyHolder) -> None:
    fields = {"token_endpoint_auth_method": "private_key_jwt", "jwks": holder.partner.party.jwks}
    with pytest.raises(RegistrationProblems, match="administrator"):
        make_partner(scopes=SCOPES, registration_digest="d" * 64, first_party=False, **fields)


def test_no_sign_in_grants_it(visitor: Browser, holder: KeyHolder) -> None:
    known = holder.push(scope="openid liveness")
    assert known.status_code == 201
    config = visitor.http.get(f"{visitor.root}.well-known/openid-configuration").json()
    assert "liveness" not in config["scopes_supported"]


# ---- the sandbox


@pytest.fixture
def sandbox(tenant: Tenant) -> None:
    set_options(sandbox_authenticator=True)


@pytest.mark.requirement("SA-02")
@pytest.mark.usefixtures("sandbox")
def test_a_developer_lets_a_session_pass_and_the_result_is_no_real_one(framed: Framed) -> None:
    framed.opened(sandbox_outcome="passed")
    assert framed.proves().json()["next"] == "done"
    header, claims = read(framed.result(), framed.holder)
    assert header["typ"] == "visor-liveness-sandbox+jwt"
    assert (claims["sandbox"], claims["pad"], claims["iad"]) == (True, "sandbox", "sandbox")
    assert not {"record", "policy", "chain"} & set(claims)


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("outcome", "answer"),
    [("refused", (403, "access_denied")), ("timed-out", (410, "expired_session"))],
)
def test_a_developer_lets_a_session_fail(framed: Framed, outcome: str, answer: tuple[int, str]) -> None:
    framed.opened(sandbox_outcome=outcome)
    framed.proves()
    assert refused(framed.result()) == answer


@pytest.mark.usefixtures("sandbox")
def test_the_key_is_proven_in_the_sandbox_too(framed: Framed) -> None:
    framed.opened(sandbox_outcome="passed")
    framed.challenge()
    assert framed.proves(proven_by(ECKey.generate_key("P-256"), a_secret())).status_code == 403
    assert framed.result().status_code == 202


@pytest.mark.requirement("SA-02")
def test_outside_a_sandbox_nobody_chooses(framed: Framed) -> None:
    assert refused(framed.asks(sandbox_outcome="passed")) == (400, "invalid_request")


@pytest.mark.requirement("SA-02")
@pytest.mark.usefixtures("sandbox")
def test_what_a_developer_chose_is_told_only_while_there_is_a_sandbox(framed: Framed) -> None:
    framed.opened(sandbox_outcome="passed")
    framed.proves()
    Provider.objects.update(sandbox_authenticator=False)
    forget_options()
    assert refused(framed.result()) == (403, "access_denied")
