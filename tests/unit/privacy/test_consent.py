"""Consent: to the text that was shown, revocable, and never for ever."""

from datetime import timedelta

import pytest

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.privacy.consent import give_consent, live_consent, withdraw_consent
from authsvc.privacy.models import ConsentReceipt
from authsvc.privacy.notice import current_notice
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_consent, make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S10-01")]


@pytest.fixture(autouse=True)
def _tenant():
    with tenant_scope(make_tenant().id):
        yield


def test_a_receipt_keeps_the_text_as_it_was_shown():
    subject = make_subject()
    receipt = make_consent(subject)
    assert receipt.notice == current_notice(subject.tenant).content
    assert live_consent(subject) == receipt
    assert receipt.expires_at <= now() + timedelta(days=366)


@pytest.mark.requirement("S10-07")
def test_consent_to_another_text_is_refused():
    with pytest.raises(Refused) as caught:
        give_consent(subject=make_subject(), notice_version="old")
    assert caught.value.code == "notice-changed"
    assert not ConsentReceipt.objects.exists()


def test_withdrawn_and_expired_consent_holds_no_longer():
    subject = make_subject()
    make_consent(subject)
    assert withdraw_consent(subject) == 1
    assert live_consent(subject) is None
    make_consent(subject)
    ConsentReceipt.objects.update(expires_at=now())
    assert live_consent(subject) is None


def test_the_notice_names_who_asks():
    one, other = (current_notice(make_tenant(name=name)) for name in ("One", "Other"))
    assert one.version != other.version
    assert set(one.content) >= {"who", "why", "where", "how_long", "alternative"}
