"""Screens of the people."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.core.qr import qr_svg
from authsvc.devices.models import Device
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.notices import CannotMail, may_mail
from authsvc.management import faces, needs, people
from authsvc.management.disputes import disputes_of
from authsvc.management.exports import note_export
from authsvc.management.keeping import compared, kept
from authsvc.subjects.amending import changed_by
from authsvc.subjects.models import Subject
from authsvc.tenancy.quotas import QuotaReached
from portal.accounts.once import Made, make_once, sent_before, shown_once
from portal.accounts.requests import PortalRequest
from portal.people.filters import COLUMNS, PersonFilter, count_passkeys
from portal.people.forms import SUSPENDED_FOR, PersonForm
from portal.ui.forms import sent
from portal.ui.listing import all_shown, is_taken_away, shown, taken_away
from portal.ui.saved import saved_in

_SAID: Final = {
    (needs.Kind.NO_LIGHT, True): _("The screen no longer changes colour for them."),
    (needs.Kind.NO_LIGHT, False): _("The light changes again."),
    (needs.Kind.NO_TURN, True): _("The way without a face comes first for them."),
    (needs.Kind.NO_TURN, False): _("Their face is offered first again."),
}
"""What an administrator is told of a need, by its kind and whether it is stored now."""


@require_GET
def person_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List people by name, or give the list as a table."""
    form = PersonFilter(request.GET)
    if is_taken_away(request):
        rows = all_shown(form)
        note_export(actor=request.member, what="people", rows=len(rows), filters=form.wanted)
        return taken_away("people", COLUMNS, rows)
    page = shown(request, form)
    passkeys = count_passkeys(page.rows)
    counted = [(person, passkeys.get(person.pk, 0)) for person in page.rows]
    context = {
        "page": page,
        "rows": counted,
        "form": form,
        "saved": saved_in(request.member.name, "people", form),
    }
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
            except QuotaReached as problem:
                form.add_error(None, str(problem.person))
        # The number is taken by the very person whom this form has made.
        again = sent_before(request)
        if again is not None:
            return again
    return render(request, "portal/people/form.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def person_detail(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Show one person."""
    try:
        file = people.file_of(subject)
    except Subject.DoesNotExist:
        raise Http404 from None
    return _show(request, file)


@require_POST
def link_create(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Create an enrolment link, and lead to the person's page, which shows it or says that it was mailed."""
    person = get_object_or_404(Subject.objects, pk=subject)
    wanted = {name: True for name in ("by_mail", "at_desk") if name in request.POST}
    try:
        return make_once(
            request,
            lambda: _made(request, person, people.create_link(by=request.member, subject=person, **wanted)),
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
        messages.success(request, _("The link was mailed to %(name)s.") % {"name": person})
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
def need_keep(request: PortalRequest, tenant: str, subject: str, kind: needs.Kind) -> HttpResponse:
    """Spare a person something when their face is checked, because they asked, or no longer."""
    row = get_object_or_404(Subject.objects, pk=subject)
    has = request.POST.get("need") != "dropped"
    try:
        changed = needs.set_need(by=request.member, subject=row, kind=kind, has=has)
    except people.PersonClosed:
        raise Http404 from None
    if changed:
        messages.success(request, _SAID[kind, has])
    return redirect("person", tenant=tenant, subject=subject)


def _show(request: PortalRequest, file: people.File) -> HttpResponse:
    link_url, subject = shown_once(request), file.person
    wanted = changed_by(file.amendment, subject)
    context: dict[str, Any] = {
        **vars(file),
        "person": wanted,
        "waits": file.amendment is not None,
        "suspended": wanted.status == Subject.Status.SUSPENDED,
        "suspended_for": SUSPENDED_FOR,
        "disputes": disputes_of(subject),
        "at_desk": bool(file.links) and file.links[0].is_for_desk,
        "kept": kept(file.model) if file.model else "",
        "compared": compared(file.model) if file.model else "",
        "may_mail": may_mail(subject),
        "link_url": link_url,
        "link_qr": qr_svg(link_url) if link_url else "",
    }
    return render(request, "portal/people/detail.html", context)
