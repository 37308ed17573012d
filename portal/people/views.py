"""Screens of the people."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.devices.models import Device
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.notices import CannotMail, may_mail
from authsvc.management import faces, needs, people
from authsvc.subjects.models import Subject
from portal.accounts.once import Made, make_once, sent_before, shown_once
from portal.accounts.requests import PortalRequest
from portal.people.forms import PersonFilter, PersonForm
from portal.ui.forms import sent
from portal.ui.paging import page_of
from portal.ui.qr import qr_svg


@require_GET
def person_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List people by name."""
    form = PersonFilter(request.GET)
    active = Count("devices", filter=Q(devices__status=Device.Status.ACTIVE))
    page = page_of(request, form.rows().annotate(passkeys=active), key=("name", "id"))
    context = {"page": page, "form": form, "filtered": any(form.cleaned_data.values())}
    return render(request, "portal/people/list.html", context)


@require_http_methods(["GET", "POST"])
def person_create(request: PortalRequest, tenant: str) -> HttpResponse:
    """Create a person with a first enrolment link, and lead to their page, which shows the link."""
    form = PersonForm(sent(request))
    if request.method == "POST":
        if form.is_valid():
            try:
                return make_once(request, lambda: _invited(request, form.cleaned_data))
            except CannotMail as problem:
                form.add_error("by_mail", str(problem.person))
        # The number is taken by the very person whom this form has made.
        again = sent_before(request)
        if again is not None:
            return again
    return render(request, "portal/people/form.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def person_detail(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Show one person."""
    return _show(request, get_object_or_404(Subject.objects, pk=subject))


@require_POST
def link_create(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Create an enrolment link, and lead to the person's page, which shows it or says that it was mailed."""
    person = get_object_or_404(Subject.objects, pk=subject)
    by_mail = "by_mail" in request.POST
    try:
        return make_once(
            request,
            lambda: _made(
                request, person, people.create_link(by=request.member, subject=person, by_mail=by_mail)
            ),
        )
    except people.PersonClosed:
        raise Http404 from None
    except CannotMail as problem:
        messages.error(request, str(problem.person))
        return redirect("person", tenant=tenant, subject=subject)


def _invited(request: PortalRequest, values: dict[str, Any]) -> Made:
    return _made(request, *people.invite(by=request.member, **values))


def _made(request: PortalRequest, person: Subject, link_url: str) -> Made:
    if not link_url:
        messages.success(request, _("The link was mailed to %(name)s.") % {"name": person.name})
    return Made(reverse("person", args=[request.tenant.slug, person.pk]), link_url)


@require_POST
def link_revoke(request: PortalRequest, tenant: str, subject: str, link: str) -> HttpResponse:
    """Revoke an enrolment link that is still open."""
    row = get_object_or_404(EnrolmentLink.objects, pk=link, subject_id=subject)
    people.revoke_link(by=request.member, link=row)
    messages.success(request, _("The link no longer works."))
    return redirect("person", tenant=tenant, subject=subject)


@require_POST
def device_revoke(request: PortalRequest, tenant: str, subject: str, device: str) -> HttpResponse:
    """Revoke a passkey with everything that depends on it."""
    row = get_object_or_404(Device.objects, pk=device, subject_id=subject)
    if people.revoke_device(by=request.member, device=row):
        messages.success(
            request, _("“%(name)s” can no longer sign in, and its sessions have ended.") % {"name": row.name}
        )
    return redirect("person", tenant=tenant, subject=subject)


@require_POST
def consent_withdraw(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Withdraw a person's consent for them, because they asked: the reference goes with it."""
    row = get_object_or_404(Subject.objects, pk=subject)
    receipt = faces.withdraw(by=request.member, subject=row)
    if receipt:
        text = _("The consent is withdrawn, and nothing of the face is kept. Receipt number %(receipt)s.")
        messages.success(request, text % {"receipt": receipt})
    return redirect("person", tenant=tenant, subject=subject)


@require_POST
def light_keep(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Leave changing light out of a person's checks, because they asked, or let it come back."""
    row = get_object_or_404(Subject.objects, pk=subject)
    still = request.POST.get("light") != "changes"
    try:
        changed = needs.set_light(by=request.member, subject=row, still=still)
    except people.PersonClosed:
        raise Http404 from None
    if changed:
        text = _("The screen no longer changes colour for them.") if still else _("The light changes again.")
        messages.success(request, text)
    return redirect("person", tenant=tenant, subject=subject)


@require_POST
def person_close(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Close a person: nothing of theirs works or is kept for comparison after it."""
    row = get_object_or_404(Subject.objects, pk=subject)
    if people.close(by=request.member, subject=row):
        messages.success(
            request, _("%(name)s is closed; the reference has been erased.") % {"name": row.name}
        )
    return redirect("person", tenant=tenant, subject=subject)


def _show(request: PortalRequest, subject: Subject) -> HttpResponse:
    link_url = shown_once(request)
    context: dict[str, Any] = {
        "person": subject,
        **vars(people.file_of(subject)),
        "face": faces.face_of(subject),
        "may_mail": may_mail(subject),
        "link_url": link_url,
        "link_qr": qr_svg(link_url) if link_url else "",
    }
    return render(request, "portal/people/detail.html", context)
