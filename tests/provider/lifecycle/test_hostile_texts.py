"""T23: NUL and half surrogate pairs are refused wherever they come in, and break nothing."""

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authsvc.core.ids import new_id
from authsvc.core.strictjson import NotJson, parse_json
from authsvc.oidc.callers.assertion import TYPE
from authsvc.oidc.offering.options import set_options
from tests.provider.browser import Browser, answer_of, make_partner, make_person
from tests.provider.proofs import KeyHolder
from tests.provider.tokens import new_key, signed

HOSTILE = ["\x00", "a\x00b", "\ud800", "x\udfffy", "\ud800\ud800"]


def basic(pair: bytes) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


@pytest.mark.parametrize("endpoint", ["token", "par", "introspect", "revoke", "backchannel-authentication"])
@pytest.mark.parametrize(
    "pair", [b"a%00b:s", b"a\x00b:s", b"a:s%00", b"%0a:s", b"%ED%A0%80:s", b"\xed\xa0\x80:s"]
)
def test_t23_a_basic_id_with_nul_or_surrogates_is_the_callers_mistake(
    visitor: Browser, endpoint: str, pair: bytes
) -> None:
    answer = visitor.http.post(f"{visitor.root}{endpoint}", {"grant_type": "x"}, headers=basic(pair))
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_request", "invalid_client"}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "claims",
    [
        lambda text: {"id_token": {"acr": {"values": [text]}}},
        lambda text: {"userinfo": {text: None}},
        lambda text: {"id_token": {"sub": {"value": text}}},
        lambda text: {"other": [[{"deep": {text: text}}]]},
    ],
)
def test_t23_the_claims_parameter(visitor: Browser, text: str, claims: Any) -> None:
    asked = json.dumps(claims(text))
    assert answer_of(visitor.authorize(make_partner(), claims=asked))["error"] == "invalid_request"


def test_t23_whole_pairs_and_other_letters_are_text(visitor: Browser) -> None:
    asked = json.dumps({"userinfo": {"\U0001f600": None, "名": None}})
    assert "\\ud83d" in asked
    answer = visitor.sign_in(make_partner(), make_person(), claims=asked)
    assert "code" in answer


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("member", ["sub", "iss", "jti", "aud"])
def test_t23_inside_an_assertion(visitor: Browser, text: str, member: str) -> None:
    holder = KeyHolder(visitor)
    claims: dict[str, Any] = {member: text}
    sent = {**holder.assertion(**claims), "client_id": ""}
    answer = visitor.http.post(f"{visitor.root}token", {**sent, "grant_type": "x"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("text", HOSTILE)
def test_t23_inside_a_proof_a_request_object_and_a_hint(visitor: Browser, text: str) -> None:
    holder = KeyHolder(visitor)
    assert holder.push(dpop=holder.proof("par", jti=text)).json()["error"] == "invalid_dpop_proof"
    pushed = holder.post("par", {"request": holder.request_object(nonce=text)})
    assert pushed.json()["error"] in {"invalid_request_object", "invalid_request"}
    hint = signed({"iss": text, "sub": text}, new_key(kid="x"))
    assert answer_of(visitor.authorize(holder.partner, id_token_hint=hint))["error"] == "invalid_request"


@pytest.mark.parametrize("text", HOSTILE)
def test_t23_a_registration(visitor: Browser, text: str) -> None:
    set_options(dynamic_registration=True, open_registration=True)
    base = {"redirect_uris": ["https://partner.example/callback"]}
    for document in (
        {**base, "client_name": text},
        {**base, "unknown": {"deep": [text]}},
        {**base, "software_statement": text},
        {"redirect_uris": [f"https://partner.example/{text}"]},
    ):
        answer = visitor.http.post(f"{visitor.root}register", document, content_type="application/json")
        assert answer.status_code == 400, document


def test_t23_a_client_that_is_named_so_is_unknown(visitor: Browser) -> None:
    moment = int(time.time())
    claims = {"iss": "a", "sub": "a\x00", "aud": "b", "jti": new_id(), "exp": moment + 60}
    body = {"client_assertion": signed(claims, new_key()), "client_assertion_type": TYPE}
    answer = visitor.http.post(f"{visitor.root}token", body)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(json_values)
def test_t23_json_that_is_taken_can_be_stored(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        for form in (text, text.encode(), text.encode("utf-16"), text.encode("utf-32")):
            try:
                taken = parse_json(form)
            except NotJson:
                assert "\x00" in str(json.loads(text)) or "\\x00" in repr(value)
            else:
                assert taken == json.loads(text)
                assert "\\u0000" not in json.dumps(taken)


@pytest.mark.parametrize(
    "form", ['"\ud800"', '"\\ud800"', b'"\xed\xa0\x80"', '{"\\u0000": 1}', '["\\uDFFF\\uD800"]']
)
def test_t23_half_pairs_are_no_json_in_whatever_form(form: str | bytes) -> None:
    with pytest.raises(NotJson):
        parse_json(form)
