"""Seals: who may say what, what a change vouches for, and what moves without a new version."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.oidc.models import Session
from authsvc.seals.kinds import KINDS, Kind
from authsvc.seals.sealing import CannotSeal, Head, NotBelieved
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from config import secrets
from tests.factories import make_device, make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-01", "S6.1-01")]
FILE = secrets.generate()


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        yield


@pytest.fixture
def play(settings: Any) -> Any:
    """Let this process be one of these roles, with one secrets file for all."""

    def be(*roles: str) -> None:
        held = {**FILE["public"], **{name: value for role in roles for name, value in FILE[role].items()}}
        held.pop("django_secret_key", None)
        settings.ROLES = list(roles)
        settings.SECRETS = {name: base64.b64decode(value) for name, value in held.items()}

    be("web", "portal", "worker")
    return be


def sealer_of(row: Any) -> str | None:
    head = Head.of(bytes(row.seal)) if row.seal else None
    return head.role if head else None


def altered(row: Any, column: str, value: Any) -> None:
    with connection.cursor() as cursor:
        statement = f"UPDATE {row._meta.db_table} SET {column} = %s"  # noqa: S608
        cursor.execute(statement, [value])


def test_every_role_that_seals_has_a_key_of_its_own_and_no_other_has_one() -> None:
    roles = {sealer.role for kind in KINDS for sealer in kind.sealed_by}
    assert roles == set(secrets.SEALING) == {"web", "portal"}
    assert {role for kind in KINDS for role in kind.checked_by} == {"web", "worker", "portal"}
    assert [name for name in FILE["worker"] if "seal" in name] == []
    assert all(f"seal_private_key_{role}" in FILE[role] for role in roles)
    assert len({FILE[role][f"seal_private_key_{role}"] for role in roles}) == len(roles)


def test_only_the_maker_checks_a_mac() -> None:
    for kind in KINDS:
        if kind.private:
            assert {sealer.role for sealer in kind.sealed_by} == set(kind.checked_by), kind.name


def test_scheduled_work_seals_by_webs_key_and_believes_what_web_believes(play: Any) -> None:
    make_subject()
    play("provider")
    person = Subject.objects.get()
    person.reference = ""
    person.save(update_fields=["reference"])
    assert sealer_of(Subject.objects.get()) == "web"
    altered(person, "reference", "another")
    assert list(Subject.objects.all()) == []


def test_the_portal_takes_a_face_away_and_gives_none(play: Any) -> None:
    person = make_subject()
    play("portal")
    person.reference = ""
    person.save(update_fields=["reference"])
    assert sealer_of(Subject.objects.get()) == "portal"
    person.reference = "another"
    with pytest.raises(CannotSeal, match="web or portal"):
        person.save(update_fields=["reference"])


def test_the_portal_revokes_a_passkey_and_makes_none(play: Any) -> None:
    device = make_device(make_subject())
    play("portal")
    with pytest.raises(CannotSeal, match=r"device: only web .* here is portal"), transaction.atomic():
        Device.objects.filter(pk=device.pk).update(attested=True)
    assert Device.objects.filter(pk=device.pk).update(status=Device.Status.REVOKED) == 1
    device.refresh_from_db()
    assert device.seal is None
    play("web")
    with pytest.raises(NotBelieved), transaction.atomic():
        Device.objects.filter(pk=device.pk).update(status=Device.Status.ACTIVE)


def test_a_worker_says_nothing_of_a_person(play: Any) -> None:
    person = make_subject(reference="", reference_version=0)
    play("worker")
    with pytest.raises(CannotSeal, match=r"only web or portal .* here is worker"), transaction.atomic():
        Subject.objects.filter(pk=person.pk).update(reference="made", reference_version=1)
    assert Subject.objects.get().reference == ""


def test_a_seal_in_the_workers_name_is_none(play: Any) -> None:
    """Not even by a key that an earlier secrets file gave it."""
    person = make_subject()
    seal = bytes(person.seal or b"")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE subjects_subject SET seal = %s", [seal[:1] + b"k" + seal[2:]])
    assert list(Subject.objects.all()) == []


def test_the_web_registers_third_parties_alone(play: Any) -> None:
    play("web")
    with pytest.raises(CannotSeal):
        register(name="Its own", redirect_uris=["https://own.example/cb"])
    party, _ = register(
        name="Third",
        redirect_uris=["https://third.example/cb"],
        first_party=False,
        registration_digest="digest",
    )
    assert sealer_of(party) == "web"


def test_a_web_seal_on_more_than_it_may_say_is_none(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the web's key makes a seal on whatever they like, and nobody believes it."""
    play("web")
    with monkeypatch.context() as patched:
        patched.setattr(Kind, "may_say", lambda *_: True)
        party, _ = register(name="Its own", redirect_uris=["https://own.example/cb"])
        assert RelyingParty.objects.get() == party
    assert sealer_of(party) == "web"
    assert list(RelyingParty.objects.all()) == []


@pytest.mark.parametrize("how", ["save", "update"])
def test_no_change_vouches_for_what_somebody_else_wrote(play: Any, how: str) -> None:
    person = make_subject()
    altered(person, "reference", "swapped")
    read = Subject.objects.unchecked().get()
    if how == "save":
        read.name = "Another name"
        with pytest.raises(NotBelieved):
            read.save()
    else:
        assert Subject.objects.update(name="Another name") == 0
    assert list(Subject.objects.all()) == []


def test_what_is_changed_in_place_is_noticed(play: Any) -> None:
    person, moment = make_subject(), now()
    Session.objects.create(
        digest="d",
        subject=person,
        events={"L1": {"at": "then"}},
        authenticated_at=moment,
        last_used_at=moment,
    )
    session = Session.objects.get()
    session.events["L1"]["at"] = "now"
    session.save(update_fields=["events"])
    assert Session.objects.get().events == {"L1": {"at": "now"}}


def test_use_moves_a_row_on_unless_it_was_changed_meanwhile(play: Any) -> None:
    person, moment = make_subject(), now()
    Session.objects.create(digest="d", subject=person, authenticated_at=moment, last_used_at=moment)
    first, second = Session.objects.get(), Session.objects.get()
    assert first.move_on(last_used_at=now())
    assert not second.move_on(last_used_at=now())
    assert Session.objects.get().last_used_at == first.last_used_at


def test_a_signature_counter_makes_no_new_version(play: Any, django_capture_on_commit_callbacks: Any) -> None:
    device = make_device(make_subject())
    with django_capture_on_commit_callbacks() as counted:
        Device.objects.filter(pk=device.pk).update(sign_count=7)
    assert counted == []
    with django_capture_on_commit_callbacks() as counted:
        Device.objects.filter(pk=device.pk).update(attested=True)
    assert len(counted) == 1


def test_a_process_without_the_key_believes_nothing(play: Any, settings: Any) -> None:
    make_device(make_subject())
    play("web")
    assert len(Device.objects.all()) == 1
    settings.SECRETS = {}
    assert list(Device.objects.all()) == []
