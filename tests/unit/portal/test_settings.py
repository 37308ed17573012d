"""The settings over HTTP: what they change, what people are then shown, and what is refused."""

import base64
import io
import re
from typing import Any

import pytest
from django.test import Client, override_settings
from PIL import Image

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.branding.models import Branding
from authsvc.core.remembered import forget_everything
from authsvc.management import organisation
from authsvc.management.acting import NotPermitted, ProveAgain
from authsvc.management.actors import Member
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from portal.accounts.models import User
from tests.factories import make_tenant
from tests.tenancy.people import make_user, signed_in

MARKUP = '"><script>alert(1)</script>'


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 80), "#aa3300").save(file, "PNG")
    return file.getvalue()


def as_text(given: bytes) -> str:
    return base64.urlsafe_b64encode(given).decode().rstrip("=")


def door(tenant: Tenant) -> Any:
    """The page that anybody is shown who comes to their own page."""
    forget_everything()
    return Client().get(f"/t/{tenant.slug}/me/")


def test_a_new_name_is_on_every_page_and_in_the_log(admin: Client, base: str, tenant: Tenant) -> None:
    answer = admin.post(f"{base}settings/organisation/", {"name": f"  Orchard  {MARKUP} "})
    assert answer["Location"] == f"{base}settings/"
    assert Tenant.objects.get(pk=tenant.pk).name == f"Orchard {MARKUP}"
    page = door(tenant).content.decode()
    assert "Orchard &quot;&gt;&lt;script&gt;" in page
    assert MARKUP not in page + admin.get(f"{base}settings/").content.decode()
    event = AuditEvent.objects.get(tag=Tag.ORGANISATION_CHANGED)
    assert (event.actor, event.details["before"]["name"]) == ("admin@example.org", tenant.name)


@pytest.mark.parametrize("name", ["", "   ", "a" * 121, "Orch\u202eard", "Orch\u200bard", "Orch\x00ard"])
def test_a_name_that_people_misread_is_refused_beside_its_field(
    admin: Client, base: str, tenant: Tenant, name: str
) -> None:
    answer: Any = admin.post(f"{base}settings/organisation/", {"name": name})
    assert answer.status_code == 422
    assert "name" in answer.context["form"].errors
    assert Tenant.objects.get(pk=tenant.pk).name == tenant.name


def test_the_default_language_is_for_whose_browser_names_none(
    admin: Client, base: str, tenant: Tenant
) -> None:
    with override_settings(LANGUAGES=[("en", "English"), ("de", "Deutsch")]):
        admin.post(f"{base}settings/organisation/", {"name": "Orchard", "language": "de"})
        assert Tenant.objects.get(pk=tenant.pk).language == "de"
        forget_everything()
        for asked, spoken in (("", "de"), ("xx", "de"), ("*", "de"), ("en-GB,de;q=0.5", "en"), ("de", "de")):
            answer = Client().get(f"/t/{tenant.slug}/me/", headers={"accept-language": asked})
            assert f'<html lang="{spoken}"' in answer.content.decode(), asked
        assert (
            admin.post(f"{base}settings/organisation/", {"name": "Orchard", "language": "fr"}).status_code
            == 422
        )
    with override_settings(LANGUAGES=[("en", "English")]):
        page = admin.get(f"{base}settings/organisation/").content.decode()
    assert 'name="language"' not in page  # there is one language, so nothing to choose


def test_a_colour_is_tried_and_then_taken(admin: Client, base: str, tenant: Tenant) -> None:
    tried = admin.post(f"{base}settings/look/", {"accent": "#FFE600", "try": "1"})
    assert tried["Location"] == f"{base}settings/look/?accent=%23ffe600"
    assert not Branding.objects.exists()
    shown = admin.get(tried["Location"]).content.decode()
    assert "1.1" in shown  # of yellow on a light page
    assert "preview/page/?theme=dark&amp;accent=%23ffe600" in shown
    assert "stylesheet" in door(tenant).content.decode()
    assert "look.css" not in door(tenant).content.decode()

    assert admin.post(f"{base}settings/look/", {"accent": "#FFE600"})["Location"] == f"{base}settings/look/"
    linked = re.search(r'href="(/t/[^"]+/look\.css\?v=\w+)"', door(tenant).content.decode())
    assert linked is not None
    style = Client().get(linked[1])
    assert style["Content-Type"].startswith("text/css")
    assert "max-age=86400" in style["Cache-Control"]
    assert re.search(r"--color-accent: light-dark\(#\w{6}, #ffe600\)", style.content.decode())
    assert Client().get(f"/t/{tenant.slug}/look.css?v=other")["Cache-Control"] == "no-store"
    assert AuditEvent.objects.get(tag=Tag.BRANDING_CHANGED).details["accent"] == "#ffe600"


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#1a4fc;", "url(//x)"])
def test_what_is_no_colour_is_said_beside_the_field(admin: Client, base: str, colour: str) -> None:
    answer: Any = admin.post(f"{base}settings/look/", {"accent": colour})
    assert answer.status_code == 422
    assert "accent" in answer.context["form"].errors
    assert not Branding.objects.exists()
    assert (
        "accent" not in admin.get(f"{base}settings/preview/page/?part=style&accent={colour}").content.decode()
    )


def test_a_logo_is_shown_to_people_and_removed(admin: Client, base: str, tenant: Tenant) -> None:
    sent = admin.post(f"{base}settings/look/logo/", {"picture": as_text(picture())})
    assert sent["Location"] == f"{base}settings/look/"
    linked = re.search(r'src="(/t/[^"]+/look\.png\?v=\w+)" alt=""', door(tenant).content.decode())
    assert linked is not None
    shown = Client().get(linked[1])
    assert shown["Content-Type"] == "image/png"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(shown.content)).size == (300, 80)
    assert admin.get(f"{base}settings/preview/page/?part=logo").content == shown.content
    admin.post(f"{base}settings/look/logo/remove/")
    assert "look.png" not in door(tenant).content.decode()
    assert Client().get(linked[1]).status_code == 204


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("", "Choose a picture first"),
        ("*", "no PNG, JPEG or WebP"),
        (as_text(b"<svg xmlns='x'><script>alert(1)</script></svg>"), "An SVG can hold a script"),
        ("A", "did not arrive whole"),
    ],
    ids=["nothing", "no base64", "svg", "broken"],
)
def test_what_is_no_logo_is_said_beside_the_field(admin: Client, base: str, sent: str, said: str) -> None:
    answer = admin.post(f"{base}settings/look/logo/", {"picture": sent})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Branding.objects.exists()


def test_previews_are_framed_by_the_portal_alone(admin: Client, base: str) -> None:
    page = admin.get(f"{base}settings/preview/page/?theme=dark&accent=%23aa3300")
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert 'data-theme="dark"' in page.content.decode()
    assert "script" not in page.content.decode()
    assert "frame-src 'self'" in admin.get(f"{base}settings/look/")["Content-Security-Policy"]
    assert "frame-src" not in admin.get(f"{base}team/")["Content-Security-Policy"]
    mail = admin.get(f"{base}settings/preview/mail/").content.decode()
    assert "asks you to set up how you sign in" in mail


def test_an_auditor_sees_and_changes_nothing(tenant: Tenant, base: str) -> None:
    auditor = signed_in(make_user((tenant, Role.AUDITOR)))
    page = auditor.get(f"{base}settings/look/").content.decode()
    assert "Save" not in page
    assert auditor.post(f"{base}settings/look/", {"accent": "#aa3300"}).status_code == 403
    assert not Branding.objects.exists()


def test_every_act_takes_the_role_and_a_fresh_proof(tenant: Tenant, user: User) -> None:
    stale = Member(user.pk, user.email)
    stranger = Member(make_user((make_tenant(), Role.OWNER)).pk, "stranger")
    for by, problem in ((stale, ProveAgain), (stranger, NotPermitted)):
        with pytest.raises(problem):
            organisation.describe(by=by, name="Other", language="")
        with pytest.raises(problem):
            organisation.set_accent(by=by, accent="#aa3300")
        with pytest.raises(problem):
            organisation.set_logo(by=by, picture=picture())
        with pytest.raises(problem):
            organisation.drop_logo(by=by)
    assert not Branding.objects.exists()


def test_another_tenants_look_is_another(admin: Client, base: str, tenant: Tenant) -> None:
    other = make_tenant()
    admin.post(f"{base}settings/look/", {"accent": "#aa3300"})
    assert "look.css" not in door(other).content.decode()
    assert Client().get(f"/t/{other.slug}/look.css").content.strip() == b""
