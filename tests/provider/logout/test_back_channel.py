"""Back-channel logout: the token arrives, is what the specification says, and is tried again."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.core.clock import now
from authsvc.delivery.models import Delivery
from authsvc.delivery.sender import send_due
from authsvc.devices.models import Device
from authsvc.oidc import tasks
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.sessions.logout.backchannel import EVENT, LOGOUT
from authsvc.oidc.sessions.logout.ending import end_baseless_sessions, end_session
from authsvc.oidc.tasks import end_sessions
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import current_tenant_id
from tests.factories import make_tenant
from tests.provider.browser import Browser, Partner, make_partner, make_person
from tests.provider.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def partner(visitor: Browser, receiver: Receiver) -> Partner:
    return make_partner(backchannel_logout_uri=f"{receiver.url}/logout", offline_access=True)


def sign_out(visitor: Browser, id_token: str) -> None:
    gone = visitor.http.get(f"{visitor.root}end-session", {"id_token_hint": id_token})
    assert b"You are signed out" in gone.content


@pytest.mark.requirement("OIDC-LOGOUT-06")
def test_metadata_flags(visitor: Browser) -> None:
    said = visitor.http.get(f"{visitor.root}.well-known/openid-configuration").json()
    assert said["backchannel_logout_supported"]
    assert said["backchannel_logout_session_supported"]


@pytest.mark.requirement("OIDC-LOGOUT-06")
def test_the_token_arrives_and_the_session_is_over(
    visitor: Browser, partner: Partner, receiver: Receiver
) -> None:
    tokens = visitor.tokens(partner, make_person())
    said = visitor.claims(tokens["id_token"])
    sign_out(visitor, tokens["id_token"])
    assert send_due() == 1
    [(path, body)] = receiver.arrived
    assert path == "/logout"
    [token] = parse_qs(body.decode())["logout_token"]
    claims = visitor.claims(token)
    assert {name: claims[name] for name in ("iss", "aud", "sub", "sid")} == {
        name: said[name] for name in ("iss", "aud", "sub", "sid")
    }
    assert claims["events"] == {EVENT: {}}
    assert "nonce" not in claims
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert AuditEvent.objects.filter(tag="oidc:logout:delivered").count() == 1
    assert send_due() == 0
    assert visitor.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.requirement("OIDC-LOGOUT-06")
def test_offline_access_outlives_a_sign_out(visitor: Browser, partner: Partner) -> None:
    tokens = visitor.tokens(partner, make_person(), scope="openid offline_access")
    sign_out(visitor, tokens["id_token"])
    body = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert visitor.http.post(f"{visitor.root}token", body, headers=partner.basic()).status_code == 200


@pytest.mark.requirement("OIDC-LOGOUT-06")
def test_every_client_of_the_session_is_told_and_no_other(
    visitor: Browser, partner: Partner, receiver: Receiver
) -> None:
    second = make_partner(name="Second", backchannel_logout_uri=f"{receiver.url}/second")
    make_partner(name="Third", backchannel_logout_uri=f"{receiver.url}/third")
    person = make_person()
    visitor.tokens(partner, person)
    answered = visitor.authorize(second, prompt="none")
    assert "code=" in answered["Location"]
    session = Session.objects.get()
    assert end_session(session, reason="test")
    assert not end_session(session, reason="test")
    assert send_due() == 2
    assert sorted(path for path, _ in receiver.arrived) == ["/logout", "/second"]


@pytest.mark.requirement("OIDC-LOGOUT-06")
def test_a_failing_endpoint_is_tried_again_and_given_up_in_the_end(
    visitor: Browser, partner: Partner, receiver: Receiver
) -> None:
    receiver.status = 500
    sign_out(visitor, visitor.tokens(partner, make_person())["id_token"])
    most = len(LOGOUT.waits) + 1
    waits = []
    for _ in range(most + 2):
        send_due()
        due_at = Delivery.objects.get().due_at
        waits.append(due_at and round((due_at - now()).total_seconds()))
        Delivery.objects.exclude(due_at=None).update(due_at=now() - timedelta(seconds=1))
    assert waits == [8, 16, 32, 64, 128, 256, 512, None, None, None]
    assert len(receiver.arrived) == most == 8
    assert Delivery.objects.get().problem == "it answered 500"
    assert AuditEvent.objects.filter(tag="oidc:logout:failed").count() == 1


@pytest.mark.requirement("OIDC-LOGOUT-06")
def test_a_redirect_is_not_followed(visitor: Browser, partner: Partner, receiver: Receiver) -> None:
    receiver.status, receiver.location = 302, f"{receiver.url}/elsewhere"
    sign_out(visitor, visitor.tokens(partner, make_person())["id_token"])
    assert send_due() == 0
    assert [path for path, _ in receiver.arrived] == ["/logout"]


@pytest.mark.requirement("S9.4-13")
@pytest.mark.parametrize("ground", ["device", "person", "reference"])
def test_what_a_session_rests_on_is_gone(
    visitor: Browser, partner: Partner, receiver: Receiver, ground: str
) -> None:
    person = make_person()
    tokens = visitor.tokens(partner, person, scope="openid offline_access")
    if ground == "device":
        Device.objects.filter(subject=person).update(status=Device.Status.REVOKED)
    elif ground == "person":
        Subject.objects.filter(pk=person.pk).update(status=Subject.Status.CLOSED)
    else:
        session = Session.objects.get()
        session.events["L2"]["policy"] = "digest"
        session.save()
        Subject.objects.filter(pk=person.pk).update(reference="")
    end_sessions()
    assert send_due() == 1
    assert Session.objects.get().ended_at is not None
    assert Grant.objects.get().revoked_at is not None
    assert len(receiver.arrived) == 1
    body = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused = visitor.http.post(f"{visitor.root}token", body, headers=partner.basic())
    assert refused.json()["error"] == "invalid_grant"


@pytest.mark.requirement("S9.4-13")
def test_a_sound_session_goes_on(visitor: Browser, partner: Partner, receiver: Receiver) -> None:
    visitor.tokens(partner, make_person())
    end_sessions()
    assert send_due() == 0
    assert Session.objects.get().ended_at is None
    assert receiver.arrived == []


def test_one_tenants_trouble_does_not_stop_the_others(
    visitor: Browser, partner: Partner, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tenant()
    person = make_person()
    visitor.tokens(partner, person)
    Subject.objects.filter(pk=person.pk).update(status=Subject.Status.CLOSED)

    def broken_elsewhere() -> int:
        if current_tenant_id() != visitor.tenant.id:
            raise RuntimeError("this tenant's rows cannot be read")
        return end_baseless_sessions()

    monkeypatch.setattr(tasks, "end_baseless_sessions", broken_elsewhere)
    end_sessions()
    assert send_due() == 1
    assert len(receiver.arrived) == 1
