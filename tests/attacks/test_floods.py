"""T05, T06: who comes too often is sent away calmly, others are not, and little of it is kept.

Against a running server, with the time that others wait: journeys/test_flood.py.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, override_settings

from authsvc.audit.models import AuditEvent
from authsvc.core.lengths import PARAMETERS
from authsvc.core.proven import begin_unproven, is_proven
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.services import create_link
from authsvc.limits.limit import forget_counts
from authsvc.limits.register import LIMITS
from authsvc.oidc.models import PushedRequest
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from tests.campaign import Size
from tests.factories import make_subject, make_tenant, offer_sample_key
from tests.provider.browser import Browser, Partner, answer_of, make_partner
from tests.unit.capture.agent import Agent

FEW = 5


def limits(*names: str, most: int = FEW) -> Any:
    """These limits are reached soon, and no other."""
    return override_settings(LIMITS={**dict.fromkeys(LIMITS, 10**6), **dict.fromkeys(names, most)})


def statuses(*answers: Any) -> list[int]:
    return [answer.status_code for answer in answers]


@pytest.mark.requirement("S9.4-08")
def test_a_flood_of_sign_ins_keeps_few_rows_and_nobody_else_out(visitor: Browser, size: Size) -> None:
    partner, count = make_partner(), size("sign-ins", sample=60, whole=20_000)
    before = AuditEvent.objects.count()
    with limits("sign-ins-address"):
        found = statuses(*(visitor.authorize(partner) for _ in range(count)))
        assert statuses(Client(REMOTE_ADDR="192.0.2.1").get(f"{visitor.root}authorize")) != [429]
    assert found == [302] * FEW + [429] * (count - FEW)
    assert Transaction.objects.count() == FEW
    # A row for each that was begun, one for the flood, one for what the other address asked for.
    assert AuditEvent.objects.count() - before <= FEW + 2


def test_people_get_a_page_with_a_way_on_and_programs_json(visitor: Browser) -> None:
    partner = make_partner()
    with limits("sign-ins-address", "programs-address", "pages-address", most=1):
        visitor.authorize(partner)
        page = visitor.authorize(partner)
        visitor.redeem(partner, "x")
        program = visitor.redeem(partner, "x")
        agent = f"{visitor.root}agent/x/status"
        visitor.http.get(agent)
        polled = visitor.http.get(agent)
        entered = visitor.http.post(f"{visitor.root}passkeys/", headers={"Origin": "x"})
    assert statuses(page, program, polled, entered) == [429] * 4
    assert all(int(answer["Retry-After"]) > 0 for answer in (page, program, polled, entered))
    assert "Wait a minute" in page.content.decode()
    assert f"/t/{visitor.tenant.slug}/me/" in page.content.decode()
    assert program.json()["error"] == "temporarily_unavailable"
    assert polled.json()["retry_after"] == int(polled["Retry-After"])


@pytest.mark.parametrize(("name", "other"), [("sign-ins-client", "client"), ("sign-ins-tenant", "tenant")])
def test_a_site_and_an_organisation_use_up_what_is_theirs(visitor: Browser, name: str, other: str) -> None:
    partner, another = make_partner(), make_partner(name="Another")
    with limits(name):
        found = statuses(*(visitor.authorize(partner) for _ in range(FEW + 2)))
        assert found == [302] * FEW + [429] * 2
        assert statuses(visitor.authorize(another)) == [302 if other == "client" else 429]
        elsewhere = make_tenant()
        with tenant_scope(elsewhere.id):
            assert statuses(Browser(elsewhere).authorize(make_partner())) == [302]


def test_whoever_passes_for_a_site_without_a_secret_uses_up_nobodys(visitor: Browser) -> None:
    partner = make_partner(token_endpoint_auth_method="none")
    with limits("pushed-public"):
        found = statuses(*(pushed(visitor.http, visitor, partner) for _ in range(FEW + 2)))
        assert found == [201] * FEW + [429] * 2
        assert statuses(pushed(Client(REMOTE_ADDR="192.0.2.1"), visitor, partner)) == [201]
    assert PushedRequest.objects.count() == FEW + 1


@pytest.mark.parametrize("public", [True, False])
def test_a_site_uses_up_its_own_requests_and_a_stranger_none_of_them(visitor: Browser, public: bool) -> None:
    partner = make_partner(**({"token_endpoint_auth_method": "none"} if public else {}))

    def asked(address: str, **headers: str) -> int:
        body = {"client_id": partner.party.client_id, "token": "x"}
        http = Client(REMOTE_ADDR=address)
        return int(http.post(f"{visitor.root}revoke", body, headers=headers).status_code)

    proven = {} if public else partner.basic()
    with limits("programs-client"):
        assert [asked("192.0.2.1") for _ in range(FEW)] == [200 if public else 401] * FEW
        assert [asked("192.0.2.2", **proven) for _ in range(FEW)] == [200] * FEW
        assert asked("192.0.2.2", **proven) == 429
        assert asked("192.0.2.3", **proven) == (200 if public else 429)


def test_what_a_stranger_is_refused_is_told_from_what_others_are(visitor: Browser) -> None:
    """Who is told to poll again, or to prove a key anew, is no stranger (config/strangers.py)."""
    partner, device = make_partner(), make_partner(name="Device", token_endpoint_auth_method="none")
    stranger = {"Authorization": "Basic eDp5"}

    def proven(answer: Callable[[], Any], status: int) -> bool:
        begin_unproven()
        assert answer().status_code == status
        return is_proven()

    def asked(door: str, headers: dict[str, str], **body: str) -> Callable[[], Any]:
        return lambda: visitor.http.post(visitor.root + door, body, headers=headers)

    ciba = {"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": "x"}
    assert not proven(asked("token", stranger, **ciba), 401)
    assert not proven(asked("token", {}, **ciba, client_id=device.party.client_id), 400)
    assert proven(asked("token", partner.basic(), **ciba), 400)
    assert not proven(asked("userinfo", {"Authorization": "Bearer x"}), 401)
    token = visitor.tokens(partner, make_subject())["access_token"]
    # A live token, and a proof that does not count, as one without the nonce.
    assert proven(asked("userinfo", {"Authorization": f"DPoP {token}", "DPoP": "x"}), 401)
    code = answer_of(visitor.authorize(device, **visitor.pkce()))["code"]
    told = {"client_id": device.party.client_id, "code_verifier": visitor.verifier}
    assert proven(lambda: visitor.redeem(device, code, **told), 200)


def test_a_passkey_that_answers_is_a_proof(tenant: Tenant) -> None:
    offer_sample_key()
    agent = Agent(tenant)
    agent.enrolled()
    row = agent.open()
    options = agent.options(row)
    begin_unproven()
    agent.passkey(row, {**agent.answer(options), "id": "AAAA", "rawId": "AAAA"})
    assert not is_proven()
    agent.proven()
    assert is_proven()


def pushed(http: Client, visitor: Browser, partner: Partner, **extra: str) -> Any:
    return http.post(f"{visitor.root}par", {**visitor.request(partner, **extra), **visitor.pkce()})


def test_an_enrolment_link_is_followed_so_often(tenant: Tenant) -> None:
    _, url = create_link(subject=make_subject(), created_by="a test")
    path = "/t/" + url.split("/t/", 1)[1]
    with limits("enrolment-link"):
        found = [Client().get(path) for _ in range(FEW + 1)]
    assert statuses(*found) == [200] * FEW + [429]
    assert int(found[-1]["Retry-After"]) > 0
    assert EnrolmentLink.objects.get().used_at is None


@pytest.mark.parametrize("name", ["face-device", "face-person", "face-tenant"])
def test_a_passkey_a_person_and_an_organisation_get_so_many_challenges(tenant: Tenant, name: str) -> None:
    offer_sample_key()
    agent = Agent(tenant)
    agent.enrolled()
    row = agent.proven()
    with limits(name):
        found = [agent.post(row, "challenge", {"prefer": None}) for _ in range(FEW + 1)]
    assert statuses(*found) == [200] * FEW + [423]
    assert found[-1].json()["error"] == "locked"
    assert int(found[-1]["Retry-After"]) == found[-1].json()["retry_after"] > 0


@pytest.mark.requirement("S9.4-08")
def test_where_nobody_can_count_the_passkey_goes_on_and_the_face_is_asked_for_later(tenant: Tenant) -> None:
    offer_sample_key()
    agent = Agent(tenant)
    agent.enrolled()
    with override_settings(COUNTERS="redis://127.0.0.1:1"):
        row = agent.proven()
        refused = agent.post(row, "challenge", {"prefer": None})
        forget_counts()
    assert (refused.status_code, refused.json()["error"]) == (503, "no-counters")
    assert int(refused["Retry-After"]) > 0


@pytest.mark.parametrize("name", ["passkey-device", "passkey-person"])
def test_a_passkey_is_used_so_often_and_no_stranger_uses_it_up(tenant: Tenant, name: str) -> None:
    offer_sample_key()
    agent = Agent(tenant)
    agent.enrolled()
    with limits(name):
        for _ in range(FEW + 1):
            wrong = agent.open()
            agent.passkey(wrong, {**agent.answer(agent.options(wrong)), "id": "AAAA", "rawId": "AAAA"})
        found = [agent.passkey(agent.open()) for _ in range(FEW + 1)]
    assert statuses(*found) == [200] * FEW + [429]
    assert int(found[-1]["Retry-After"]) > 0


@pytest.mark.requirement("S9.4-08")
def test_an_address_is_the_one_that_the_last_proxy_saw(visitor: Browser) -> None:
    partner = make_partner()
    with limits("sign-ins-address"), override_settings(PROXY_COUNT=1):

        def asked(forwarded: str) -> int:
            headers = {"X-Forwarded-For": forwarded}
            query = visitor.request(partner)
            return int(Client().get(f"{visitor.root}authorize", query, headers=headers).status_code)

        forged = [asked(f"198.51.100.{number}, 203.0.113.9") for number in range(FEW + 1)]
        assert forged == [302] * FEW + [429]
        assert asked("203.0.113.9, 203.0.113.10") == 302
        network = [asked(f"2001:db8::{number}") for number in range(1, FEW + 2)]
        assert network == [302] * FEW + [429]


@pytest.mark.requirement("S9.4-08")
@pytest.mark.parametrize("name", ["state", "nonce", "scope", "claims", "redirect_uri", "made_up"])
@pytest.mark.parametrize("door", ["authorize", "par", "token", "end-session", "revoke"])
def test_nothing_longer_than_its_parameter_is_kept(visitor: Browser, door: str, name: str) -> None:
    partner = make_partner()
    long = "x" * (PARAMETERS["state"].characters + 1)
    visitor.sign_in(partner, make_subject())  # for the cookie, without which another site's POST is repeated
    rows = (Transaction.objects.count(), PushedRequest.objects.count())
    asked = {**visitor.request(partner), name: long}
    answer = visitor.http.post(visitor.root + door, asked, headers=partner.basic())
    assert answer.status_code == 400
    assert (Transaction.objects.count(), PushedRequest.objects.count()) == rows
    event = AuditEvent.objects.latest("sequence")
    assert f"{name} of {len(long)} characters" in str(event.details)
    assert "xxxx" not in str(event.details)


def test_an_agents_texts_have_a_longest_too(tenant: Tenant) -> None:
    agent = Agent(tenant)
    row = agent.open()
    for body in ({"session_key": "x" * 33_000}, {"session_key": [0] * 300}, {str(n): n for n in range(300)}):
        answer = agent.post(row, "passkey/options", body)
        assert (answer.status_code, answer.json()["error"]) == (413, "too-large")
