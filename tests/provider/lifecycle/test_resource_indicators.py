"""P05: a resource is never accepted and ignored (RFC 8707): it is refused, wherever it is asked for."""

from typing import Any

import pytest

from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person
from tests.provider.proofs import KeyHolder

RESOURCE = "https://api.example/v1"
OTHERS = ["https://api.example/v1", "urn:example:api", "/relative", "https://api.example/#part", "x" * 300]


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(offline_access=True)


@pytest.mark.parametrize("resource", OTHERS)
def test_p05_authorize_says_invalid_target_to_the_relying_party(
    visitor: Browser, partner: Partner, resource: str
) -> None:
    answer = answer_of(visitor.authorize(partner, resource=resource))
    assert (answer["error"], answer["state"]) == ("invalid_target", "state-1")


def test_p05_several_and_an_empty_one_beside_it(visitor: Browser, partner: Partner) -> None:
    for values in ([RESOURCE, "https://other.example"], [RESOURCE, ""]):
        asked = {**visitor.request(partner), "resource": values}
        answer = visitor.http.get(f"{visitor.root}authorize", asked)
        assert answer_of(answer)["error"] == "invalid_target"
    asked = {**visitor.request(partner), "resource": ""}
    assert visitor.opened(visitor.http.get(f"{visitor.root}authorize", asked))


def test_p05_pushed_and_inside_a_request_object(visitor: Browser) -> None:
    holder = KeyHolder(visitor)
    assert holder.push(resource=RESOURCE).json()["error"] == "invalid_target"
    for inside in (RESOURCE, [RESOURCE], []):
        signed: Any = holder.request_object(resource=inside)
        pushed = holder.post("par", {"request": signed})
        assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_target")


def test_p05_token_and_refresh(visitor: Browser, partner: Partner) -> None:
    code = visitor.sign_in(partner, make_person(), scope="openid offline_access")["code"]
    assert visitor.redeem(partner, code, resource=RESOURCE).json()["error"] == "invalid_target"
    # The code was not used up by it.
    tokens = visitor.redeem(partner, code).json()
    refused = visitor.refresh(partner, tokens["refresh_token"], resource=RESOURCE)
    assert refused.json()["error"] == "invalid_target"
    assert visitor.refresh(partner, tokens["refresh_token"]).status_code == 200


def test_p05_discovery_promises_no_resources(visitor: Browser) -> None:
    """No specification has a name for it, and the conformance suite warns of names that nobody registered."""
    said = visitor.http.get(f"{visitor.root}.well-known/openid-configuration").json()
    assert not [name for name in said if name.startswith(("resource", "protected_resource"))]
