"""A sign-in is worth no more than the weakest part of the installation that it touched (S5.4-02)."""

import json
from typing import Any

import pytest

from authsvc.core.components import Component
from authsvc.oidc.models import Grant
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person

pytestmark = pytest.mark.requirement("S5.4-02", "SB-01")
UNATTESTED = (Component("worker", "unattested", "L1", "ap-1"),)
ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": ["urn:visor:L2"]}}})


def sign_in(visitor: Browser, partner: Partner, person: Subject, **asked: str) -> dict[str, str]:
    """Sign in with a face that a worker of the unattested pool judged; return the answer."""
    txn = visitor.opened(visitor.authorize(partner, **asked))
    visitor.prove(txn, person, face=visitor.show_face(txn, components=UNATTESTED))
    return answer_of(visitor.resume(txn))


def test_t08_a_worker_pool_that_carries_less_lowers_the_acr(visitor: Browser) -> None:
    partner, person = make_partner(floor_level="L1"), make_person()
    answer = sign_in(visitor, partner, person)
    claims = visitor.claims(visitor.redeem(partner, answer["code"]).json()["id_token"])
    assert (claims["acr"], claims["amr"]) == ("urn:visor:L1", ["face", "swk", "user"])
    # The pool judges faces: who goes without one never touches it.
    tokens = visitor.tokens(partner, person, prompt="login")
    assert visitor.claims(tokens["id_token"])["acr"] == "urn:visor:L2"


def test_t08_where_the_request_or_the_registration_demands_more_it_is_refused(visitor: Browser) -> None:
    refused = sign_in(visitor, make_partner(floor_level="L1"), make_person(), claims=ESSENTIAL)
    assert refused["error"] == "unmet_authentication_requirements"
    strict = sign_in(visitor, make_partner(floor_level="L2"), make_person(), prompt="login")
    assert strict["error"] == "unmet_authentication_requirements"


def test_t02_no_row_takes_back_what_the_worker_signed_of_itself(visitor: Browser) -> None:
    partner, person = make_partner(floor_level="L1"), make_person()
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, person, face=visitor.show_face(txn, components=UNATTESTED))
    row = Transaction.objects.get(pk=txn)
    del row.stored_evidence["face"]["components"]
    row.save()
    assert "code=" not in visitor.resume(txn).get("Location", "")
    assert not Grant.objects.exists()


def test_what_every_sign_in_touches_is_in_the_metadata_and_refused_before_anybody_tries(
    visitor: Browser, settings: Any
) -> None:
    settings.COMPONENTS = (Component("provider", grade="L2"), Component("store", grade="L1"))
    metadata = visitor.http.get(f"{visitor.root}.well-known/openid-configuration").json()
    assert metadata["acr_values_supported"] == ["urn:visor:L1"]
    partner = make_partner(floor_level="L1")
    never = answer_of(visitor.authorize(partner, claims=ESSENTIAL))
    assert never["error"] == "unmet_authentication_requirements"
    tokens = visitor.tokens(partner, make_person())
    assert visitor.claims(tokens["id_token"])["acr"] == "urn:visor:L1"
