"""W2 at a desk: a person who is here reads and agrees there, and their phone makes the passkey."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.enrolment import services
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.recovery import codes_of, make_codes
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from tests.factories import make_subject, offer_sample_key
from tests.provider.handoff.devices import Desk, Phone, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(tenant: Tenant) -> Subject:
    offer_sample_key()
    return make_subject(name="Ada", reference="", reference_version=0, status=Subject.Status.INVITED)


def agreed(desk: Desk, ada: Subject) -> str:
    """Open a link of five minutes at the desk, and choose a passkey alone."""
    link, url = services.create_link(subject=ada, created_by="a clerk", at_desk=True)
    assert link.expires_at - now() <= timedelta(minutes=5)
    answer = desk.http.post(
        urlsplit(url).path + "consent", {"choice": "passkey"}, headers={"origin": Phone(desk.tenant).origin}
    )
    desk.txn = urlsplit(answer["Location"]).path.rstrip("/").rsplit("/", 1)[1]
    return desk.txn


def test_a_phone_makes_the_passkey_and_the_desk_lets_it_take_effect(desk: Desk, ada: Subject) -> None:
    make_codes(subject=ada, actor="before")
    txn, phone = agreed(desk, ada), Phone(desk.tenant)
    assert "Use my phone" in desk.http.get(f"{desk.root}signin/{txn}/").content.decode()
    row = phone.takes_over(desk)
    over = phone.passkey(row).json()["continue_url"]
    page = phone.client.get(over)
    assert said(page) == "Done on this phone"
    assert "recovery codes on your own page" in page.content.decode()
    assert not Device.objects.filter(status=Device.Status.ACTIVE).exists()
    done = desk.goes_on()
    assert said(done) == "All set"
    assert "this screen may not be yours alone" in done.content.decode()
    assert codes_of(ada) is None
    assert Device.objects.filter(subject=ada, status=Device.Status.ACTIVE).count() == 1
    assert EnrolmentLink.objects.get().state == "used"


def test_the_phone_takes_no_effect_of_its_own(desk: Desk, ada: Subject) -> None:
    txn, phone = agreed(desk, ada), Phone(desk.tenant)
    phone.passkey(phone.takes_over(desk))
    assert phone.client.get(f"{desk.root}enrol/finish/{txn}/").status_code == 403
    assert not Device.objects.filter(status=Device.Status.ACTIVE).exists()


def test_what_has_made_a_passkey_stays_on_its_device(desk: Desk, ada: Subject) -> None:
    txn, own = agreed(desk, ada), Phone(desk.tenant)
    own.client = desk.http
    assert own.passkey(Transaction.objects.get(pk=txn)).status_code == 200
    assert desk.asks("code").status_code == 409
