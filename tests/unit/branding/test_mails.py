"""Mails in a tenant's look: the same words, and markup in them is text."""

from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives, get_connection

from authsvc.branding.looks import forget_look
from authsvc.branding.mails import dress, message
from authsvc.branding.models import Branding
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

TEXT = (
    "Hello,\n\nopen this:\nhttps://login.example.org/t/x/enrol/abc/\n\n<b>not bold</b> https://a.example b\n"
)


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    made = make_tenant(name="<i>Orchard</i>")
    with tenant_scope(made.id):
        yield made


def test_a_tenant_without_a_look_sends_plain_text(tenant: Tenant) -> None:
    assert dress(tenant, "Title", TEXT) is None


def test_a_mail_has_colour_logo_and_words(tenant: Tenant) -> None:
    Branding.objects.create(accent="#aa3300", logo=b"\x89PNG picture", logo_digest="d" * 64)
    forget_look(tenant.pk)
    dressed = dress(tenant, "Title", TEXT)
    assert dressed is not None
    message("Title", TEXT, "ada@example.org", dressed, get_connection()).send()
    [sent] = mail.outbox
    assert isinstance(sent, EmailMultiAlternatives)
    assert sent.body == TEXT
    [(content, kind)] = sent.alternatives
    html = str(content)
    assert kind == "text/html"
    assert "border-top: 4px solid #aa3300" in html
    assert '<a href="https://login.example.org/t/x/enrol/abc/">' in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert 'src="cid:logo@visor"' in html
    parts = {part.get_content_type(): part for part in sent.message().walk()}
    assert parts["image/png"]["Content-ID"] == "<logo@visor>"
    assert parts["image/png"].get_payload(decode=True) == b"\x89PNG picture"
