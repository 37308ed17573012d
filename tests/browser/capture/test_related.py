"""A tenant that moved to a host of its own: the browser lets its page use the passkeys of the address before.

Browsers ask for that by https alone, so that the live server stands behind TLS here, under two names that
lead to it (WebAuthn Level 3 section 5.11).
"""

import base64
import hashlib
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from authsvc.capture.browser import cookie_name
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.hosts import views
from authsvc.oidc.requests.wanted import Wanted
from authsvc.tenancy.models import Tenant
from authsvc.transactions import services
from authsvc.transactions.models import Transaction
from tests.browser.capture.person import Person, partner
from tests.browser.capture.relay import relay
from tests.factories import make_host

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S8.3-02"),
]
BEFORE, OWN = "visor.example", "bank.example"


def certificate(folder: Path) -> tuple[Path, str]:
    """Make a certificate of both names for a day; return its file, key included, and its key's digest."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, BEFORE)])
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(BEFORE), x509.DNSName(OWN)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return file, base64.b64encode(hashlib.sha256(public).digest()).decode()


@pytest.fixture
def chromium(live_server: LiveServer, tmp_path: Path, launch: Callable[..., Browser]) -> Iterator[Browser]:
    """A browser that finds the live server by https under both names, and takes its certificate for good."""
    file, digest = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    port = int(live_server.url.rsplit(":", 1)[1])
    with relay("127.0.0.1", to=("127.0.0.1", port), tls=tls) as secure:
        yield launch(
            f"--host-resolver-rules=MAP *.example 127.0.0.1:{secure}",
            f"--ignore-certificate-errors-spki-list={digest}",
        )


@pytest.fixture
def person(tenant: Tenant, chromium: Browser, settings: Any) -> Person:
    """Somebody with a passkey of the address before, whose tenant has a host of its own since."""
    settings.BASE_URL = f"https://{BEFORE}"
    settings.ALLOWED_HOSTS = [BEFORE]
    person = Person(tenant, chromium)
    person.enrolled()
    make_host(tenant, OWN, rp_id=BEFORE)
    return person


def begins(person: Person) -> None:
    """Open the page of a sign-in at the new address, and tap for the passkey."""
    row = services.open_transaction(
        kind=Transaction.Kind.AUTHENTICATE,
        browser_key=person.key,
        continue_path=f"/t/{person.tenant.slug}/passkeys/?{{id}}",
        client=partner(),
        request=Wanted(redirect_uri="https://shop.example/cb"),
    )
    there = f"https://{OWN}"
    person.context.add_cookies([{"name": cookie_name(row.id), "value": person.key, "url": there}])
    person.page.goto(f"{there}/t/{person.tenant.slug}/signin/{row.id}/")
    person.sees("welcome")
    person.taps("passkey")


def test_a_passkey_of_before_is_used_at_the_new_address(person: Person) -> None:
    begins(person)
    person.sees("choice")
    row = Transaction.objects.filter(kind=Transaction.Kind.AUTHENTICATE).latest("created_at")
    assert (row.state, row.device) == (Transaction.State.PROVEN, Device.objects.get())


def test_and_nowhere_that_the_address_of_before_does_not_name(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "related_origins", lambda _: ["https://elsewhere.example"])
    begins(person)
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Passkeys do not work at this address")
    row = Transaction.objects.filter(kind=Transaction.Kind.AUTHENTICATE).latest("created_at")
    assert (row.state, row.device) == (Transaction.State.OPEN, None)
