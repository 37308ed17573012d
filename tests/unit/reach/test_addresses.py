"""Which addresses a browser may name, and how they are kept."""

import json
import logging
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.core.envelope import CannotOpen
from authsvc.devices.models import Device
from authsvc.reach.models import Subscription
from authsvc.reach.subscriptions import MOST, Address, NotAnAddress, address_of, subscribe, subscriptions_of
from tests.factories import make_device, make_subject
from tests.provider.push_service import TakesPushes

GOOD = "https://fcm.googleapis.com/fcm/send/abc:123"


def address(endpoint: str = GOOD) -> Address:
    return Address(**TakesPushes(endpoint).form)


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.ALLOW_LOOPBACK_FETCH = False


@pytest.mark.parametrize(
    "endpoint",
    [
        GOOD,
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc",
        "https://fcm.googleapis.com:443/fcm/send/abc",
    ],
)
def test_services_that_are_known(device: Device, endpoint: str) -> None:
    assert subscribe(device, address(endpoint)).service in endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://fcm.googleapis.com/abc",
        "https://127.0.0.1/abc",
        "http://127.0.0.1:8000/abc",
        "https://localhost/abc",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/abc",
        "https://fcm.googleapis.com.attacker.example/abc",
        "https://notfcm.googleapis.com/abc",
        "https://attacker.example/fcm.googleapis.com",
        "https://attacker.example#fcm.googleapis.com",
        "https://fcm.googleapis.com@attacker.example/abc",
        "https://user@fcm.googleapis.com/abc",
        "https://fcm.googleapis.com:8443/abc",
        "https://fcm.googleapis.com:x/abc",
        "https://[fcm.googleapis.com/abc",
        "https://fcm.googleapis.com\\@attacker.example/",
        "https://fcm.googleapis.com/\r\nHost: x",
        "https://fcm.googleapis.com/" + "a" * 1000,
        "https://fcm.googleapis.çom/abc",
        "javascript:alert(1)",
    ],
)
def test_anything_else_is_not_called(device: Device, endpoint: str) -> None:
    with pytest.raises(NotAnAddress):
        subscribe(device, address(endpoint))
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"key": ""},
        {"key": "AAAA"},
        {"key": "B" + "A" * 86},
        {"secret": ""},
        {"secret": "AAAA"},
        {"secret": "A=="},
    ],
)
def test_keys_that_are_none_are_refused(device: Device, changes: dict[str, str]) -> None:
    with pytest.raises(NotAnAddress):
        subscribe(device, Address(**{**TakesPushes(GOOD).form, **changes}))


def test_an_address_is_kept_sealed_and_said_nowhere(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    given = address()
    row = subscribe(device, given)
    assert address_of(Subscription.objects.get()) == given
    stored = json.dumps(Subscription.objects.values().get(), default=repr)
    events = json.dumps(list(AuditEvent.objects.values()), default=str)
    for secret in (given.endpoint, "abc:123", given.key, given.secret):
        for place in (stored, events, caplog.text, repr(given), repr(row)):
            assert secret not in place


def test_an_address_that_is_put_at_another_person_does_not_open(device: Device) -> None:
    row = subscribe(device, address())
    other = make_device(make_subject(name="Another"))
    Subscription.objects.filter(pk=row.pk).update(subject=other.subject, device=other)
    with pytest.raises(CannotOpen):
        address_of(Subscription.objects.get())


def test_a_browser_is_one_persons_at_a_time(device: Device) -> None:
    given, other = address(), make_device(make_subject(name="Another"))
    subscribe(device, given)
    subscribe(other, given)
    assert not subscriptions_of(device.subject).exists()
    assert subscriptions_of(other.subject).count() == 1


def test_the_oldest_goes_for_one_too_many(device: Device) -> None:
    made = [subscribe(device, address(f"{GOOD}{number}")).pk for number in range(MOST + 1)]
    assert {row.pk for row in subscriptions_of(device.subject)} == set(made[1:])
