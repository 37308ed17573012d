"""Screens of the attempts."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from authsvc.assurance.levels import Assessment, Evidence, assess
from authsvc.audit.models import AuditEvent
from authsvc.transactions.models import Capture, Transaction
from portal.attempts.explain import explain
from portal.attempts.forms import AttemptFilter
from portal.attempts.outcome import with_outcome
from portal.ui.paging import page_of
from portal.ui.requests import PortalRequest


@require_GET
def attempt_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List attempts, the newest first."""
    form = AttemptFilter(request.GET)
    page = page_of(request, form.rows(), key=("-created_at", "-id"))
    context = {"section": "attempts", "page": page, "form": form, "filtered": any(form.cleaned_data.values())}
    return render(request, "portal/attempts/list.html", context)


@require_GET
def attempt_detail(request: PortalRequest, tenant: str, transaction: str) -> HttpResponse:
    """Explain one attempt step by step."""
    rows = with_outcome(Transaction.objects.select_related("client", "subject", "device"))
    row = get_object_or_404(rows, pk=transaction)
    captures = list(Capture.objects.filter(transaction=row).defer("challenge", "verdict").order_by("number"))
    events = list(AuditEvent.objects.filter(transaction=row.pk).order_by("sequence"))
    context = {
        "section": "attempts",
        "attempt": row,
        "assessment": _assessment(row),
        "steps": explain(row, captures, events),
        "events": events,
    }
    return render(request, "portal/attempts/detail.html", context)


def _assessment(row: Transaction) -> Assessment | None:
    """Return what a sign-in has proven; an enrolment has no level."""
    if row.kind != Transaction.Kind.AUTHENTICATE or row.decided_at is None:
        return None
    return assess(Evidence.from_record(row.evidence))
