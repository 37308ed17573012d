"""A message is sealed to one browser (RFC 8291), and its sender says who they are (RFC 8292)."""

import json
from datetime import timedelta

import pytest
import requests
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pywebpush import webpush

from authsvc.core.fetch import fetch
from authsvc.devices.models import Device
from authsvc.reach.keys import sender
from authsvc.reach.message import headers, sealed_message, words
from authsvc.reach.models import PushKey
from authsvc.reach.subscriptions import Address, address_of, subscribe
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant
from tests.provider.push_service import PushService, TakesPushes, decoded

ABOUT = "a-request"


def address(browser: TakesPushes) -> Address:
    return Address(**browser.form)


def test_the_tests_browser_opens_the_example_of_the_standard() -> None:
    """RFC 8291 appendix A: what the tests hold the product to is right itself."""
    private = int.from_bytes(decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    browser = TakesPushes(
        "https://push.example/",
        ec.derive_private_key(private, ec.SECP256R1()),
        decoded("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    body = decoded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.open(body) == b"When I grow up, I want to be a watermelon"


def test_a_sender_that_we_did_not_write_is_understood(service: PushService) -> None:
    browser, key = service.subscribed(), Vapid02()
    key.generate_keys()
    keys = {"p256dh": browser.form["key"], "auth": browser.form["secret"]}
    with requests.Session() as session:
        answer = webpush(
            {"endpoint": browser.endpoint, "keys": keys},
            json.dumps({"title": "x"}),
            vapid_private_key=key,
            vapid_claims={"sub": "mailto:operator@example.com", "aud": service.url},
            requests_session=session,
        )
    assert answer.status_code == 201
    assert service.words_for(browser) == [{"title": "x"}]


def test_only_the_browser_opens_what_is_sent(device: Device, service: PushService) -> None:
    browser, other = service.subscribed(), service.subscribed("other")
    row = subscribe(device, address(browser))
    kept = address_of(row)
    body = sealed_message(kept)
    said = headers(kept, about=ABOUT, life=timedelta(seconds=90))
    assert fetch(kept.endpoint, method="POST", body=body, headers=said, allow_loopback=True).status == 201
    assert service.words_for(browser) == [words()]
    with pytest.raises(InvalidTag):
        other.open(body)
    [came] = service.came
    assert came.sender == sender().public
    assert (came.headers["TTL"], came.headers["Urgency"]) == ("90", "high")
    assert len(came.headers["Topic"]) <= 32


def test_what_is_sent_names_nobody(device: Device) -> None:
    person = device.subject
    person.name = "Zebulon Unmistakable"
    said = json.dumps(words())
    assert person.name not in said
    assert set(words()) == {"title", "text"}


def test_each_tenant_is_another_sender_and_keeps_its_key_sealed(tenant: Tenant) -> None:
    public = sender().public
    assert sender().public == public
    assert len(decoded(public)) == 65
    row = PushKey.objects.get()
    private, kept = str(sender().key.as_dict(private=True)["d"]), bytes(row.sealed_private)
    assert kept.find(decoded(private)) == kept.find(private.encode()) == -1
    with tenant_scope(make_tenant(slug="another").id):
        assert sender().public != public


def test_a_statement_is_for_one_service_and_an_hour(tenant: Tenant) -> None:
    token = (
        sender().authorization("https://fcm.googleapis.com/fcm/send/abc").partition("t=")[2].partition(",")[0]
    )
    claims = json.loads(decoded(token.split(".")[1]))
    assert claims["aud"] == "https://fcm.googleapis.com"
    assert "abc" not in json.dumps(claims)
