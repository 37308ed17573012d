"""Coming in, staying, and going."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.oidc.sessions.session import session_cookie
from authsvc.person.models import Visit
from authsvc.person.visits import IDLE, LIFE, cookie_name
from authsvc.privacy.notice import current_notice
from authsvc.self_enrolment.models import Arrival
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Capture, Transaction
from tests.factories import make_subject, make_tenant
from tests.sweeping import erased
from tests.unit.capture.agent import Agent
from tests.unit.person.visitor import Visitor

pytestmark = pytest.mark.requirement("S10-08")
DOOR, INSIDE = "Use my passkey", "My passkeys"
INNER = ("passkeys/{device}/", "passkeys/{device}/revoke", "face/remove", "consent/withdraw")


def test_a_stranger_sees_the_door_and_nothing_of_anybody(visitor: Visitor) -> None:
    page = visitor.text()
    assert DOOR in page
    assert "Ada" not in page


def test_the_page_bears_the_name_that_the_notice_gives_it(visitor: Visitor) -> None:
    named = current_notice(visitor.agent.tenant).content["withdraw"].split("“")[1].split("”")[0]
    assert f"<h1>{named}</h1>" in visitor.text()
    visitor.comes_in()
    assert f"<h1>{named}</h1>" in visitor.text()


def test_a_passkey_opens_the_page_without_a_face(visitor: Visitor) -> None:
    answer = visitor.comes_in()
    assert answer.status_code == 302
    assert answer["Location"] == visitor.root
    page = visitor.text()
    assert INSIDE in page
    assert "Ada, this is what is kept" in page
    assert AuditEvent.objects.filter(tag=Tag.OWN_PAGE_OPENED, subject=str(visitor.subject.pk)).count() == 1


def test_the_page_says_from_which_provider_somebody_came(inside: Visitor) -> None:
    assert "Where I came from" not in inside.text()
    Arrival.objects.create(issuer="https://id.example", sub="ada-7", subject=inside.subject, came_at=now())
    Arrival.objects.create(issuer="https://id.example", sub="eve-1", subject=make_subject(), came_at=now())
    page = inside.text()
    assert "You are called ada-7 there" in page
    assert "eve-1" not in page


def test_the_cookie_is_this_hosts_alone_and_no_other_site_brings_it_along(visitor: Visitor) -> None:
    cookie = visitor.comes_in().cookies[cookie_name()]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
        True, "Strict", "/", "",
    )  # fmt: skip


def test_over_https_the_cookie_bears_the_prefix_that_binds_it_to_the_host(
    visitor: Visitor, settings: Any
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = visitor.comes_in().cookies["__Host-visor_me"]
    assert cookie["secure"] is True


@pytest.mark.parametrize("path", INNER)
@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_has_not_come_in_is_sent_to_the_door(visitor: Visitor, path: str, method: str) -> None:
    answer = getattr(visitor, method)(path.format(device=visitor.device.pk))
    assert (answer.status_code, answer["Location"]) == (302, visitor.root)
    visitor.device.refresh_from_db()
    assert visitor.device.status == Device.Status.ACTIVE


def test_a_session_at_the_provider_opens_nothing(visitor: Visitor) -> None:
    visitor.agent.client.cookies[session_cookie(visitor.agent.tenant)] = "of-some-sign-in"
    visitor.agent.client.cookies[cookie_name()] = ""
    assert DOOR in visitor.text()


def test_a_sign_in_elsewhere_is_no_way_in(visitor: Visitor) -> None:
    row = visitor.agent.open()
    visitor.agent.passkey(row)
    visitor.agent.post(row, "without-face")
    answer = visitor.get(f"entered/{row.pk}/")
    assert answer.status_code == 409
    assert not Visit.objects.exists()


def test_another_browser_cannot_take_what_this_one_proved(visitor: Visitor) -> None:
    row = visitor.began()
    url = visitor.agent.passkey(row).json()["continue_url"]
    assert Client().get(url).status_code == 403
    assert not Visit.objects.exists()


def test_the_way_in_takes_no_face(visitor: Visitor) -> None:
    row = visitor.began()
    options = visitor.agent.options(row)
    described = visitor.agent.get(row).json()
    assert (described["face"]["offered"], described["face"]["light"]) == (False, False)
    visitor.agent.passkey(row, visitor.agent.answer(options))
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.PROVEN)
    assert visitor.agent.post(row, "challenge", {"prefer": None}).status_code == 409
    assert not Capture.objects.exists()


@pytest.mark.parametrize("state", ["cancelled", "expired", "consumed", "open"])
def test_a_way_in_that_led_nowhere_leads_to_the_door(visitor: Visitor, state: str) -> None:
    row = visitor.began()
    Transaction.objects.filter(pk=row.pk).update(state=state)
    answer = visitor.get(f"entered/{row.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, visitor.root)
    assert not Visit.objects.exists()


def test_coming_back_twice_changes_nothing(visitor: Visitor) -> None:
    row = visitor.began()
    url = visitor.agent.passkey(row).json()["continue_url"]
    for _ in range(2):
        assert visitor.agent.client.get(url)["Location"] == visitor.root
    assert Visit.objects.count() == 1
    assert INSIDE in visitor.text()


@pytest.mark.parametrize(
    ("then", "leads"),
    [
        ("me/consent/withdraw", True),
        ("me/face/remove", True),
        ("me/leave", False),
        ("me/enter", False),
        ("end-session", False),
        ("nothing", False),
    ],
)
def test_the_way_in_leads_on_to_a_question_of_this_page_and_nowhere_else(
    visitor: Visitor, then: str, leads: bool
) -> None:
    path = f"/t/{visitor.agent.tenant.slug}/{then}"
    assert visitor.comes_in(path)["Location"] == (path if leads else visitor.root)


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\x00"])
def test_the_way_in_leads_to_no_other_site(visitor: Visitor, then: str) -> None:
    assert visitor.comes_in(then)["Location"] == visitor.root


def test_the_way_in_leads_to_no_other_tenants_page(visitor: Visitor) -> None:
    other = make_tenant()
    path = reverse("person:consent-withdraw", kwargs={"tenant": other.slug})
    assert visitor.comes_in(path)["Location"] == visitor.root


def test_a_visit_ends_after_a_rest(inside: Visitor) -> None:
    inside.waits(IDLE - timedelta(seconds=5))
    assert INSIDE in inside.text()
    inside.waits(IDLE)
    assert DOOR in inside.text()


def test_a_visit_ends_after_an_hour_whatever_is_done(inside: Visitor) -> None:
    for _ in range(5):
        inside.waits(timedelta(minutes=11))
        assert INSIDE in inside.text()
    inside.waits(timedelta(minutes=11))
    assert timedelta(hours=1) == LIFE
    assert DOOR in inside.text()


def test_whoever_leaves_is_out(inside: Visitor) -> None:
    kept = inside.agent.client.cookies[cookie_name()].value
    assert inside.post("leave")["Location"] == inside.root
    inside.agent.client.cookies[cookie_name()] = kept
    assert DOOR in inside.text()
    assert AuditEvent.objects.filter(tag=Tag.OWN_PAGE_LEFT).count() == 1


def test_a_visit_ends_with_its_passkey_and_with_its_person(inside: Visitor) -> None:
    for end in (
        partial(inside.subject.devices.update, status=Device.Status.REVOKED),
        partial(Subject.objects.update, status=Subject.Status.CLOSED),
    ):
        assert INSIDE in inside.text()
        point = transaction.savepoint()
        end()
        assert DOOR in inside.text()
        transaction.savepoint_rollback(point)


@pytest.mark.requirement("S8.3-02")
def test_a_visit_at_one_tenant_is_none_at_another(inside: Visitor) -> None:
    other = make_tenant()
    assert DOOR in str(inside.agent.client.get(f"/t/{other.slug}/me/").content)
    with tenant_scope(other.id):
        assert not Visit.objects.exists()


def test_another_persons_passkey_is_not_found(inside: Visitor) -> None:
    other = Agent(inside.agent.tenant)
    theirs = other.enrolled(name="Grace").devices.get()
    for path in INNER[:2]:
        for method in (inside.get, inside.post):
            assert method(path.format(device=theirs.pk)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == Device.Status.ACTIVE


def test_forms_of_other_sites_are_refused(inside: Visitor) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = inside.agent.client.cookies
    for path in ("enter", "leave", "face/remove", "consent/withdraw", f"passkeys/{inside.device.pk}/revoke"):
        assert strict.post(inside.root + path).status_code == 403
    inside.subject.refresh_from_db()
    assert inside.subject.has_face


def test_old_visits_are_swept(inside: Visitor) -> None:
    assert "person_visit" not in erased()
    assert erased(timedelta(days=1))["person_visit"] == 1
    assert Subject.objects.filter(pk=inside.subject.pk).exists()  # whose visit it was stays
