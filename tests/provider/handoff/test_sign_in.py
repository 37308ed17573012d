"""W2: a sign-in begins at a desk, and a phone at another address proves it."""

import pytest

from authsvc.core.remembered import forget_everything
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_handoff, publish_policy
from authsvc.transactions.models import Transaction
from tests.provider.browser import Partner, answer_of
from tests.provider.handoff.devices import Desk, Phone, other_than, said

pytestmark = pytest.mark.django_db


def signed_in(desk: Desk, phone: Phone, partner: Partner) -> dict[str, str]:
    """Sign in with both, by the passkey alone, and return what the relying party gets."""
    desk.begins(partner, **desk.pkce())
    row = phone.takes_over(desk)
    assert phone.passkey(row).json()["next"] == "done"
    return answer_of(desk.goes_on())


@pytest.mark.requirement("S9.4-06")
def test_the_tokens_say_that_it_was_handed_on(desk: Desk, phone: Phone, partner: Partner) -> None:
    code = signed_in(desk, phone, partner)["code"]
    tokens = desk.redeem(partner, code, code_verifier=desk.verifier).json()
    identity, access = desk.claims(tokens["id_token"]), desk.claims(tokens["access_token"])
    assert identity["handoff"] == access["handoff"] == "number"
    assert identity["acr"] == "urn:visor:L2"
    asked = desk.http.post(
        f"{desk.root}introspect", {"token": tokens["access_token"]}, headers=partner.basic()
    ).json()
    assert asked["handoff"] == "number"
    again = answer_of(desk.authorize(partner, **desk.pkce()))["code"]
    reused = desk.redeem(partner, again, code_verifier=desk.verifier).json()
    assert desk.claims(reused["id_token"])["handoff"] == "number"


def test_one_device_says_nothing_of_it(desk: Desk, phone: Phone, partner: Partner) -> None:
    txn = phone_alone(phone, partner)
    tokens = txn.redeem(partner, answer_of(txn.resume(txn.txn))["code"]).json()
    assert "handoff" not in txn.claims(tokens["id_token"])


def phone_alone(phone: Phone, partner: Partner) -> Desk:
    """Sign in on the phone from the beginning."""
    own = Desk(phone.tenant, http=phone.client)
    row = Transaction.objects.get(pk=own.begins(partner))
    assert phone.passkey(row).json()["next"] == "done"
    return own


def test_the_phone_reads_who_asks_for_what(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    path = desk.shows_code()
    page = phone.scans(path).content.decode()
    for words in ("Sign in to Partner", "partner.example", phone.tenant.name, "To open your account"):
        assert words in page
    assert "Is that screen in front of you?" in page
    phone.meets(path)
    page = phone.scans(path).content.decode()
    assert "Did somebody tell you the number?" in page


def test_the_phone_goes_its_own_way_on(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    row = phone.takes_over(desk)
    over = phone.passkey(row).json()["continue_url"]
    assert said(phone.client.get(over)) == "Done on this phone"
    assert desk.sees()["state"] == "done"
    answer_of(desk.goes_on())
    assert said(phone.client.get(over)) == "Done on this phone"
    assert phone.get(row, "status").json() == {"state": "done", "continue_url": over}
    assert phone.client.get(f"{desk.root}signin/{row.pk}/")["Location"] == over


def test_the_desk_ends_what_a_phone_took_over(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    row = phone.takes_over(desk)
    assert answer_of(desk.http.get(desk.asks("stop").json()["continue_url"]))["error"] == "access_denied"
    assert phone.post(row, "passkey/options", {"session_key": phone.session_key}).status_code == 410
    assert said(phone.client.get(f"{desk.root}handoff/{row.pk}/")) == "You stopped here"


def test_the_person_leaves_at_the_phone(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    row = phone.takes_over(desk)
    way = phone.post(row, "cancel").json()["continue_url"]
    assert said(phone.client.get(way)) == "You stopped here"
    assert desk.sees()["state"] == "over"
    assert answer_of(desk.goes_on())["error"] == "access_denied"


def test_what_is_no_number_costs_no_guess(desk: Desk, phone: Phone, partner: Partner) -> None:
    desk.begins(partner)
    path = desk.shows_code()
    phone.meets(path)
    number = desk.sees()["number"]
    for text in ("", "7", "abc", number + "1"):
        assert phone.types(path, text).status_code == 422
    assert phone.types(path, number).status_code == 303


def test_a_code_in_the_browser_that_shows_it_leads_back(desk: Desk, partner: Partner) -> None:
    txn = desk.begins(partner)
    assert desk.http.get(desk.shows_code())["Location"] == f"{desk.root}desk/{txn}/"


def test_the_desks_page_comes_back_to_itself(desk: Desk, phone: Phone, partner: Partner) -> None:
    txn = desk.begins(partner)
    assert "Use my phone" in desk.http.get(f"{desk.root}signin/{txn}/").content.decode()
    phone.takes_over(desk)
    assert desk.http.get(f"{desk.root}signin/{txn}/")["Location"] == f"{desk.root}desk/{txn}/"
    assert desk.http.get(f"{desk.root}desk/{txn}/").status_code == 200


@pytest.mark.parametrize("digits", [2, 4])
def test_a_policy_says_how_long_the_number_is(
    desk: Desk, phone: Phone, partner: Partner, digits: int
) -> None:
    publish_policy(document={**DEFAULT, "handoff_digits": digits}, published_by="an administrator")
    desk.begins(partner)
    path = desk.shows_code()
    phone.meets(path)
    assert len(desk.sees()["number"]) == digits
    assert phone.types(path, other_than(desk.sees()["number"])).status_code == 403


@pytest.mark.requirement("SB-06")
def test_metadata_name_it_while_the_policy_has_a_number(desk: Desk) -> None:
    def supported() -> set[str]:
        forget_everything()
        read = desk.http.get(f"{desk.root}.well-known/openid-configuration").json()
        return {"handoff"} & set(read["claims_supported"])

    assert supported() == {"handoff"}
    publish_handoff(digits=0, near=False, published_by="an administrator")
    assert supported() == set()
    publish_handoff(digits=4, near=False, published_by="an administrator")
    assert supported() == {"handoff"}


def test_a_policy_may_forbid_it(desk: Desk, partner: Partner) -> None:
    publish_policy(document={**DEFAULT, "handoff_digits": 0}, published_by="an administrator")
    txn = desk.begins(partner)
    assert "Use my phone" not in desk.http.get(f"{desk.root}signin/{txn}/").content.decode()
    assert desk.asks("code").status_code == 409
    assert desk.http.get(f"{desk.root}desk/{txn}/").status_code == 409


def test_a_wrong_number_leaves_the_desk_its_own_way(desk: Desk, phone: Phone, partner: Partner) -> None:
    txn = desk.begins(partner)
    path = desk.shows_code()
    phone.meets(path)
    assert said(phone.types(path, other_than(desk.sees()["number"]))) == "That was another number"
    assert desk.sees() == {"state": "wrong"}
    assert desk.asks("code").status_code == 409
    assert desk.http.get(f"{desk.root}signin/{txn}/").status_code == 200
