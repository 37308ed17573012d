"""Revoking a device, a reference or a person ends what rests on it, and relying parties hear of it."""

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from authsvc.delivery.models import Delivery
from authsvc.delivery.sender import send_due
from authsvc.devices.models import Device
from authsvc.management import people
from authsvc.management.actors import System
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.tasks import end_sessions
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import revoke_reference
from authsvc.vault.models import Reference
from config.celery import app
from tests.provider.browser import Browser, Partner, make_partner, make_person
from tests.provider.receiver import Receiver, receiving

TEST = System("test")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def partner(receiver: Receiver) -> Partner:
    return make_partner(backchannel_logout_uri=f"{receiver.url}/logout", offline_access=True)


@pytest.fixture
def person(visitor: Browser) -> Subject:
    made = make_person()
    Reference.objects.create(pseudonym=made.reference, model="G", sealed_template=b"x", engine="test")
    return made


def rest_on_the_face() -> None:
    """Let what was signed in have been by the face too."""
    session = Session.objects.get()
    session.events["L2"]["policy"] = "digest"
    session.save()
    Grant.objects.update(policy="digest")


def revoke(ground: str, person: Subject) -> None:
    if ground == "device":
        assert people.revoke_device(by=TEST, device=Device.objects.get(subject=person))
    elif ground == "person":
        assert people.close(by=TEST, subject=person)
    else:
        revoke_reference(pseudonym=person.reference, reason="test")


@pytest.mark.requirement("S9.4-13", "OIDC-LOGOUT-06")
@pytest.mark.parametrize("ground", ["device", "person", "reference"])
def test_sessions_and_tokens_end_and_relying_parties_hear_of_it(
    visitor: Browser, partner: Partner, receiver: Receiver, person: Subject, ground: str
) -> None:
    tokens = visitor.tokens(partner, person, scope="openid offline_access")
    rest_on_the_face()
    revoke(ground, person)
    end_sessions()
    assert send_due() == 1
    for kind in ("access_token", "refresh_token"):
        answer = visitor.http.post(
            f"{visitor.root}introspect", {"token": tokens[kind]}, headers=partner.basic()
        )
        assert answer.json() == {"active": False}
    assert visitor.refresh(partner, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert "error=login_required" in visitor.authorize(partner, prompt="none")["Location"]
    [(_, body)] = receiver.arrived
    claims = visitor.claims(parse_qs(body.decode())["logout_token"][0])
    said = visitor.claims(tokens["id_token"])
    assert (claims["sub"], claims["sid"], claims["aud"]) == (said["sub"], said["sid"], said["aud"])
    end_sessions()
    assert send_due() == 0
    assert len(receiver.arrived) == 1


@pytest.mark.requirement("S9.4-13")
def test_offline_access_that_rests_on_the_face_ends_after_its_session_too(
    visitor: Browser, partner: Partner, person: Subject
) -> None:
    tokens = visitor.tokens(partner, person, scope="openid offline_access")
    rest_on_the_face()
    visitor.http.get(f"{visitor.root}end-session", {"id_token_hint": tokens["id_token"]})
    assert Grant.objects.get().revoked_at is None
    revoke_reference(pseudonym=person.reference, reason="test")
    end_sessions()
    assert visitor.refresh(partner, tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.requirement("S9.4-13")
def test_a_passkey_alone_outlives_a_revoked_face(visitor: Browser, partner: Partner, person: Subject) -> None:
    tokens = visitor.tokens(partner, person)
    revoke_reference(pseudonym=person.reference, reason="test")
    end_sessions()
    assert visitor.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.requirement("S9.4-13")
def test_another_device_of_the_person_goes_on(visitor: Browser, partner: Partner, person: Subject) -> None:
    tokens = visitor.tokens(partner, person)
    second = Device.objects.create(subject=person, credential_id="second", public_key=b"cose")
    assert people.revoke_device(by=TEST, device=second)
    end_sessions()
    assert visitor.userinfo(tokens["access_token"]).status_code == 200
    assert Delivery.objects.count() == 0


@pytest.mark.requirement("S9.4-13")
def test_the_schedule_runs_well_within_a_minute() -> None:
    for name, task in {
        "ended-sessions": "authsvc.oidc.tasks.end_sessions",
        "deliveries": "authsvc.delivery.tasks.deliver",
    }.items():
        entry = app.conf.beat_schedule[name]
        assert entry["task"] == task
        assert entry["schedule"] <= 10
