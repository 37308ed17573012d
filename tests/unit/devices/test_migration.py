"""Devices changed their application, not their table: a filled database loses nothing, there and back."""

import uuid

import pytest
from django.db import connection

from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.oidc.models import Session
from authsvc.tenancy.rls import tenant_tables
from authsvc.tenancy.scope import every_tenant_scope
from tests.migrating import Migrations

BEFORE = [
    ("subjects", "0002_alter_device_status"),
    ("oidc", "0003_backchannel_request"),
    ("transactions", "0002_samples_uncompressed"),
    ("devices", None),
]


@pytest.mark.whole
def test_a_session_keeps_its_device_and_the_device_its_table(migrations: Migrations) -> None:
    before = migrations.to(BEFORE)
    with every_tenant_scope():
        tenant = before.get_model("tenancy", "Tenant").objects.create(slug="filled", name="Filled")
        subject = before.get_model("subjects", "Subject").objects.create(tenant=tenant, name="Ada")
        device = before.get_model("subjects", "Device").objects.create(
            tenant=tenant, subject=subject, credential_id="AAAA", public_key=b"cose", aaguid=uuid.uuid4()
        )
        before.get_model("oidc", "Session").objects.create(
            tenant=tenant, subject=subject, device=device, authenticated_at=now(), last_used_at=now()
        )
        migrations.to_latest()
        # Nobody has vouched for them yet.
        kept = Session.objects.unchecked().get().device
        assert kept == Device.objects.unchecked().get(credential_id="AAAA", subject__name="Ada")
        assert (bytes(kept.public_key), kept.aaguid) == (b"cose", device.aaguid)


def test_row_level_security_still_covers_the_devices() -> None:
    assert Device._meta.db_table == "subjects_device"
    assert "subjects_device" in tenant_tables()


@pytest.mark.needs("postgresql")
@pytest.mark.django_db
def test_postgresql_forces_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'subjects_device'")
        assert cursor.fetchall() == [(True,)]
