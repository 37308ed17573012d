"""A person turns pushes on at their own page, and what is sent reaches the page's own service worker.

Chromium subscribes to no push service without its maker's: `pushManager` gives an address of the tests' own
service instead. What goes there is sealed by the product, opened with the browser's keys, and handed to the
real service worker by the browser's own tools.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from authsvc.delivery.sender import send_due
from authsvc.oidc.ciba.waiting import open_request
from authsvc.oidc.requests.wanted import Backchannel, Context
from authsvc.reach.keys import sender
from authsvc.reach.message import words
from authsvc.tenancy.models import Tenant
from tests.browser.capture.person import Person
from tests.factories import make_party
from tests.provider.push_service import PushService, TakesPushes, push_service

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SUBSCRIBES = """(given) => {
  Notification.requestPermission = async () => "granted";
  PushManager.prototype.getSubscription = async () => null;
  PushManager.prototype.subscribe = async (options) => {
    sessionStorage.setItem("asked", JSON.stringify(options));
    return { toJSON: () => given };
  };
}"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map((one) => ({ title: one.title, text: one.body }));
}"""


@pytest.fixture
def person(tenant: Tenant, launch: Callable[..., Browser]) -> Person:
    """Somebody with the whole browser: its shell has no push messages."""
    return Person(tenant, launch(whole=True))


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


def goes_home(person: Person, page: Page) -> None:
    page.goto(f"/t/{person.tenant.slug}/me/")
    page.get_by_role("button", name="Use my passkey").click()
    person.sees("welcome")
    person.taps("passkey")
    expect(page.get_by_role("heading", name="How I am told")).to_be_visible()


def turns_on(page: Page, browser: TakesPushes) -> None:
    keys = {"p256dh": browser.form["key"], "auth": browser.form["secret"]}
    page.evaluate(SUBSCRIBES, {"endpoint": browser.endpoint, "keys": keys})
    page.get_by_role("button", name="Tell me on this device").click()
    expect(page.get_by_text("By 127.0.0.1")).to_be_visible()


def test_what_is_sent_is_shown_by_the_service_worker(
    person: Person, page: Page, service: PushService
) -> None:
    subject, browser = person.enrolled(), service.subscribed()
    registrations: list[dict[str, Any]] = []
    person.devtools.on(
        "ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"])
    )
    person.devtools.send("ServiceWorker.enable")
    person.context.grant_permissions(["notifications"], origin=person.base)
    goes_home(person, page)
    turns_on(page, browser)
    asked = page.evaluate("JSON.parse(sessionStorage.getItem('asked'))")
    assert asked == {"userVisibleOnly": True, "applicationServerKey": sender().public}
    client = make_party(name="Corner Shop", backchannel_token_delivery_mode="poll")
    open_request(Context(person.tenant, {}, client_=client, backchannel=Backchannel(subject, "blue whale")))
    for _ in range(2):
        send_due()
    assert service.words_for(browser) == [words()]
    message = {
        "origin": person.base,
        "registrationId": registrations[-1]["registrationId"],
        "data": browser.open(service.came[0].body).decode(),
    }
    person.devtools.send("ServiceWorker.deliverPushMessage", message)
    for _ in range(50):
        if shown := page.evaluate(SHOWN):
            break
        page.wait_for_timeout(100)
    assert shown == [words()]
    assert "Corner Shop" not in json.dumps(shown)
    page.reload()
    expect(page.get_by_text("Corner Shop")).to_be_visible()
    expect(page.get_by_text("last told")).to_be_visible()
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("By 127.0.0.1")).to_have_count(0)
    assert person.violations == []


def test_a_browser_that_does_not_let_us_tells_how(person: Person, page: Page) -> None:
    person.enrolled()
    goes_home(person, page)
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    page.get_by_role("button", name="Tell me on this device").click()
    expect(page.get_by_text("Allow notifications of this site")).to_be_visible()
    expect(page.get_by_role("button", name="Tell me on this device")).to_be_enabled()
