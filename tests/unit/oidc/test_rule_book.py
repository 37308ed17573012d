"""The book of rules: every rule has its row, every row its rule, and the endpoints agree on the order."""

from pkgutil import iter_modules
from typing import get_type_hints

import pytest

from authsvc.oidc.requests import rules
from authsvc.oidc.requests.book import TABLE, Endpoint, rules_of
from authsvc.oidc.requests.wanted import Context, Wanted

FILES = [row[0] for row in TABLE]
# Rules that put a whole request in place of what came; no other rule may have read it before.
OPENING = {"pushed_request", "request_uri", "request_object", "signed_request"}
# What is asked of the client alone; of what it wants they know at most that it is our own test.
BEFORE = {"client", "backchannel_registered", "live"}


def files_of(endpoint: Endpoint) -> list[str]:
    return [row[0] for row in TABLE if row[endpoint]]


def test_every_rule_has_its_row_and_every_row_its_rule() -> None:
    assert sorted(FILES) == sorted(module.name for module in iter_modules(rules.__path__))


def test_every_rule_runs_somewhere() -> None:
    assert [row[0] for row in TABLE if not any(row[1:])] == []


@pytest.mark.parametrize("endpoint", Endpoint)
def test_a_rule_takes_the_request_and_returns_nothing(endpoint: Endpoint) -> None:
    assert len(rules_of(endpoint)) == len(files_of(endpoint))
    for rule in rules_of(endpoint):
        assert get_type_hints(rule) == {"context": Context, "return": type(None)}


@pytest.mark.parametrize("endpoint", Endpoint)
def test_the_client_is_known_first_and_the_whole_request_is_there_before_it_is_judged(
    endpoint: Endpoint,
) -> None:
    files = files_of(endpoint)
    assert files[0] == "client"
    last = max(files.index(name) for name in OPENING & set(files))
    assert set(files[: last + 1]) <= OPENING | BEFORE


def test_a_pushed_request_is_held_to_all_that_one_in_the_browser_is() -> None:
    assert set(files_of(Endpoint.AUTHORIZE)) - set(files_of(Endpoint.PUSHED)) == {
        "pushed_request",
        "request_uri",
        "live",  # Who is in test pushes as others do; it is people that are refused.
    }


def test_requests_that_the_release_before_stored_can_be_read() -> None:
    """In transactions, and in consent pages that were open while the release changed."""
    stored = {
        "client_id": "partner",
        "redirect_uri": "https://partner.example/callback",
        "response_mode": "query.jwt",
        "state": None,
        "nonce": "nonce-1",
        "scope": ["openid", "email"],
        "claims": {"id_token": {"acr": {"essential": True}}},
        "prompt": ["login"],
        "max_age": 0,
        "acr_values": ["phr"],
        "essential_acr": None,
        "sub": "",
        "code_challenge": "x" * 43,
        "dpop_jkt": "",
        "pushed": "",
    }
    # What this release adds is not demanded by what came before it.
    assert Wanted.from_json({**stored, "backchannel": "row-1"}).to_json() == {
        **stored,
        "face": False,
        "presence": False,
        "test": False,
    }
