"""S9.4-02: the log leaves when one administrator asks at the shell and another agrees in the portal."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.management.models import Approval
from authsvc.tenancy.models import Tenant

pytestmark = [pytest.mark.requirement("S9.4-02"), pytest.mark.usefixtures("live", "admin")]


@pytest.fixture
def asked(tenant: Tenant) -> Approval:
    """What the first one asked for, as the command said it."""
    call_command(
        "audit_export",
        tenant.slug,
        "--by",
        "admin@example.org",
        "--why",
        "The yearly audit",
        "--format",
        "ocsf",
    )
    return Approval.objects.get()


def test_a_second_administrator_reads_why_agrees_and_the_file_is_written_once(
    admin: Client, grace: Client, base: str, tenant: Tenant, asked: Approval, tmp_path: Path
) -> None:
    out = tmp_path / "events.ndjson"
    with pytest.raises(CommandError, match="nobody agreed"):
        call_command("audit_export", tenant.slug, f"--approval={asked.pk}", "--out", str(out))
    assert "Agree, and do it now" not in admin.get(f"{base}approvals/{asked.pk}/").content.decode()
    theirs = grace.get(f"{base}approvals/{asked.pk}/").content.decode()
    for text in ("Export the audit log", "The yearly audit", "Agree, and do it now"):
        assert text in theirs
    grace.post(f"{base}approvals/{asked.pk}/agree/")
    call_command("audit_export", tenant.slug, f"--approval={asked.pk}", "--out", str(out))
    said = [json.loads(line) for line in out.read_text().splitlines()]
    actors = {each["metadata"]["event_code"]: each["actor"]["user"]["name"] for each in said}
    assert actors[Tag.APPROVAL_ASKED] == actors[Tag.LOG_EXPORT_ALLOWED] == "admin@example.org"
    assert actors[Tag.APPROVAL_GIVEN] == "grace@example.org"
    assert AuditEvent.objects.filter(tag=Tag.LOG_EXPORTED).count() == 1
    with pytest.raises(CommandError, match="exported already"):
        call_command("audit_export", tenant.slug, f"--approval={asked.pk}")


def test_what_was_refused_is_not_exported(grace: Client, base: str, tenant: Tenant, asked: Approval) -> None:
    grace.post(f"{base}approvals/{asked.pk}/refuse/")
    with pytest.raises(CommandError, match="nobody agreed"):
        call_command("audit_export", tenant.slug, f"--approval={asked.pk}")


def test_a_file_that_is_there_costs_no_agreement(
    grace: Client, base: str, tenant: Tenant, asked: Approval, tmp_path: Path
) -> None:
    grace.post(f"{base}approvals/{asked.pk}/agree/")
    out = tmp_path / "events.ndjson"
    out.touch()
    with pytest.raises(CommandError, match="is there already"):
        call_command("audit_export", tenant.slug, f"--approval={asked.pk}", "--out", str(out))
    out.unlink()
    call_command("audit_export", tenant.slug, f"--approval={asked.pk}", "--out", str(out))
    assert out.stat().st_mode & 0o777 == 0o600
