"""The log leaves the portal when two administrators want it, once, and as the log itself says."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from authsvc.audit.exporting import FORMATS, events
from authsvc.audit.models import AuditEvent
from authsvc.audit.sequencing import sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.management import approvals, log
from authsvc.management.acting import NotPermitted, ProveAgain
from authsvc.management.models import Approval
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from tests.unit.management.conftest import member

pytestmark = [pytest.mark.requirement("S9.4-02")]


@pytest.fixture(autouse=True)
def _something_happened(tenant: Tenant) -> None:
    record(Tag.CODE_ISSUED, client="a-site", subject="someone", transaction="t1", acr="L2")
    record(Tag.REQUEST_REFUSED, client="a-site", reason="=1+1", came="b")
    sequence()


@pytest.fixture
def asked(tenant: Tenant) -> Approval:
    by = member((tenant, Role.ADMIN))
    call_command("audit_export", tenant.slug, "--by", by.name, "--why", "an audit", "--format", "csv")
    return Approval.objects.get(act="log.allow_export")


def exported(tenant: Tenant, asked: Approval, out: Path) -> str:
    call_command("audit_export", tenant.slug, f"--approval={asked.pk}", "--out", str(out))
    return out.read_text()


def test_nobody_exports_alone(tenant: Tenant, asked: Approval, tmp_path: Path) -> None:
    assert asked.why == "an audit"
    with pytest.raises(CommandError, match="nobody agreed"):
        exported(tenant, asked, tmp_path / "log.csv")
    assert not AuditEvent.objects.filter(tag=Tag.LOG_EXPORTED).exists()


def test_what_was_agreed_to_is_exported_once_and_written_down(
    tenant: Tenant, asked: Approval, tmp_path: Path
) -> None:
    other = member((tenant, Role.OWNER))
    approvals.approve(by=other, approval=asked)
    rows = list(csv.reader(io.StringIO(exported(tenant, asked, tmp_path / "log.csv"))))
    assert rows[1][0] == "1"
    assert rows[2][7] == "'=1+1"
    assert (tmp_path / "log.csv").stat().st_mode & 0o777 == 0o600
    event = AuditEvent.objects.get(tag=Tag.LOG_EXPORTED)
    assert event.details == {"since": "", "approval": asked.pk}
    with pytest.raises(CommandError, match="exported already"):
        exported(tenant, asked, tmp_path / "again.csv")


def test_whoever_asked_takes_it_in_the_portal_with_a_fresh_proof_and_nobody_else(tenant: Tenant) -> None:
    by = member((tenant, Role.ADMIN))
    call_command("audit_export", tenant.slug, "--by", by.name, "--why", "an audit", "--format", "csv")
    asked = Approval.objects.get(asked_by=by.user_id)
    approvals.approve(by=member((tenant, Role.OWNER)), approval=asked)
    with pytest.raises(NotPermitted):
        log.take_export(by=member((tenant, Role.AUDITOR)), approval=asked)
    with pytest.raises(log.NotAllowed):
        log.take_export(by=member((tenant, Role.ADMIN)), approval=asked)
    with pytest.raises(ProveAgain):
        log.take_export(by=replace(by, proven_at=None), approval=asked)
    assert "a-site" in "".join(log.take_export(by=by, approval=asked))
    with pytest.raises(log.NotAllowed):
        log.take_export(by=by, approval=asked)


def test_an_agreement_lasts_a_day(tenant: Tenant, asked: Approval, tmp_path: Path) -> None:
    approvals.approve(by=member((tenant, Role.OWNER)), approval=asked)
    before = Approval.objects.get(pk=asked.pk)
    before.decided_at = (before.decided_at or before.asked_at) - timedelta(hours=25)
    before.save(update_fields=["decided_at"])
    with pytest.raises(CommandError, match="more than a day"):
        exported(tenant, asked, tmp_path / "log.csv")


def test_an_auditor_may_not_even_ask(tenant: Tenant) -> None:
    with pytest.raises(CommandError, match="not-permitted"):
        call_command("audit_export", tenant.slug, "--by", member((tenant, Role.AUDITOR)).name)


def test_each_form_has_every_event(tenant: Tenant) -> None:
    lines: dict[str, list[Any]] = {
        name: list(form(events())) for name, form in FORMATS.items() if name != "csv"
    }
    first, second = map(json.loads, lines["ndjson"])
    assert (first["number"], first["tag"], first["details"]) == (1, "oidc:code:issued", {"acr": "L2"})
    assert second["reason"] == "=1+1"
    signed_in, refused = map(json.loads, lines["ocsf"])
    assert (signed_in["class_uid"], signed_in["type_uid"], signed_in["status_id"]) == (3002, 300201, 1)
    assert (refused["class_uid"], refused["status_id"], refused["unmapped"]["came"]) == (6003, 2, "b")
