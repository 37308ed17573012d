"""A worker pool that carries less, in a running product: the sign-in is worth less, or refused (S5.4-02)."""

import json

import pytest

from devtools.phone.phone import Person, SoftwarePhone
from devtools.stack.stack import Stack
from tests.attacks.sinks import Sinks
from tests.attacks.worker import working

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "redis", "photos"),
    pytest.mark.requirement("S5.4-02"),
    pytest.mark.usefixtures("fresh_counter"),
]
DECLARED = json.dumps({"worker:unattested": {"grade": "L1", "region": "ap-1"}})
REASONS = """SELECT reason FROM audit_auditevent WHERE tag = 'oidc:request:refused'
ORDER BY id DESC LIMIT 1"""


@pytest.mark.whole
def test_what_an_unattested_pool_judged_is_worth_l1_and_refused_where_more_is_demanded(
    stack: Stack, person: Person, sinks: Sinks
) -> None:
    with working(stack, VISOR_COMPONENTS=DECLARED, VISOR_WORKER_POOL="unattested"):
        phone = SoftwarePhone(person)
        phone.sign_in(f"{stack.partner_url}/oidc/authenticate/?acr=urn:visor:L1&next=/")
        claims = phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json").json()
        assert (claims["acr"], claims["amr"]) == ("urn:visor:L1", ["face", "swk", "user"])
        # The partner's members' page demands L2, by an essential acr.
        SoftwarePhone(person).sign_in(f"{stack.partner_url}/members")
        assert sinks.rows(REASONS) == [("acr-reached",)]
