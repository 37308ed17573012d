"""Attacks on the hand-off from a desk to a phone (W2): each gets nothing, but for one guess of a number."""

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.core.clock import now
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from tests.campaign import Size
from tests.factories import make_tenant
from tests.provider.browser import Partner, make_partner
from tests.provider.handoff.conftest import codes, desk, partner, phone
from tests.provider.handoff.devices import Desk, Phone, other_than

__all__ = ["codes", "desk", "partner", "phone"]
PROXY = "https://northwind-bank.example"


def got_nothing(desk: Desk) -> bool:
    """Whether the desk can take no result, and is told of none."""
    resumed = desk.resume(desk.txn)
    return desk.sees()["state"] not in {"taken", "done"} and "code=" not in resumed.get("Location", "")


@pytest.mark.django_db
def test_a_relayed_code_without_its_number(desk: Desk, partner: Partner, phone: Phone, size: Size) -> None:
    """The attacker's desk shows a code, of which a victim far away gets a picture, and says yes to it."""
    succeeded = 0
    for _ in range(size("relayed codes", sample=5, whole=1000)):
        desk.begins(partner)
        path = desk.shows_code()
        assert phone.meets(path).status_code == 303
        assert phone.types(path, "").status_code == 422
        assert phone.get(Transaction.objects.get(pk=desk.txn)).status_code == 403
        succeeded += not got_nothing(desk)
    assert succeeded == 0


@pytest.mark.django_db
def test_a_guessed_number(
    desk: Desk, partner: Partner, phone: Phone, size: Size, record_property: Any
) -> None:
    """One guess is let in once in a hundred times, and each ends its hand-off."""
    tries = size("guesses", sample=10, whole=1000)
    right = 0
    for _ in range(tries):
        desk.begins(partner)
        path = desk.shows_code()
        phone.meets(path)
        taken = phone.types(path, f"{secrets.randbelow(100):02d}").status_code == 303
        assert desk.sees()["state"] == ("taken" if taken else "wrong")
        assert taken or [phone.types(path, f"{each:02d}").status_code for each in range(5)] == [410] * 5
        right += taken
    record_property("right", right)
    # More than 25 of 1000, or 4 of 10, come once in 100,000 runs where one in a hundred is right.
    assert right <= max(3, tries // 40)


@pytest.mark.django_db
def test_swapped_codes(desk: Desk, partner: Partner, phone: Phone, size: Size) -> None:
    """The number of one hand-off is worth nothing in another, nor is its phone."""
    other = Desk(desk.tenant, http=Client())
    for _ in range(size("swapped codes", sample=3, whole=1000)):
        desk.begins(partner)
        other.begins(partner)
        path, foreign = desk.shows_code(), other.shows_code()
        secret = foreign.rstrip("/").rsplit("/", 1)[1]
        mixed = path.rstrip("/").rsplit("/", 1)[0] + f"/{secret}/"
        assert phone.scans(mixed).status_code == 404
        phone.meets(path)
        # To the other one it is a phone that never met its code.
        assert (
            "Is that screen in front of you?" in phone.types(foreign, desk.sees()["number"]).content.decode()
        )
        assert other.sees()["state"] == "shown"
        assert got_nothing(other)


@pytest.mark.django_db
def test_a_code_works_once(desk: Desk, partner: Partner, phone: Phone, tenant: Tenant) -> None:
    desk.begins(partner)
    path = desk.shows_code()
    phone.meets(path)
    number = desk.sees()["number"]
    assert phone.types(path, number).status_code == 303
    for again in (phone, Phone(tenant)):
        assert again.scans(path).status_code == 410
        assert again.meets(path).status_code == 410
        assert again.types(path, number).status_code == 410


@pytest.mark.django_db
def test_a_code_ends_with_its_five_minutes(desk: Desk, partner: Partner, phone: Phone) -> None:
    desk.begins(partner)
    path = desk.shows_code()
    phone.meets(path)
    number = desk.sees()["number"]
    Transaction.objects.update(expires_at=now() - timedelta(seconds=1))
    assert phone.types(path, number).status_code == 410
    assert phone.scans(path).status_code == 410


@pytest.mark.django_db
def test_a_second_phone_that_saw_the_screen(
    desk: Desk, partner: Partner, phone: Phone, tenant: Tenant
) -> None:
    """Whoever looks over a shoulder has code and number, and comes too late."""
    thief = Phone(tenant)
    desk.begins(partner)
    path = desk.shows_code()
    phone.meets(path)
    number = desk.sees()["number"]
    assert thief.scans(path).status_code == 409
    assert thief.meets(path).status_code == 409
    assert thief.types(path, number).status_code == 409
    assert phone.types(path, number).status_code == 303


@pytest.mark.django_db
def test_the_phone_takes_no_result_and_the_desk_uploads_nothing(
    desk: Desk, partner: Partner, phone: Phone
) -> None:
    desk.begins(partner)
    row = phone.takes_over(desk)
    at_the_desk = Phone(phone.tenant)
    at_the_desk.client = desk.http
    for step in ("passkey/options", "passkey", "challenge", "without-face", "consent", "cancel"):
        assert at_the_desk.post(row, step).status_code == 403
    assert at_the_desk.upload(row, early=True).status_code == 403
    assert phone.passkey(row).json()["next"] == "done"
    resumed = phone.client.get(f"{desk.root}authorize/resume/{row.pk}")
    assert resumed.status_code == 403
    assert "code=" not in resumed.get("Location", "")
    assert phone.client.get(f"{desk.root}desk/{row.pk}/status").status_code == 403
    assert "code=" in desk.goes_on()["Location"]


@pytest.mark.django_db
def test_a_phone_without_a_number_holds_nothing(desk: Desk, partner: Partner, phone: Phone) -> None:
    """What a phone got when it met a code opens no step of the agent's, even under its right name."""
    desk.begins(partner)
    path = desk.shows_code()
    phone.meets(path)
    row = Transaction.objects.get(pk=desk.txn)
    assert phone.get(row).status_code == 403
    assert phone.post(row, "passkey/options", {"session_key": phone.session_key}).status_code == 403
    assert phone.client.get(f"{desk.root}signin/{row.pk}/").status_code == 403


@pytest.mark.django_db
def test_a_phishing_proxy_before_each_of_the_two(desk: Desk, partner: Partner, phone: Phone) -> None:
    """Its pages have another origin: neither forms nor steps count, and a passkey signs the wrong one."""
    desk.begins(partner)
    assert desk.asks("code", origin=PROXY).status_code == 403
    path = desk.shows_code()
    lured = phone.client.post(path, {"answer": "yes"}, headers={"origin": PROXY})
    assert lured.status_code == 403
    row = phone.takes_over(desk)
    options = phone.options(row)
    refused = phone.passkey(row, phone.answer(options, origin=PROXY))
    assert refused.status_code in {400, 403}
    assert desk.sees() == {"state": "taken", "step": "open"}
    assert "code=" not in desk.resume(row.pk).get("Location", "")


@pytest.mark.django_db
def test_a_phishing_proxy_before_a_sign_in_on_one_device(desk: Desk, partner: Partner, phone: Phone) -> None:
    victim = Desk(phone.tenant, http=phone.client)
    row = Transaction.objects.get(pk=victim.begins(partner))
    assert phone.post(row, "passkey/options", {}, origin=PROXY).status_code == 403
    assert phone.passkey(row, phone.answer(phone.options(row), origin=PROXY)).status_code in {400, 403}
    assert "code=" not in victim.resume(row.pk).get("Location", "")


@pytest.mark.django_db
def test_another_tenants_address(desk: Desk, partner: Partner, phone: Phone) -> None:
    desk.begins(partner)
    path = desk.shows_code()
    other = make_tenant()
    assert phone.scans(path.replace(f"/t/{desk.tenant.slug}/", f"/t/{other.slug}/")).status_code == 404


def _at_once(tries: int, tenant: Tenant, act: Callable[[int], Any]) -> list[int]:
    start = threading.Barrier(tries)

    def one(turn: int) -> int:
        start.wait()
        try:
            with tenant_scope(tenant.id):
                return int(act(turn).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(tries) as pool:
        return list(pool.map(one, range(tries)))


class Racing:
    """A desk whose code many have, on a database that threads share."""

    def __init__(self, tenant: Tenant) -> None:
        self.desk, self.tenant = Desk(tenant, http=Client()), tenant


@pytest.fixture
def racing(shared: Tenant) -> Racing:
    return Racing(shared)


@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("S8.3-03")
def test_of_racing_phones_one_meets_the_code(tries: int, racing: Racing) -> None:
    racing.desk.begins(make_partner())
    path = racing.desk.shows_code()
    phones = [Phone(racing.tenant) for _ in range(tries)]
    answers = _at_once(tries, racing.tenant, lambda turn: phones[turn].meets(path))
    assert Counter(answers) == {303: 1, 409: tries - 1}


@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("S8.3-03")
def test_of_racing_guesses_one_is_judged(tries: int, racing: Racing) -> None:
    """One phone sends many numbers at the same moment, and has one try all the same."""
    racing.desk.begins(make_partner())
    path, first = racing.desk.shows_code(), Phone(racing.tenant)
    first.meets(path)
    wrong = other_than(racing.desk.sees()["number"])
    phones = [Phone(racing.tenant) for _ in range(tries)]
    for each in phones:
        each.client.cookies.load({name: cookie.value for name, cookie in first.client.cookies.items()})
    answers = _at_once(tries, racing.tenant, lambda turn: phones[turn].types(path, wrong))
    assert answers.count(403) == 1
    assert set(answers) <= {403, 409, 410}
    assert AuditEvent.objects.filter(tag="transaction:handoff:wrong").count() == 1
