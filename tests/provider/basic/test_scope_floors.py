"""A floor for a scope: it raises the relying party's, and lowers nothing (SB-02)."""

import pytest

from authsvc.assurance.levels import Level
from authsvc.capture.flow import recovered_is_too_little
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.settings.assurance import SCOPE_FLOORS, floor_of
from authsvc.transactions.models import Transaction
from tests.provider.basic.test_sessions import age_session
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person

pytestmark = pytest.mark.requirement("SB-02")
PLAIN, WITH_ADDRESS = "openid profile", "openid address"


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(floor_level="L1", scope_floors=["address L2"])


def test_the_higher_of_both_floors_holds(partner: Partner) -> None:
    party = partner.party
    assert floor_of(party, PLAIN.split()) == Level.L1
    assert floor_of(party, WITH_ADDRESS.split()) == Level.L2
    party.floor_level, party.extra = "L2", {"scope_floors": ["address L1"]}
    assert floor_of(party, WITH_ADDRESS.split()) == Level.L2


def test_a_scope_takes_more_than_an_old_session(visitor: Browser, partner: Partner) -> None:
    person = make_person()
    visitor.sign_in(partner, person)
    age_session(seconds=3700, idle=3700)
    silent = answer_of(visitor.authorize(partner, prompt="none", scope=WITH_ADDRESS))
    assert silent["error"] == "login_required"
    assert "code" in visitor.sign_in(partner, person, scope=WITH_ADDRESS)
    age_session(seconds=3700, idle=3700)
    assert "code" in answer_of(visitor.authorize(partner, prompt="none", scope=PLAIN))


def test_a_request_that_asks_for_less_gets_the_floor(visitor: Browser, partner: Partner) -> None:
    person = make_person()
    visitor.sign_in(partner, person)
    age_session(seconds=3700, idle=3700)
    less = {"scope": WITH_ADDRESS, "acr_values": "urn:visor:L1"}
    assert answer_of(visitor.authorize(partner, prompt="none", **less))["error"] == "login_required"


def test_a_scope_that_is_not_the_relying_partys_raises_nothing(visitor: Browser) -> None:
    partner = make_partner(floor_level="L1", scopes=["openid", "profile"], scope_floors=["address L2"])
    visitor.sign_in(partner, make_person())
    age_session(seconds=3700, idle=3700)
    assert "code" in answer_of(visitor.authorize(partner, prompt="none", scope=WITH_ADDRESS))


def test_a_recovered_passkey_is_told_so_by_scope(visitor: Browser, partner: Partner) -> None:
    person = make_person()
    device = person.devices.get()
    device.recovered = True
    asked = {
        scope: visitor.opened(visitor.authorize(partner, scope=scope)) for scope in (PLAIN, WITH_ADDRESS)
    }
    rows = {scope: Transaction.objects.get(pk=txn) for scope, txn in asked.items()}
    for row in rows.values():
        row.device = device
    assert [recovered_is_too_little(rows[scope]) for scope in (PLAIN, WITH_ADDRESS)] == [False, True]


@pytest.mark.parametrize(
    "lines", [["address"], ["address L3"], ["address 2"], ["street L2"], ["address L1", "address L2"], ["L2"]]
)
def test_lines_that_say_nothing_are_refused(visitor: Browser, lines: list[str]) -> None:
    with pytest.raises(RegistrationProblems) as refused:
        make_partner(scope_floors=lines)
    assert set(refused.value.fields) == {SCOPE_FLOORS.name}


@pytest.mark.requirement("S9.4-11")
@pytest.mark.parametrize(
    ("lines", "takes_two"),
    [
        (["address L2"], False),
        (["address L2", "email L2"], False),
        (["address L1"], True),
        (["email L2"], True),
        ([], True),
    ],
)
def test_letting_in_with_less_takes_a_second_administrator(
    partner: Partner, lines: list[str], takes_two: bool
) -> None:
    assert SCOPE_FLOORS.needs_approval(partner.party, lines) is takes_two
