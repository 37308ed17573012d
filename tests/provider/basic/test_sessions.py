"""Basic OP: prompt, max_age, acr_values, id_token_hint, and what a session is still worth."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime

from authsvc.audit.models import AuditEvent
from authsvc.core.clock import now
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.sql import use_of_session
from authsvc.oidc.tokens import grants
from authsvc.tenancy.sql import Change
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner()


def age_session(*, seconds: float, idle: float = 0.0) -> None:
    """Let the session's authentications lie back in time."""
    session = Session.objects.get()
    for event in session.events.values():
        moment = parse_datetime(event["at"])
        assert moment is not None
        event["at"] = (moment - timedelta(seconds=seconds)).isoformat()
    session.authenticated_at -= timedelta(seconds=seconds)
    session.last_used_at -= timedelta(seconds=idle)
    session.save()


def silent(visitor: Browser, partner: Partner, **extra: str) -> dict[str, str]:
    return answer_of(visitor.authorize(partner, prompt="none", **extra))


def claims_of(visitor: Browser, partner: Partner, answer: dict[str, str]) -> dict:
    return visitor.claims(visitor.redeem(partner, answer["code"]).json()["id_token"])


@pytest.mark.requirement("OIDC-BASIC-09")
def test_prompt_login_authenticates_again(visitor: Browser, partner: Partner) -> None:
    person = make_person()
    first = claims_of(visitor, partner, visitor.sign_in(partner, person))
    age_session(seconds=30)
    second = claims_of(visitor, partner, visitor.sign_in(partner, person, prompt="login"))
    assert second["auth_time"] > first["auth_time"] - 30
    assert (second["sub"], second["sid"]) == (first["sub"], first["sid"])


@pytest.mark.requirement("OIDC-BASIC-10")
def test_prompt_none(visitor: Browser, partner: Partner) -> None:
    assert silent(visitor, partner)["error"] == "login_required"
    first = claims_of(visitor, partner, visitor.sign_in(partner, make_person()))
    second = claims_of(visitor, partner, silent(visitor, partner))
    assert (first["sub"], first["auth_time"]) == (second["sub"], second["auth_time"])


@pytest.mark.requirement("OIDC-BASIC-11")
@pytest.mark.parametrize(("max_age", "reused"), [("0", False), ("1", False), ("10000", True)])
def test_max_age(visitor: Browser, partner: Partner, max_age: str, reused: bool) -> None:
    person = make_person()
    first = claims_of(visitor, partner, visitor.sign_in(partner, person))
    age_session(seconds=5)
    answer = silent(visitor, partner, max_age=max_age)
    if reused:
        assert claims_of(visitor, partner, answer)["auth_time"] == first["auth_time"] - 5
        return
    assert answer["error"] == "login_required"
    again = claims_of(visitor, partner, visitor.sign_in(partner, person, max_age=max_age))
    assert again["auth_time"] >= first["auth_time"]


@pytest.mark.parametrize("max_age", ["-1", "1.5", "soon", "9" * 11, "١"])
def test_a_max_age_that_is_no_number(visitor: Browser, partner: Partner, max_age: str) -> None:
    assert answer_of(visitor.authorize(partner, max_age=max_age))["error"] == "invalid_request"


@pytest.mark.requirement("OIDC-BASIC-12")
def test_id_token_hint(visitor: Browser, partner: Partner) -> None:
    hint = visitor.tokens(partner, make_person())["id_token"]
    assert "code" in silent(visitor, partner, id_token_hint=hint)
    elsewhere = Browser(visitor.tenant, mode=visitor.mode)
    elsewhere.tokens(partner, make_person(name="Other"))
    assert silent(elsewhere, partner, id_token_hint=hint)["error"] == "login_required"
    other = make_partner(name="Other")
    assert silent(visitor, other, id_token_hint=hint)["error"] == "invalid_request"
    assert silent(visitor, partner, id_token_hint=hint[:-6])["error"] == "invalid_request"


@pytest.mark.requirement("OIDC-BASIC-12")
def test_another_person_than_hinted_cannot_answer(visitor: Browser, partner: Partner) -> None:
    hint = visitor.tokens(partner, make_person())["id_token"]
    answer = visitor.sign_in(partner, make_person(name="Other"), id_token_hint=hint, prompt="login")
    assert answer["error"] == "login_required"


@pytest.mark.requirement("OIDC-BASIC-13")
@pytest.mark.parametrize(
    ("asked", "level", "said"),
    [
        ("urn:visor:L2 urn:visor:L1", "L2", "urn:visor:L2"),
        ("urn:visor:L1 urn:visor:L2", "L1", "urn:visor:L1"),
        ("1 2", "L2", "urn:visor:L2"),
        ("urn:visor:L4", "L2", "urn:visor:L2"),
    ],
)
def test_acr_values_are_voluntary(
    visitor: Browser, partner: Partner, asked: str, level: str, said: str
) -> None:
    answer = visitor.sign_in(partner, make_person(), level=level, acr_values=asked)
    assert claims_of(visitor, partner, answer)["acr"] == said


@pytest.mark.requirement("OIDC-BASIC-13", "S6.4-03")
def test_an_essential_acr_is_met_or_refused(visitor: Browser, partner: Partner) -> None:
    def asked(*values: str) -> str:
        return json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})

    person = make_person()
    met = visitor.sign_in(partner, person, claims=asked("urn:visor:L2"))
    assert claims_of(visitor, partner, met)["acr"] == "urn:visor:L2"
    unmet = visitor.sign_in(partner, person, level="L1", claims=asked("urn:visor:L2"), prompt="login")
    assert unmet["error"] == "unmet_authentication_requirements"
    never = answer_of(visitor.authorize(partner, claims=asked("urn:visor:L4", "phr")))
    assert never["error"] == "unmet_authentication_requirements"


@pytest.mark.requirement("SB-04")
@pytest.mark.parametrize(
    ("seconds", "idle", "said"),
    [
        (3500, 0, "urn:visor:L2"),
        (0, 3700, "urn:visor:L1"),
        (23 * 3600, 0, "urn:visor:L2"),
    ],
)
def test_a_session_decays(visitor: Browser, partner: Partner, seconds: float, idle: float, said: str) -> None:
    visitor.tokens(partner, make_person())
    age_session(seconds=seconds, idle=idle)
    answer = silent(visitor, partner)
    assert claims_of(visitor, partner, answer)["acr"] == said


@pytest.mark.requirement("SB-04")
def test_a_session_ends_after_a_day(visitor: Browser, partner: Partner) -> None:
    visitor.tokens(partner, make_person())
    age_session(seconds=24 * 3600 + 1)
    assert silent(visitor, partner)["error"] == "login_required"


@pytest.mark.requirement("SB-04")
def test_use_does_not_renew_an_authentication(visitor: Browser, partner: Partner) -> None:
    first = claims_of(visitor, partner, visitor.sign_in(partner, make_person()))
    age_session(seconds=100)
    for _ in range(3):
        said = claims_of(visitor, partner, silent(visitor, partner))
        assert said["auth_time"] == first["auth_time"] - 100


@pytest.mark.requirement("SB-02")
def test_a_registered_floor_and_max_age_hold_whatever_is_asked(visitor: Browser) -> None:
    strict = make_partner(floor_level="L2", default_max_age=60)
    person = make_person()
    refused = visitor.sign_in(strict, person, level="L1", acr_values="urn:visor:L1")
    assert refused["error"] == "unmet_authentication_requirements"
    visitor.tokens(strict, person, prompt="login")
    age_session(seconds=61)
    assert silent(visitor, strict, max_age="10000")["error"] == "login_required"


@pytest.mark.needs("postgresql")
def test_a_session_answers_by_a_look_and_one_change(visitor: Browser, partner: Partner) -> None:
    visitor.sign_in(partner, make_person())
    silent(visitor, partner)  # what is remembered of a relying party has been read
    age_session(seconds=30, idle=30)
    before = Session.objects.get().last_used_at
    with CaptureQueriesContext(connection) as captured:
        assert "code" in silent(visitor, partner)
    spent = [query["sql"] for query in captured if not query["sql"].startswith("SELECT set_config")]
    assert len(spent) == 2, "\n".join(spent)
    assert Session.objects.get().last_used_at > before
    tags = AuditEvent.objects.order_by("-sequence").values_list("tag", flat=True)[:2]
    assert set(tags) == {"oidc:code:issued", "oidc:session:reused"}


def test_a_session_that_was_changed_meanwhile_stays_as_it_is_and_gets_its_code(
    visitor: Browser, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.sign_in(partner, make_person())
    codes = Grant.objects.count()

    def later(session: Session, moment: datetime) -> Change:
        assert Session.objects.get().move_on(last_used_at=now() + timedelta(seconds=60))
        return use_of_session(session, moment)

    monkeypatch.setattr(grants, "use_of_session", later)
    assert "code" in silent(visitor, partner)
    assert Grant.objects.count() == codes + 1
    assert Session.objects.get().last_used_at > now() + timedelta(seconds=30)
