"""What is known of how well faces are told apart, by group of people, and whether it still counts."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from authsvc.core.clock import now
from authsvc.management import policies
from authsvc.management.evaluations import face_records
from authsvc.policy.services import least_age
from portal.accounts.requests import PortalRequest
from portal.evidence.forms import LeastAgeForm
from portal.ui.forms import sent


@require_GET
def evidence(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show the evaluation records, the one in force first, and from which age on the face is for people."""
    context = {"standings": face_records(now()), "least_age": least_age()}
    return render(request, "portal/evidence/list.html", context)


@require_http_methods(["GET", "POST"])
def least_age_edit(request: PortalRequest, tenant: str) -> HttpResponse:
    """Change from which age on the face is for people."""
    form = LeastAgeForm(sent(request), initial={"age": least_age()})
    if request.method == "POST" and form.is_valid():
        if policies.set_least_age(by=request.member, age=form.cleaned_data["age"]):
            text = _("The notice says it from now on, and asks everybody with a face again.")
            messages.success(request, text)
        return redirect("evidence", tenant=tenant)
    status = 422 if form.errors else 200
    return render(request, "portal/evidence/age_form.html", {"form": form}, status=status)
