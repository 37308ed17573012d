"""The audit log's screen: days, the proof of an event, checks, and an export that two agree on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.sequencing import origin_of, sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.writers import verifier
from authsvc.core.clock import now
from authsvc.management.checks import check_asked
from authsvc.management.models import Approval
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from tests.tenancy.people import make_user, signed_in

pytestmark = [pytest.mark.requirement("SB-07")]
VERIFIER = Path(settings.BASE_DIR) / "devtools" / "verify_log.py"


@pytest.fixture
def event(tenant: Tenant) -> AuditEvent:
    made = record(Tag.CODE_ISSUED, client="a-site", subject="someone", transaction="t1", acr="L2")
    sequence()
    return made


@pytest.fixture
def auditor(tenant: Tenant) -> Client:
    return signed_in(make_user((tenant, Role.AUDITOR), email="auditor@example.org"))


def content(answer: object) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("opened", [False, True])
def test_a_proof_is_checked_without_us(
    admin: Client, base: str, tenant: Tenant, event: AuditEvent, tmp_path: Path, opened: bool
) -> None:
    page = admin.get(f"{base}audit/{event.pk}/").content.decode()
    key = str(verifier(origin_of(tenant.pk)))
    assert key in page
    answer = admin.get(f"{base}audit/{event.pk}/?as=proof{'&open=1' if opened else ''}")
    assert answer["Content-Disposition"] == 'attachment; filename="proof-1.json"'
    assert (b"someone" in answer.content) is opened
    path = tmp_path / "proof.json"
    path.write_bytes(answer.content)
    command = [sys.executable, str(VERIFIER), "receipt", str(path), "--key", key]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    path.write_text(path.read_text().replace("oidc:code:issued", "oidc:code:refused"))
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0
    assert AuditEvent.objects.filter(tag=Tag.LIST_EXPORTED).count() == opened


def test_who_only_reads_takes_no_proof_that_speaks_of_people(
    auditor: Client, base: str, event: AuditEvent
) -> None:
    assert auditor.get(f"{base}audit/{event.pk}/?as=proof").status_code == 200
    assert auditor.get(f"{base}audit/{event.pk}/?as=proof&open=1").status_code == 403
    assert "open=1" not in auditor.get(f"{base}audit/{event.pk}/").content.decode()


def test_of_an_event_that_waits_there_is_no_proof_yet(admin: Client, base: str, tenant: Tenant) -> None:
    waiting = record(Tag.CODE_ISSUED, client="a-site")
    answer = admin.get(f"{base}audit/{waiting.pk}/?as=proof", follow=True)
    assert "has not taken it in yet" in answer.content.decode()


def test_days_are_counted_as_the_filters_say_and_lead_to_their_list(
    admin: Client, base: str, event: AuditEvent
) -> None:
    answer = admin.get(f"{base}audit/?tag={Tag.CODE_ISSUED}")
    days, today = answer.context["tally"].days, now().date().isoformat()
    assert len(days) == 14
    assert [day.count for day in days] == [0] * 13 + [1]
    assert days[-1].query == f"?tag=oidc%3Acode%3Aissued&since={today}&until={today}"
    assert f'href="{days[-1].query}"'.replace("&", "&amp;") in answer.content.decode()
    listed = admin.get(f"{base}audit/{days[-1].query}")
    assert [line.event.pk for line in listed.context["lines"]] == [event.pk]
    assert [day.count for day in listed.context["tally"].days] == [1]


def test_of_a_day_so_many_are_counted_and_no_more(
    admin: Client, base: str, event: AuditEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.auditlog.days.COUNTED", 0)
    last = admin.get(f"{base}audit/").context["tally"].days[-1]
    assert (last.count, last.is_more) == (1, True)


def test_an_auditor_has_the_log_checked_and_finds_the_check_again(
    auditor: Client, base: str, event: AuditEvent
) -> None:
    assert auditor.post(f"{base}audit/checks/start/")["Location"] == f"{base}audit/checks/"
    assert "The log is being checked" in auditor.get(f"{base}audit/checks/").content.decode()
    sequence()
    check_asked()
    assert "is being taken into the log" in auditor.get(f"{base}audit/checks/").content.decode()
    sequence()
    page = auditor.get(f"{base}audit/checks/").content.decode()
    assert "The log is whole" in page
    assert "data-follows" not in page


@pytest.mark.requirement("S9.4-02")
@pytest.mark.usefixtures("live")
def test_an_export_is_asked_for_agreed_to_and_fetched_once_by_who_asked(
    admin: Client, grace: Client, base: str, event: AuditEvent
) -> None:
    asked = {
        "form": "ndjson",
        "until": now().date().isoformat(),
        "agreement-why": "A month for the regulator",
    }
    assert admin.post(f"{base}audit/export/", asked).status_code == 302
    row = Approval.objects.get()
    take = f"{base}audit/export/{row.pk}/"
    assert admin.post(take).status_code == 302
    theirs = grace.get(f"{base}approvals/{row.pk}/").content.decode()
    assert "NDJSON" in theirs
    assert asked["until"] in theirs
    grace.post(f"{base}approvals/{row.pk}/agree/")
    assert grace.post(take).status_code == 302
    assert "Fetch the file" not in grace.get(f"{base}audit/export/").content.decode()
    assert "Fetch the file" in admin.get(f"{base}audit/export/").content.decode()
    lines = [json.loads(line) for line in content(admin.post(take)).splitlines()]
    assert [line["tag"] for line in lines][:1] == [Tag.CODE_ISSUED]
    assert lines[-1]["tag"] == Tag.LOG_EXPORTED
    assert lines[-1]["actor"] == "admin@example.org"
    assert admin.post(take).status_code == 302
    assert "Fetch the file" not in admin.get(f"{base}audit/export/").content.decode()


@pytest.mark.parametrize(("form", "begins"), [("csv", "number,at,"), ("ocsf", '{"metadata"')])
def test_a_sandbox_exports_at_once_what_the_days_have(
    admin: Client, base: str, event: AuditEvent, form: str, begins: str
) -> None:
    assert content(admin.post(f"{base}audit/export/", {"form": form})).startswith(begins)
    before = admin.post(f"{base}audit/export/", {"form": form, "until": "2020-01-01"})
    assert "code:issued" not in content(before)
    wrong = admin.post(f"{base}audit/export/", {"form": form, "since": "2020-01-02", "until": "2020-01-01"})
    assert wrong.status_code == 422
