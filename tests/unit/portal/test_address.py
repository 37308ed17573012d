"""The screen of an organisation's address over HTTP: what it asks for, and when nothing moves."""

import pytest
from django.test import Client

from authsvc.devices.models import Device
from authsvc.hosts import moving
from authsvc.hosts.models import Host
from authsvc.hosts.names import HostRefused
from authsvc.hosts.places import place_of
from authsvc.management import hosts
from authsvc.tenancy.models import Tenant
from authsvc.vault.models import Bundle, Reference
from tests.factories import make_device, make_subject


@pytest.fixture(autouse=True)
def names_lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "require_answer", lambda *_: None)


def at(tenant: Tenant, step: str = "") -> str:
    return f"/portal/{tenant.slug}/provider/address/{step}"


def test_a_name_is_asked_for_and_its_challenge_shown(tenant: Tenant, admin: Client) -> None:
    make_device(make_subject(), share_kind="browser")
    assert admin.post(at(tenant), {"host": "Login.Example.org"}).status_code == 302
    page = admin.get(at(tenant)).content.decode()
    assert Host.objects.get().challenge in page
    assert "http://login.example.org:8000/.well-known/visor-host" in page
    assert "1 passkey goes on working" in page
    assert "With 1 passkey a face opens by what the browser keeps" in page
    assert place_of(tenant.pk).host == ""


def test_of_very_many_passkeys_it_is_said_that_they_are_more(
    tenant: Tenant, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "COUNTED", 2)
    person = make_subject()
    for number in range(4):
        make_device(person, share_kind="browser", credential_id=f"credential-{number}")
    admin.post(at(tenant), {"host": "login.example.org"})
    page = admin.get(at(tenant)).content.decode()
    assert "More than 2 passkeys go on working" in page
    assert "With more than 2 passkeys a face opens" in page
    Device.objects.filter(credential_id__in=["credential-0", "credential-1"]).update(status="revoked")
    page = admin.get(at(tenant)).content.decode()
    assert "2 passkeys go on working" in page
    assert "With 2 passkeys a face opens" in page


def test_a_face_that_a_browser_keeps_is_counted_once(tenant: Tenant) -> None:
    device = make_device(make_subject(), share_kind="prf")
    reference = Reference.objects.create(model="B", engine="none", consent="none")
    for moment in ("first", "second"):
        Bundle.objects.create(reference=reference, device=device.pk, moment=moment, digest=b"")
    assert hosts.shares_in_browsers() == 1


@pytest.mark.parametrize("name", ["", "localhost", "https://login.example.org", "login"])
def test_what_is_no_name_of_ones_own_is_said_at_the_field(tenant: Tenant, admin: Client, name: str) -> None:
    answer = admin.post(at(tenant), {"host": name})
    assert answer.status_code == 422
    assert "host" in answer.context["form"].errors
    assert not Host.objects.exists()


def test_it_moves_and_goes_back(tenant: Tenant, admin: Client) -> None:
    admin.post(at(tenant), {"host": "login.example.org"})
    admin.post(at(tenant, "live/"), {"host": "login.example.org"})
    issuer = f"http://login.example.org:8000/t/{tenant.slug}/"
    assert place_of(tenant.pk).host == "login.example.org"
    page = admin.get(f"/portal/{tenant.slug}/provider/").content.decode()
    assert issuer in page
    admin.post(at(tenant, "leave/"), {"host": "login.example.org"})
    assert place_of(tenant.pk).host == ""


def test_a_name_that_does_not_lead_here_moves_nothing_and_asks_nobody(
    tenant: Tenant, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise HostRefused("host-silent", "This name does not lead here yet.")

    monkeypatch.setattr(moving, "require_answer", silent)
    Tenant.objects.filter(pk=tenant.pk).update(kind=Tenant.Kind.LIVE)
    admin.post(at(tenant), {"host": "login.example.org"})
    page = admin.post(at(tenant, "live/"), {"host": "login.example.org"}, follow=True).content.decode()
    assert "This name does not lead here yet." in page
    assert place_of(tenant.pk).host == ""


def test_a_live_organisation_is_asked_why(tenant: Tenant, admin: Client) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(kind=Tenant.Kind.LIVE)
    admin.post(at(tenant), {"host": "login.example.org"})
    answer = admin.post(at(tenant, "live/"), {"host": "login.example.org"})
    assert answer.status_code == 409
    assert "Everybody signs in at another address" in answer.content.decode()
    assert place_of(tenant.pk).host == ""


def test_a_name_that_is_not_used_is_given_up(tenant: Tenant, admin: Client) -> None:
    admin.post(at(tenant), {"host": "login.example.org"})
    admin.post(at(tenant, "drop/"), {"host": "login.example.org"})
    assert not Host.objects.exists()
