"""Screen of the audit log."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from authsvc.audit.models import AuditHead
from authsvc.audit.verification import verify_chain
from portal.accounts.requests import PortalRequest
from portal.auditlog.forms import AuditFilter
from portal.ui.paging import page_of


@require_GET
def audit_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List events, the newest first; with `verify=1`, check the whole chain and say what was found."""
    form = AuditFilter(request.GET)
    page = page_of(request, form.rows(), key=("-sequence",))
    checked, finding = verify_chain() if request.GET.get("verify") == "1" else (None, None)
    context = {
        "page": page,
        "form": form,
        "filtered": any(form.cleaned_data.values()),
        "head": AuditHead.objects.first(),
        "checked": checked,
        "finding": finding,
    }
    return render(request, "portal/audit/list.html", context)
