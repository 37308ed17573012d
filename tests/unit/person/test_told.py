"""How a person is told: turned on, off and chosen at their own page."""

import pytest
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.oidc.ciba.waiting import open_request
from authsvc.oidc.requests.wanted import Backchannel, Context
from authsvc.reach.keys import sender
from authsvc.reach.models import Preference, Subscription
from authsvc.reach.subscriptions import Address, address_of, subscribe
from tests.factories import make_device, make_party, make_subject
from tests.provider.push_service import TakesPushes
from tests.unit.person.visitor import Visitor

GOOD = "https://fcm.googleapis.com/fcm/send/abc"


def test_a_device_is_turned_on_listed_and_turned_off(inside: Visitor) -> None:
    text = inside.text()
    assert sender().public in text
    assert "its maker’s push service" in text
    browser = TakesPushes(GOOD)
    assert inside.post("told/add", browser.form)["Location"] == f"{inside.root}#told"
    row = Subscription.objects.get()
    assert (row.subject, row.device) == (inside.subject, inside.device)
    assert address_of(row) == Address(**browser.form)
    text = inside.text()
    assert "By fcm.googleapis.com" in text
    assert GOOD not in text
    inside.post(f"told/{row.pk}/remove")
    assert not Subscription.objects.exists()
    events = AuditEvent.objects.filter(tag__in=[Tag.PUSH_ADDED, Tag.PUSH_REMOVED]).order_by("sequence")
    by = f"person {inside.subject.pk}"
    assert [(event.tag, event.actor) for event in events] == [(Tag.PUSH_ADDED, by), (Tag.PUSH_REMOVED, by)]


def test_nobody_turns_off_what_is_another_persons(inside: Visitor) -> None:
    row = subscribe(make_device(make_subject(name="Another")), Address(**TakesPushes(GOOD).form))
    assert inside.post(f"told/{row.pk}/remove").status_code == 404
    assert Subscription.objects.exists()


def test_an_address_that_is_none_is_refused_calmly(inside: Visitor) -> None:
    answer = inside.post("told/add", TakesPushes("https://attacker.example/").form)
    assert answer.status_code == 422
    assert "This browser cannot be told" in answer.content.decode()


def test_who_has_not_come_in_adds_nothing(visitor: Visitor) -> None:
    assert visitor.post("told/add", TakesPushes(GOOD).form).status_code == 302
    assert not Subscription.objects.exists()


def test_another_site_adds_nothing(inside: Visitor) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = inside.agent.client.cookies
    assert strict.post(f"{inside.root}told/add", TakesPushes(GOOD).form).status_code == 403


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"way": "mail", "hours": "organisation"}, ("mail", None)),
        ({"way": "push", "hours": "none"}, ("push", "")),
        (
            {"way": "push", "hours": "own", "begin": "22:00", "end": "07:00", "zone": "Europe/Berlin"},
            ("push", "22:00-07:00 Europe/Berlin"),
        ),
    ],
    ids=["mail", "none", "own"],
)
def test_way_and_quiet_hours_are_chosen(
    inside: Visitor, sent: dict[str, str], kept: tuple[str, str | None]
) -> None:
    assert inside.post("told/", sent)["Location"] == f"{inside.root}#told"
    wish = Preference.objects.get()
    assert (wish.way, wish.quiet_hours) == kept
    assert inside.get("told/").status_code == 200
    assert inside.get().status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"way": "push", "hours": "own"},
        {"way": "push", "hours": "own", "begin": "22:00", "end": "22:00", "zone": "UTC"},
        {"way": "push", "hours": "own", "begin": "22:00", "end": "07:00"},
        {"way": "pigeon", "hours": "none"},
    ],
    ids=["nothing", "no time", "no zone", "no way"],
)
def test_half_a_choice_is_asked_for_again(inside: Visitor, sent: dict[str, str]) -> None:
    assert inside.post("told/", sent).status_code == 422
    assert not Preference.objects.exists()


def test_what_waits_is_found_on_the_own_page(inside: Visitor) -> None:
    assert "Approve or refuse" not in inside.text()
    client = make_party(name="Corner Shop", backchannel_token_delivery_mode="poll")
    asked = Backchannel(inside.subject, "blue whale 42")
    open_request(Context(inside.agent.tenant, {}, client_=client, backchannel=asked))
    text = inside.text()
    assert "Corner Shop" in text
    assert "blue whale 42" in text
    assert "Approve or refuse" in text


def test_nothing_is_offered_where_nobody_is_pushed_to(inside: Visitor, settings: object) -> None:
    settings.PUSH_SERVICES = []  # type: ignore[attr-defined]
    assert "Tell me on this device" not in inside.text()
