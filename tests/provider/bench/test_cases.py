"""The bench's tokens: one is good, each of the others has one fault, and nobody else gets any of them."""

import time
from typing import Any

import pytest
from joserfc.jwk import KeySet

from authsvc.assurance.levels import Level
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.clients.services import let_live
from authsvc.clients.settings.life import STAGE, TEST
from authsvc.oidc.bench.cases import Case
from authsvc.oidc.bench.persons import ensure_bench_person
from authsvc.oidc.bench.ticket import HEADER, make_ticket
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.requests.wanted import Tried
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from rp.client.assurance import Wanted, require
from rp.client.refused import Refused
from rp.client.tokens import Party, check_id_token
from tests.factories import make_tenant
from tests.provider.browser import Browser, Partner, answer_of, make_partner

pytestmark = [pytest.mark.requirement("S6.2-08")]
BAD = [case for case in Case if case != Case.GOOD]
ASKS = {"acr_values": "urn:visor:L2", "max_age": "60"}


@pytest.fixture
def partner(tenant: Tenant) -> Partner:
    """A relying party that is in test."""
    ensure_bench_person()
    made = make_partner()
    STAGE.put(made.party, TEST)
    made.party.save()
    return made


def ticket(partner: Partner, case: str, run: str = "run-1") -> dict[str, str]:
    return {HEADER: make_ticket(partner.party, Tried(partner.party.client_id, run, case))}


def send(visitor: Browser, partner: Partner, case: Case, nonce: str, **extra: str) -> Any:
    """Ask as the bench does, for one case."""
    asked = visitor.request(partner, nonce=nonce, **extra)
    return visitor.http.get(f"{visitor.root}authorize", asked, headers=ticket(partner, case.value))


def token_of(visitor: Browser, partner: Partner, case: Case, nonce: str) -> str:
    code = answer_of(send(visitor, partner, case, nonce, **ASKS))["code"]
    answer = visitor.redeem(partner, code)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["id_token"])


def take(visitor: Browser, partner: Partner, token: str, nonce: str) -> None:
    """Check a token as the partner's package does. Raises Refused."""
    keys = KeySet.import_key_set(visitor.http.get(f"{visitor.root}jwks").json())
    party = Party(issuer_of(visitor.tenant), partner.party.client_id)
    claims = check_id_token(token, keys, party, nonce=nonce, now=time.time())
    require(claims, Wanted("urn:visor:L2", max_age=60), now=time.time())


def test_the_good_token_is_good(visitor: Browser, partner: Partner) -> None:
    take(visitor, partner, token_of(visitor, partner, Case.GOOD, "n-1"), "n-1")
    assert not Session.objects.exists(), "nobody is signed in at the provider"


@pytest.mark.parametrize("case", BAD)
def test_each_bad_token_is_refused_by_who_checks(visitor: Browser, partner: Partner, case: Case) -> None:
    good = token_of(visitor, partner, Case.GOOD, "n-1")
    bad = token_of(visitor, partner, case, "n-2")
    assert (bad == good) == (case == Case.REPLAYED)
    with pytest.raises(Refused) as refused:
        take(visitor, partner, bad, "n-2")
    fault = {
        Case.AUDIENCE: "aud",
        Case.ISSUER: "iss",
        Case.NONCE: "nonce",
        Case.SIGNATURE: "signature",
        Case.TIME: "expired",
        Case.REPLAYED: "nonce",
        Case.LEVEL: "acr",
        Case.AGE: "ago",
    }[case]
    assert fault in str(refused.value), "that fault, and no other"


@pytest.mark.parametrize("case", [Case.LEVEL, Case.AGE])
def test_what_was_not_asked_for_is_not_tried(visitor: Browser, partner: Partner, case: Case) -> None:
    answer = send(visitor, partner, case, "n-1")
    assert (answer.status_code, answer[HEADER]) == (204, "not-asked")
    assert not Grant.objects.exists()


def test_a_floor_is_to_be_checked_though_nobody_asked(visitor: Browser, partner: Partner) -> None:
    partner.party.floor_level = Level.L2.name
    partner.party.save()
    assert answer_of(send(visitor, partner, Case.LEVEL, "n-1"))["code"]


def test_a_person_is_not_let_in_while_it_is_in_test_and_is_afterwards(
    visitor: Browser, partner: Partner
) -> None:
    refused = visitor.authorize(partner)
    assert refused.status_code == 400
    assert "This site is being tested" in refused.content.decode()
    assert AuditEvent.objects.filter(tag=Tag.REQUEST_REFUSED, reason="client-live").exists()
    let_live(party=partner.party, actor="test", reason="bench")
    assert visitor.opened(visitor.authorize(partner))


def test_no_ticket_but_our_own_for_this_site_counts(
    visitor: Browser, partner: Partner, tenant: Tenant
) -> None:
    other = make_partner(name="Other")
    foreign = make_tenant()
    with tenant_scope(foreign.id):
        stranger = make_partner()
        from_elsewhere = ticket(stranger, "good")
    for headers in (ticket(other, "good"), from_elsewhere, {HEADER: "x.y.z"}):
        asked = visitor.request(partner)
        answer = visitor.http.get(f"{visitor.root}authorize", asked, headers=headers)
        assert answer.status_code == 400
    assert not Grant.objects.exists()


def test_a_request_cannot_name_a_fault_of_its_own(visitor: Browser, partner: Partner, tenant: Tenant) -> None:
    """What the bench wants wrong stands in a grant's claims, where no request comes to."""
    let_live(party=partner.party, actor="test", reason="bench")
    claims = '{"bench": {"set": {"aud": "x"}, "broken": true}, "id_token": {"email": null}}'
    answer = visitor.authorize(partner, claims=claims)
    assert visitor.opened(answer)
    [row] = Transaction.objects.values_list("request", flat=True)
    assert row["claims"] == {"id_token": {"email": None}}
