"""Seals are renewed while their key is rotated, by a command, and those of the old key end with it."""

import base64
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.remembered import forget_everything
from authsvc.devices.models import Device
from authsvc.management.membership import membership_of
from authsvc.seals.sealing import Head
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from config import secrets
from config.rotation import KEYS, Files, introduce, retire, switch
from tests.factories import make_device, make_subject, make_tenant
from tests.tenancy.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-09")]
WEB, PORTAL = "web.seal_private_key_web", "portal.seal_private_key_portal"


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


@pytest.fixture
def place(tmp_path: Path, settings: Any) -> Path:
    """A secrets file, which this process holds."""
    path = tmp_path / "secrets.json"
    secrets.write(path, secrets.generate())
    hold(path, settings)
    return path


def hold(place: Path, settings: Any, *roles: str) -> None:
    """Let this process read the file again, as the roles that it plays."""
    settings.SECRETS = secrets.held(Files(place).read(), roles or settings.ROLES).keys
    forget_everything()


def rotate(place: Path, settings: Any, key: str, *more: str) -> str:
    out = StringIO()
    given = more or ("--settle", "0")
    call_command("rotate_key", key, "--files", str(place), *given, stdout=out)
    hold(place, settings)
    return out.getvalue()


def key_in(row: Any) -> bytes:
    head = Head.of(bytes(type(row)._base_manager.get(pk=row.pk).seal))
    assert head is not None
    return head.key


def put(row: Any, **columns: Any) -> None:
    """Write columns of the row behind the product's back."""
    key = row._meta.pk.get_db_prep_value(row.pk, connection)
    with connection.cursor() as cursor:
        for name, value in columns.items():
            where = f'"{row._meta.pk.column}" = %s'
            cursor.execute(f'UPDATE "{row._meta.db_table}" SET "{name}" = %s WHERE {where}', [value, key])  # noqa: S608


def test_what_a_role_sealed_is_renewed_and_listed(place: Path, tenant: Tenant, settings: Any) -> None:
    person, user = make_subject(), make_user((tenant, Role.OWNER))
    device, member = make_device(person), Membership.objects.get()
    before = {row: key_in(row) for row in (person, device, member)}
    told = rotate(place, settings, WEB)
    assert f"{WEB}: 2 made anew" in told
    assert f"subject {tenant.slug}: {person.pk}\n" in told
    assert f"device {tenant.slug}: {device.pk}\n" in told
    assert {row for row, key in before.items() if key_in(row) != key} == {person, device}
    events = AuditEvent.objects.filter(tag=Tag.SEALS_RENEWED.value)
    assert {event.details["kind"]: event.details["count"] for event in events} == {"subject": 1, "device": 1}
    assert f"membership {tenant.slug}: {member.pk}\n" in rotate(place, settings, PORTAL)
    for key in (WEB, PORTAL):
        assert f"{key}: 0 made anew" in rotate(place, settings, key, "--retire")
    assert (Subject.objects.get(), Device.objects.get()) == (person, device)
    assert membership_of(user.pk, tenant.pk) == member


def test_a_seal_of_the_old_key_is_good_until_that_is_gone(place: Path, tenant: Tenant, settings: Any) -> None:
    person = make_subject()
    old = bytes(person.seal or b"")
    rotate(place, settings, WEB)
    put(person, seal=old)
    assert Subject.objects.get() == person
    new = bytes(Subject.objects.get().seal or b"")
    assert new == old, "nothing is sealed by reading"
    rotate(place, settings, WEB, "--retire")
    assert Subject.objects.get() == person
    put(person, seal=old)
    assert list(Subject.objects.all()) == []


def test_what_is_not_believed_is_not_renewed(place: Path, tenant: Tenant, settings: Any) -> None:
    altered, unsealed, good = make_subject(), make_subject(), make_subject()
    put(altered, reference="swapped")
    before = bytes(altered.seal or b"")
    put(unsealed, seal=None)
    told = rotate(place, settings, WEB)
    assert f"subject {tenant.slug}: {good.pk}\n" in told
    rows = {row.pk: bytes(row.seal or b"") for row in Subject._base_manager.all()}
    assert (rows[altered.pk], rows[unsealed.pk]) == (before, b"")
    rotate(place, settings, WEB, "--retire")
    assert list(Subject.objects.all()) == [good]


def test_an_older_copy_is_not_renewed(
    place: Path, tenant: Tenant, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    device = make_device(make_subject())
    before = bytes(device.seal or b"")
    with django_capture_on_commit_callbacks(execute=True):
        Device.objects.filter(pk=device.pk).update(status=Device.Status.REVOKED)
    put(device, status=Device.Status.ACTIVE, seal=before)
    assert "device" not in rotate(place, settings, WEB)
    assert bytes(Device._base_manager.get().seal or b"") == before


def test_no_step_of_a_rotation_meets_a_seal_that_is_not_accepted(
    place: Path, tenant: Tenant, settings: Any
) -> None:
    """Processes read the file at different times: one may be a step behind another, both ways."""
    files, key = Files(place), KEYS[WEB]
    steps = [files.read()]
    for step in (introduce, switch, retire):
        whole = json.loads(json.dumps(steps[-1]))
        step(whole, key)
        steps.append(whole)

    def be(whole: Any) -> None:
        held = {**whole["public"], **whole["web"]}
        held.pop("django_secret_key")
        settings.SECRETS = {name: base64.b64decode(value) for name, value in held.items()}
        forget_everything()

    # Between the last two stands the renewal, after which nothing by the old key is left.
    for one, other in ((0, 1), (1, 0), (1, 2), (2, 1), (3, 2)):
        be(steps[one])
        person = make_subject()
        be(steps[other])
        assert person in Subject.objects.all(), (one, other)
