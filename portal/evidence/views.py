"""What is known of how well faces are told apart, by group of people, and whether it still counts."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from authsvc.core.clock import now
from authsvc.management.evaluations import face_records
from portal.accounts.requests import PortalRequest


@require_GET
def evidence(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show the evaluation records, the one in force first."""
    return render(request, "portal/evidence/list.html", {"standings": face_records(now())})
