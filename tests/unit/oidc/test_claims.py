"""The one check of a signed statement's claims, held against made-up specifications."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authsvc.oidc.proofs.claims import Audience, Claims, Specification, check_claims
from authsvc.oidc.proofs.refused import NotVerified

MOMENT = datetime(2026, 5, 4, 12, tzinfo=UTC)
NOW = int(MOMENT.timestamp())
NAMES = {"iss": ("me",), "aud": ("you", "your other name"), "htm": ("POST",)}


@pytest.fixture(autouse=True)
def _a_fixed_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authsvc.oidc.proofs.claims.now", lambda: MOMENT)


def fault(claims: Claims, specification: Specification) -> str | None:
    try:
        check_claims(claims, specification, NAMES)
    except NotVerified as problem:
        return problem.part
    return None


@pytest.mark.parametrize(
    ("audience", "taken"),
    [
        (Audience.TEXT, ["you"]),
        (Audience.OURS, ["you", ["you"], ["you", "your other name"]]),
        (Audience.LIST, ["you", ["you"], ["you", "your other name"], ["else", "your other name"]]),
    ],
)
def test_how_an_audience_may_be_written(audience: Audience, taken: list[Any]) -> None:
    specification = Specification(required=("aud",), audience=audience)
    two, other = ["you", "your other name"], ["else", "your other name"]
    written: list[Any] = ["you", ["you"], two, other, "else", [], ["else"], 7, ["you", 7], [["you"]]]
    assert [aud for aud in written if fault({"aud": aud}, specification) is None] == taken


def test_what_is_not_named_is_not_looked_at() -> None:
    assert fault({"exp": -1, "iat": "x", "iss": "nobody"}, Specification()) is None
    assert fault({"exp": NOW - 11}, Specification(optional=("exp",))) == "exp"


def test_null_is_left_out() -> None:
    assert fault({"iss": None}, Specification(optional=("iss",))) is None
    assert fault({"iss": None}, Specification(required=("iss",))) == "iss"


def test_only_an_audience_may_be_a_list() -> None:
    assert fault({"iss": ["me"]}, Specification(optional=("iss",))) == "iss"
    # Of a claim that RFC 7519 does not name, the library would take a list that holds the value.
    assert fault({"htm": ["POST"]}, Specification(optional=("htm",))) == "htm"
    assert fault({"htm": "POST"}, Specification(optional=("htm",))) is None


@pytest.mark.parametrize(("skew", "earliest"), [(0, 1), (10, -9)])
def test_clocks_may_differ_by_the_skew(skew: int, earliest: int) -> None:
    specification = Specification(required=("exp",), skew=timedelta(seconds=skew))
    assert fault({"exp": NOW + earliest}, specification) is None
    assert fault({"exp": NOW + earliest - 1}, specification) == "exp"


def test_how_far_ahead_and_how_long_after_its_beginning_a_statement_may_end() -> None:
    minute = timedelta(minutes=1)
    ahead = Specification(required=("exp",), exp_ahead=minute)
    assert fault({"exp": NOW + 70}, ahead) is None
    assert fault({"exp": NOW + 71}, ahead) == "exp"
    life = Specification(required=("exp", "nbf"), life=minute)
    assert fault({"nbf": NOW - 20, "exp": NOW + 40}, life) is None
    assert fault({"nbf": NOW - 20, "exp": NOW + 41}, life) == "exp"
    assert fault({"nbf": 0.5, "exp": 10**400}, life) == "exp"


def test_when_a_statement_may_have_been_made() -> None:
    second = timedelta(seconds=1)
    fresh = Specification(required=("iat",), iat_ahead=2 * second, iat_age=3 * second)
    given = {offset: fault({"iat": NOW + offset}, fresh) for offset in range(-5, 5)}
    assert [offset for offset, part in given.items() if part is None] == [-3, -2, -1, 0, 1, 2]
    assert fault({"iat": NOW + 10**9}, replace(fresh, iat_ahead=None)) is None
    assert fault({"iat": True}, fresh) == "iat"


def test_the_refusal_says_what_came_and_what_was_expected() -> None:
    with pytest.raises(NotVerified) as refused:
        check_claims({"iss": "someone"}, Specification(required=("iss",)), NAMES)
    assert (refused.value.part, refused.value.came, refused.value.expected) == ("iss", "someone", "me")
    assert str(refused.value) == "iss someone"
