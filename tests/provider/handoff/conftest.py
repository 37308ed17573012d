import pytest
from django.test import Client

from authsvc.capture import desk as desk_page
from authsvc.tenancy.models import Tenant
from tests.factories import offer_sample_key
from tests.provider.browser import Partner, make_partner
from tests.provider.handoff.devices import DESK, Desk, Phone


@pytest.fixture(autouse=True)
def codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a code be its link, so that tests read it without a camera."""
    monkeypatch.setattr(desk_page, "qr_svg", lambda url: url)


@pytest.fixture
def partner(tenant: Tenant) -> Partner:
    return make_partner(purpose="To open your account", access_token_format="jwt", face_offered=False)


@pytest.fixture
def desk(tenant: Tenant) -> Desk:
    return Desk(tenant, http=Client(REMOTE_ADDR=DESK))


@pytest.fixture
def phone(tenant: Tenant) -> Phone:
    """The phone of somebody whose passkey is in it."""
    offer_sample_key()
    own = Phone(tenant)
    own.enrolled(name="Ada Example")
    return own
