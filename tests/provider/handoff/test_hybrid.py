"""The phone's passkey at the desk, over hybrid transport: it says that its holder is near (W2)."""

from typing import Any

import pytest
from django.conf import settings

from authsvc.capture.flow import nearness_of
from authsvc.devices.models import Device
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from tests.factories import make_subject
from tests.provider.browser import Partner, answer_of
from tests.provider.handoff.devices import JSON, Desk, Phone

PROXY = "https://northwind-bank.example"
pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S6.4-02")]


def sends(desk: Desk, credential: Any) -> Any:
    """Send what a passkey answered at the desk."""
    return desk.http.post(
        f"{desk.root}desk/{desk.txn}/near",
        {"credential": credential},
        content_type=JSON,
        headers={"origin": settings.BASE_URL},
    )


def hears(desk: Desk, phone: Phone, origin: str = "", attachment: str = "cross-platform") -> Any:
    """Let the desk ask the phone's passkey, which says where it is."""
    options = desk.asks("near/options").json()["publicKey"]
    assert options["hints"] == ["hybrid"]
    assert "extensions" not in options
    return sends(desk, {**phone.answer(options, origin), "authenticatorAttachment": attachment})


def needs_it() -> None:
    publish_policy(document={**DEFAULT, "handoff_near": True}, published_by="an administrator")


def test_a_passkey_that_the_desk_heard_makes_a_hybrid_hand_off(
    desk: Desk, phone: Phone, partner: Partner
) -> None:
    desk.begins(partner)
    assert hears(desk, phone).status_code == 200
    assert desk.sees() == {"state": "near", "near": True}
    row = phone.takes_over(desk)
    assert phone.passkey(row).status_code == 200
    row.refresh_from_db()
    assert row.evidence.handoff == "hybrid"


def test_without_it_the_number_alone_ties_the_two(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    row = phone.takes_over(desk)
    assert phone.passkey(row).status_code == 200
    row.refresh_from_db()
    assert row.evidence.handoff == "number"


def test_a_number_is_asked_for_all_the_same(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    hears(desk, phone)
    path = desk.shows_code()
    phone.meets(path)
    assert desk.sees()["near"] is True
    assert len(desk.sees()["number"]) == 2
    assert phone.get(Transaction.objects.get(pk=desk.txn)).status_code == 403


def test_a_policy_may_need_it(desk: Desk, phone: Phone, partner: Partner) -> None:
    needs_it()
    desk.begins(partner)
    refused = desk.asks("code")
    assert (refused.status_code, refused.json()["error"]) == (409, "near-first")
    hears(desk, phone)
    row = phone.takes_over(desk)
    assert phone.passkey(row).status_code == 200


def test_the_passkey_that_was_heard_has_to_prove_it_where_it_is_needed(
    desk: Desk, phone: Phone, partner: Partner, tenant: Tenant
) -> None:
    """A second passkey of the same person is not the one beside the desk."""
    needs_it()
    other = Phone(tenant)
    other.enrolled(name="Ada Example")
    desk.begins(partner)
    hears(desk, phone)
    row = other.takes_over(desk)
    refused = other.passkey(row)
    assert (refused.status_code, refused.json()["error"]) == (403, "other-passkey")
    row.refresh_from_db()
    assert row.state == Transaction.State.OPEN


def test_nobody_else_proves_what_a_passkey_was_heard_for(
    desk: Desk, phone: Phone, partner: Partner, tenant: Tenant
) -> None:
    other = Phone(tenant)
    other.enrolled(name="Grace Example")
    desk.begins(partner)
    hears(desk, phone)
    row = other.takes_over(desk)
    assert other.passkey(row).json()["error"] == "other-passkey"


def test_another_passkey_of_the_same_person_is_tied_by_the_number(
    desk: Desk, phone: Phone, partner: Partner, tenant: Tenant
) -> None:
    person, second = Subject.objects.get(), Phone(tenant)
    assert second.passkey(second.open(Transaction.Kind.ENROL, subject=person)).status_code == 200
    person.devices.update(status=Device.Status.ACTIVE)
    desk.begins(partner)
    hears(desk, phone)
    row = second.takes_over(desk)
    assert second.passkey(row).status_code == 200
    row.refresh_from_db()
    assert row.evidence.handoff == "number"


def test_a_token_says_hybrid(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    hears(desk, phone)
    phone.passkey(phone.takes_over(desk))
    code = answer_of(desk.goes_on())["code"]
    tokens = desk.redeem(partner, code).json()
    said = [desk.claims(tokens[kind]) for kind in ("id_token", "access_token")]
    assert [claims["handoff"] for claims in said] == ["hybrid", "hybrid"]
    assert said[0]["acr"].endswith("L2")


def test_a_page_under_another_address_gets_no_answer_of_the_passkey(
    desk: Desk, phone: Phone, partner: Partner
) -> None:
    """A phishing proxy before the desk passes the number on; a passkey it cannot pass on (S8.2-04)."""
    needs_it()
    desk.begins(partner)
    assert hears(desk, phone, origin=PROXY).status_code == 403
    assert desk.asks("code").status_code == 409
    assert desk.sees() == {"state": "none"}


@pytest.mark.parametrize("attachment", ["platform", "", None])
def test_the_desks_own_passkey_is_not_near(
    desk: Desk, phone: Phone, partner: Partner, attachment: Any
) -> None:
    desk.begins(partner)
    assert hears(desk, phone, attachment=attachment).json()["error"] == "not-near"


@pytest.mark.parametrize("credential", [None, "text", [], {"authenticatorAttachment": "cross-platform"}])
def test_what_is_no_answer_is_refused(desk: Desk, phone: Phone, partner: Partner, credential: Any) -> None:
    desk.begins(partner)
    desk.asks("near/options")
    assert sends(desk, credential).status_code in {400, 403}
    assert desk.sees() == {"state": "none"}


def test_an_answer_serves_once_and_here(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    options = desk.asks("near/options").json()["publicKey"]
    answer = {**phone.answer(options), "authenticatorAttachment": "cross-platform"}
    desk.begins(partner)
    desk.asks("near/options")
    assert sends(desk, answer).status_code == 403
    assert sends(desk, answer).json()["error"] == "no-passkey-challenge"


def test_whoever_enrols_has_no_passkey_to_be_heard(tenant: Tenant, desk: Desk) -> None:
    needs_it()
    row = Phone(tenant).open(Transaction.Kind.ENROL, subject=make_subject())
    assert nearness_of(row) == "none"


def test_a_stolen_session_of_the_desk_is_refused(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    stranger = Desk(desk.tenant, http=phone.client)
    stranger.txn = desk.txn
    assert stranger.asks("near/options").status_code == 403


def test_after_a_phone_took_over_the_desk_hears_nobody(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    phone.takes_over(desk)
    assert desk.asks("near/options").status_code == 409
