"""Each use of a signed statement refuses each fault by its own error, and names the rule in the audit log.

The faults are the same for all uses; the tables say what each use makes of them: the rule, or None where
the statement counts all the same.
"""

import time
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.oidc.offering.options import set_options
from tests.provider.browser import CALLBACK, Browser, make_partner, make_person
from tests.provider.ciba.conftest import HINT, Starter
from tests.provider.fapi2.conftest import PROFILE
from tests.provider.proofs import KeyHolder
from tests.provider.tokens import key_set, new_key, signed

ELSEWHERE = "https://elsewhere.example/"
HUGE = 10**400


def moved(fault: dict[str, Any]) -> dict[str, Any]:
    """Small numbers are seconds from now, "own" in a list of audiences is left to the caller."""
    timed = {"exp", "iat", "nbf"}
    return {
        name: int(time.time()) + value if name in timed and type(value) is int and value < HUGE else value
        for name, value in fault.items()
    }


def named(fault: dict[str, Any], issuer: str) -> dict[str, Any]:
    """Put the issuer in place of ISSUER in a list of audiences."""
    aud = fault.get("aud")
    if isinstance(aud, list):
        return {**fault, "aud": [issuer if entry == "ISSUER" else entry for entry in aud]}
    return fault


def rule_of(answer: Any) -> str | None:
    """The rule that refused, by the newest audit row; None where nothing was refused."""
    return None if answer.status_code in {200, 201} else AuditEvent.objects.latest("sequence").reason


FAULTS: dict[str, dict[str, Any]] = {
    "none": {},
    "iss missing": {"iss": None},
    "iss another": {"iss": "another"},
    "iss no text": {"iss": 7},
    "iss in a list": {"iss": ["another"]},
    "aud missing": {"aud": None},
    "aud another": {"aud": ELSEWHERE},
    "aud no text": {"aud": 7},
    "aud a list of one": {"aud": ["ISSUER"]},
    "aud a list of two": {"aud": ["ISSUER", ELSEWHERE]},
    "aud a list without": {"aud": [ELSEWHERE]},
    "aud an empty list": {"aud": []},
    "exp missing": {"exp": None},
    "exp over": {"exp": -60},
    "exp just over": {"exp": -8},
    "exp no number": {"exp": "soon"},
    "exp true": {"exp": True},
    "exp beyond 5 minutes": {"exp": 600},
    "exp beyond an hour": {"exp": 3700},
    "exp huge": {"exp": HUGE, "nbf": 0.5},
    "nbf missing": {"nbf": None},
    "nbf ahead": {"nbf": 60},
    "nbf just ahead": {"nbf": 8},
    "nbf old": {"nbf": -3700},
    "nbf no number": {"nbf": "x"},
    "iat missing": {"iat": None},
    "iat ahead": {"iat": 600},
    "iat 40 s ahead": {"iat": 40},
    "iat old": {"iat": -3700},
    "iat no number": {"iat": "x"},
    "jti missing": {"jti": None},
    "jti empty": {"jti": ""},
    "jti no text": {"jti": 7},
}

# What each use makes of each fault: None where it counts.
ASSERTION: dict[str, str] = {
    "iss missing": "assertion-iss",
    "iss another": "assertion-iss",
    "iss no text": "assertion-iss",
    "iss in a list": "assertion-iss",
    "aud missing": "assertion-aud",
    "aud another": "assertion-aud",
    "aud no text": "assertion-aud",
    "aud a list of two": "assertion-aud",
    "aud a list without": "assertion-aud",
    "aud an empty list": "assertion-aud",
    "exp missing": "assertion-exp",
    "exp over": "assertion-exp",
    "exp no number": "assertion-exp",
    "exp true": "assertion-exp",
    "exp beyond 5 minutes": "assertion-exp",
    "exp beyond an hour": "assertion-exp",
    "exp huge": "assertion-exp",
    "nbf ahead": "assertion-nbf",
    "nbf no number": "assertion-nbf",
    "iat ahead": "assertion-iat",
    "iat no number": "assertion-iat",
    "jti missing": "assertion-jti",
    "jti empty": "assertion-jti",
    "jti no text": "assertion-jti",
}
FAPI2_ASSERTION = {**ASSERTION, "aud a list of one": "assertion-aud"}
_REQUEST_OBJECT = (
    *("iss another", "iss no text", "iss in a list"),
    *("aud another", "aud no text", "aud a list without", "aud an empty list"),
    *("exp over", "exp no number", "exp true", "nbf ahead", "nbf no number"),
)
REQUEST_OBJECT = dict.fromkeys(_REQUEST_OBJECT, "request-object")
_FAPI2_TOO = (
    *("aud missing", "exp missing", "nbf missing", "nbf old"),
    *("exp beyond an hour", "exp huge"),
)
FAPI2_REQUEST_OBJECT = {**REQUEST_OBJECT, **dict.fromkeys(_FAPI2_TOO, "request-object")}
# An object that began over an hour ago and is not over yet has lived for too long, so `exp` is at fault.
BACKCHANNEL: dict[str, str] = {
    name: f"ciba-{name.split()[0]}"
    for name in FAULTS
    if name
    not in {
        *("none", "aud a list of one", "aud a list of two", "exp just over", "exp beyond 5 minutes"),
        *("nbf just ahead", "iat old"),
    }
} | {"nbf old": "ciba-exp"}


@pytest.mark.requirement("OIDC-FAPI-09", "S9.4-05")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("profile", ["plain", "fapi2"])
def test_client_assertions(visitor: Browser, fault: str, profile: str) -> None:
    holder = KeyHolder(visitor, PROFILE if profile == "fapi2" else {})
    assertion = holder.assertion(**named(moved(FAULTS[fault]), holder.issuer))
    answer = holder.post("introspect", {**assertion, "token": "x"})
    expected = FAPI2_ASSERTION if profile == "fapi2" else ASSERTION
    assert rule_of(answer) == expected.get(fault)
    assert answer.status_code == (401 if fault in expected else 200)


@pytest.mark.requirement("OIDC-MESSAGE-01")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("profile", ["plain", "fapi2"])
def test_request_objects(visitor: Browser, fault: str, profile: str) -> None:
    signing = {"require_signed_request_object": True}
    holder = KeyHolder(visitor, {**PROFILE, **signing} if profile == "fapi2" else {})
    text = holder.request_object(**named(moved(FAULTS[fault]), holder.issuer))
    answer = holder.post("par", {"request": text}, dpop=holder.proof("par"))
    expected = FAPI2_REQUEST_OBJECT if profile == "fapi2" else REQUEST_OBJECT
    assert rule_of(answer) == expected.get(fault)
    if fault in expected:
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request_object")


@pytest.mark.requirement("OIDC-CIBA-01")
@pytest.mark.parametrize("fault", FAULTS)
def test_backchannel_requests(visitor: Browser, fault: str) -> None:
    key = new_key()
    starter = Starter(make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll"), key, visitor)
    make_person(external_id=HINT)
    claims = starter.claims()
    changed = {**claims, **named(moved(FAULTS[fault]), claims["aud"])}
    text = signed({name: value for name, value in changed.items() if value is not None}, key)
    answer = starter.send(text)
    assert rule_of(answer) == BACKCHANNEL.get(fault)
    if fault in BACKCHANNEL:
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


PROOF = {
    "iat missing": ("invalid_dpop_proof", "dpop-iat"),
    "iat no number": ("invalid_dpop_proof", "dpop-iat"),
    "iat ahead": ("use_dpop_nonce", "dpop-iat"),
    "iat 40 s ahead": ("use_dpop_nonce", "dpop-iat"),
    "iat old": ("use_dpop_nonce", "dpop-iat"),
    "jti missing": ("invalid_dpop_proof", "dpop-jti"),
    "jti empty": ("invalid_dpop_proof", "dpop-jti"),
    "jti no text": ("invalid_dpop_proof", "dpop-jti"),
}


@pytest.mark.requirement("OIDC-FAPI-07")
@pytest.mark.parametrize("fault", FAULTS)
def test_dpop_proofs(visitor: Browser, fault: str) -> None:
    holder = KeyHolder(visitor, PROFILE)
    answer = holder.push(dpop=holder.proof("par", **moved(FAULTS[fault])))
    error, rule = PROOF.get(fault, (None, None))
    assert (answer.json().get("error"), rule_of(answer)) == (error, rule)


@pytest.mark.requirement("OIDC-FAPI-07")
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"htm": "GET"}, "dpop-htm"),
        ({"htm": ["POST"]}, "dpop-htm"),
        ({"htm": None}, "dpop-htm"),
        ({"htu": ELSEWHERE}, "dpop-htu"),
        ({"htu": None}, "dpop-htu"),
        ({"htu": 7}, "dpop-htu"),
        ({"nonce": "made-up"}, "dpop-nonce"),
        ({"nonce": 7}, "dpop-nonce"),
    ],
)
def test_what_only_a_proof_says(visitor: Browser, changes: dict[str, Any], rule: str) -> None:
    holder = KeyHolder(visitor, PROFILE)
    answer = holder.push(dpop=holder.proof("par", **changes))
    assert rule_of(answer) == rule
    assert answer.json()["error"] == ("use_dpop_nonce" if rule == "dpop-nonce" else "invalid_dpop_proof")


STATEMENT = {"exp over", "exp just over", "exp no number", "exp true"}


@pytest.mark.requirement("OIDC-DYNAMIC-01")
@pytest.mark.parametrize("fault", [name for name in FAULTS if not name.startswith("iss")])
def test_software_statements(visitor: Browser, fault: str) -> None:
    key, issuer = new_key(), "https://authority.example"
    set_options(dynamic_registration=True, open_registration=True, statement_issuers={issuer: key_set(key)})
    claims = {"iss": issuer, "redirect_uris": [CALLBACK], **named(moved(FAULTS[fault]), issuer)}
    text = signed({name: value for name, value in claims.items() if value is not None}, key)
    answer = visitor.http.post(
        f"{visitor.root}register", {"software_statement": text}, content_type="application/json"
    )
    assert rule_of(answer) == ("software-statement" if fault in STATEMENT else None)
    if fault in STATEMENT:
        assert answer.json()["error"] == "invalid_software_statement"


@pytest.mark.parametrize("wrong", ["nothing", "another client", "another issuer", "another key", "no token"])
def test_id_token_hints(visitor: Browser, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    partner, other, person = make_partner(), make_partner(), make_person()
    owner = other if wrong == "another client" else partner
    token = visitor.tokens(owner, person)["id_token"]
    if wrong == "another key":
        token = signed(visitor.claims(token), new_key(kid="unknown"))
    if wrong == "another issuer":
        monkeypatch.setattr("authsvc.oidc.tokens.hint.issuer_of", lambda tenant: ELSEWHERE)
    hint = "x.y.z" if wrong == "no token" else token
    visitor.http.get(f"{visitor.root}authorize", visitor.request(partner, id_token_hint=hint, prompt="none"))
    reason = AuditEvent.objects.latest("sequence").reason
    assert (reason == "id-token-hint") == (wrong != "nothing")
