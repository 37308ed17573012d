"""The agent API, enrolment and further passkeys: bodies, headers and paths that no agent of ours sends."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from authsvc.enrolment.services import create_link
from authsvc.privacy.notice import current_notice
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from tests.attacks.fuzzing import NASTY, changed, check, enough, json_values, path_part, texts, tokens
from tests.campaign import Size
from tests.factories import make_subject
from tests.tenancy.routes import EXPECTED, Kind, filled
from tests.unit.capture.agent import Agent, session_key

pytestmark = pytest.mark.django_db
AGENT_ROUTES = [route for route, kind in EXPECTED.items() if kind is Kind.AGENT]
METHODS = ["get", "post", "put", "delete", "head"]
TYPES = ["application/json", "application/jose", "text/plain", "multipart/form-data", "x/y; charset=nope"]


def named(tenant: Tenant, route: str, text: str) -> dict[str, str]:
    """The tenant, and the text for every other part that a route names."""
    parts = re.findall(r":(\w+)>", route)
    return {**dict.fromkeys(parts, path_part(text)), "tenant": tenant.slug}


@enough
@given(
    route=st.sampled_from(AGENT_ROUTES),
    part=texts,
    method=st.sampled_from(METHODS),
    body=json_values.map(json.dumps) | tokens() | texts,
    content_type=st.sampled_from(TYPES),
    accept=st.sampled_from(["text/html", "application/json", "x", ""]),
)
def test_nothing_breaks_any_route_of_an_agent(
    tenant: Tenant, route: str, part: str, method: str, body: str, content_type: str, accept: str
) -> None:
    values = named(tenant, route, part)
    headers = {"origin": Agent(tenant).origin, "accept": accept}
    raw = body.encode("utf-8", "replace")
    check(Client().generic(method.upper(), filled(route, values), raw, content_type, headers=headers))


@pytest.mark.parametrize("route", AGENT_ROUTES)
def test_a_path_that_names_nothing_is_not_found(tenant: Tenant, route: str, size: Size) -> None:
    """Of the sample each text is tried on every twelfth route."""
    apart = size("routes a text", sample=12, whole=1)
    for text in NASTY[AGENT_ROUTES.index(route) % apart :: apart]:
        values = named(tenant, route, text)
        for method in ("GET", "POST"):
            check(Client().generic(method, filled(route, values), headers={"origin": Agent(tenant).origin}))


@enough
@given(data=st.data(), path=st.sampled_from(["passkey", "passkey/options", "challenge", "cancel"]))
def test_a_live_transaction_survives_what_it_is_sent(tenant: Tenant, data: st.DataObject, path: str) -> None:
    agent = Agent(tenant)
    row = agent.open(subject=make_subject())
    agent.post(row, "passkey/options")
    response = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"}
    good = {
        "credential": {"id": "AA", "rawId": "AA", "type": "public-key", "response": response},
        "id": "AA",
        "rawId": "AA",
        "type": "public-key",
        "response": data.draw(st.just(response) | changed(response, json_values)),
        "session_key": data.draw(st.just(session_key()) | changed(session_key(), json_values)),
        "agent": {"type": "simulator", "build": "x"},
        "share_kind": "prf",
    }
    body = data.draw(changed(good, json_values) | json_values)
    check(
        agent.client.post(agent.url(row, path), json.dumps(body), "application/json", headers=origin(agent))
    )
    check(agent.get(row, "status"))
    check(agent.get(row))


@enough
@given(sample=tokens() | texts | st.binary(max_size=400).map(lambda raw: raw.decode("latin-1")))
def test_a_sample_that_is_none_is_refused(tenant: Tenant, sample: str) -> None:
    agent = Agent(tenant)
    row = agent.open()
    check(agent.upload(row, sample.encode("utf-8", "replace")))
    row.refresh_from_db()
    assert row.state == Transaction.State.OPEN


@enough
@given(data=st.data(), as_json=st.booleans())
def test_an_enrolment_link_survives_what_it_is_sent(
    tenant: Tenant, data: st.DataObject, as_json: bool
) -> None:
    _, url = create_link(subject=make_subject(), created_by="test")
    agent = Agent(tenant)
    path = f"/t/{tenant.slug}/enrol/{url.rstrip('/').rsplit('/', 1)[1]}/consent"
    good = {"notice_version": current_notice(tenant).version, "face": True, "choice": "face"}
    body: Any = data.draw(changed(good, json_values) | json_values)
    if as_json:
        check(agent.client.post(path, json.dumps(body), "application/json", headers=origin(agent)))
    else:
        check(agent.client.post(path, {"body": json.dumps(body), **data.draw(changed(good, texts))}))


def origin(agent: Agent) -> dict[str, str]:
    """The header that a page of ours sends."""
    return {"origin": agent.origin}
