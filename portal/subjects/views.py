"""Screens of the people."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.devices.models import Device
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.services import create_link, revoke_link
from authsvc.privacy.consent import live_consent
from authsvc.privacy.models import ConsentReceipt
from authsvc.subjects.models import Subject
from authsvc.transactions.models import AttemptCounter, Transaction
from portal.attempts.outcome import with_outcome
from portal.subjects import services
from portal.subjects.forms import PersonFilter, PersonForm
from portal.ui.paging import page_of
from portal.ui.qr import qr_svg
from portal.ui.requests import PortalRequest

_RECENT = 10


@require_GET
def person_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List people by name."""
    form = PersonFilter(request.GET)
    active = Count("devices", filter=Q(devices__status=Device.Status.ACTIVE))
    page = page_of(request, form.rows().annotate(passkeys=active), key=("name", "id"))
    context = {"section": "people", "page": page, "form": form, "filtered": any(form.cleaned_data.values())}
    return render(request, "portal/people/list.html", context)


@require_http_methods(["GET", "POST"])
def person_create(request: PortalRequest, tenant: str) -> HttpResponse:
    """Create a person with a first enrolment link, and show the link, this once, in the same answer."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            subject = services.create_person(actor=request.user.email, **form.cleaned_data)
            _, url = create_link(subject=subject, created_by=request.user.email)
        return _show(request, subject, link_url=url, status=201)
    context = {"section": "people", "form": form}
    return render(request, "portal/people/form.html", context, status=422 if form.errors else 200)


@require_GET
def person_detail(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Show one person."""
    return _show(request, get_object_or_404(Subject.objects, pk=subject))


@require_POST
def link_create(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Create an enrolment link and show it, this once, in the same answer."""
    person = get_object_or_404(Subject.objects.exclude(status=Subject.Status.CLOSED), pk=subject)
    _, url = create_link(subject=person, created_by=request.user.email)
    return _show(request, person, link_url=url, status=201)


@require_POST
def link_revoke(request: PortalRequest, tenant: str, subject: str, link: str) -> HttpResponse:
    """Revoke an enrolment link that is still open."""
    row = get_object_or_404(EnrolmentLink.objects, pk=link, subject_id=subject)
    revoke_link(link=row, revoked_by=request.user.email)
    messages.success(request, "The link no longer works.")
    return redirect("person", tenant=tenant, subject=subject)


@require_POST
def device_revoke(request: PortalRequest, tenant: str, subject: str, device: str) -> HttpResponse:
    """Revoke a passkey with everything that depends on it."""
    row = get_object_or_404(Device.objects, pk=device, subject_id=subject)
    if services.revoke_device(device=row, actor=request.user.email):
        messages.success(request, f"“{row.name}” can no longer sign in, and its sessions have ended.")
    return redirect("person", tenant=tenant, subject=subject)


@require_POST
def person_close(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Close a person: nothing of theirs works or is kept for comparison after it."""
    row = get_object_or_404(Subject.objects, pk=subject)
    if services.close_person(subject=row, actor=request.user.email):
        messages.success(request, f"{row.name} is closed; the reference has been erased.")
    return redirect("person", tenant=tenant, subject=subject)


def _show(
    request: PortalRequest, subject: Subject, *, link_url: str | None = None, status: int = 200
) -> HttpResponse:
    recent = Transaction.objects.filter(subject=subject).select_related("client")
    context: dict[str, Any] = {
        "section": "people",
        "person": subject,
        "devices": list(subject.devices.order_by("-created_at")),
        "consents": list(
            ConsentReceipt.objects.filter(subject=subject).defer("notice").order_by("-given_at")
        ),
        "live_consent": live_consent(subject),
        "links": list(EnrolmentLink.objects.filter(subject=subject).order_by("-created_at")[:_RECENT]),
        "counter": AttemptCounter.objects.filter(subject=subject).first(),
        "attempts": list(with_outcome(recent).order_by("-created_at", "-id")[:_RECENT]),
        "link_url": link_url,
        "link_qr": qr_svg(link_url) if link_url else "",
    }
    return render(request, "portal/people/detail.html", context, status=status)
