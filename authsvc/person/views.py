"""The pages of a person's own page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.capture.endpoints import record_refusal
from authsvc.capture.page import protect, refusals_as_page
from authsvc.devices.models import Device
from authsvc.enrolment.recovery import WrongCode, codes_of
from authsvc.management import approvals, faces, needs, people
from authsvc.management.acting import ProveAgain, is_fresh
from authsvc.management.receipts import receipt_of
from authsvc.person import entering, recovering
from authsvc.person.forms import NameForm, RecoveryForm
from authsvc.person.visits import (
    PersonRequest,
    actor,
    end_visit,
    find_visit,
    forget_visit_cookie,
    recent_visit,
)
from authsvc.person.words import RECEIPTS, lines, whereabouts
from authsvc.privacy.models import Need
from authsvc.privacy.needs import has_need
from authsvc.tenancy.middleware import TenantRequest


def at_home(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view run for somebody who is at their own page, as `request.visit` says; send others to its door.

    An act that takes a passkey used just now leads back to the question, which asks for one.
    """

    @wraps(view)
    @refusals_as_page
    def guarded(request: PersonRequest, tenant: str, **kwargs: Any) -> HttpResponse:
        visit = find_visit(request)
        if visit is None:
            return redirect("person:page", tenant=tenant)
        request.visit = visit
        try:
            return view(request, tenant, **kwargs)
        except ProveAgain:
            return redirect(request.path)

    return guarded


@require_GET
def page(request: PersonRequest, tenant: str) -> HttpResponse:
    """Show what is kept of the person, or the door to it."""
    visit = find_visit(request)
    if visit is None:
        return protect(render(request, "person/door.html", {"tenant": request.tenant}))
    subject = visit.subject
    file, face = people.file_of(subject), faces.face_of(subject)
    context: dict[str, Any] = {
        "passkeys": _active(file.devices),
        "face": face,
        "whereabouts": whereabouts(face.model) if face and face.model else [],
        "consent": file.live_consent,
        "consents": file.consents,
        "still_light": file.still_light,
        "lines": lines(file.attempts),
        "codes": codes_of(subject),
        "requests": approvals.about(subject),
    }
    return protect(_show(request, "page", visit=visit, **context))


@require_POST
def enter(request: TenantRequest, tenant: str) -> HttpResponse:
    """Begin the use of a passkey for this page."""
    return entering.begin(request, then=request.POST.get("then", ""))


@require_GET
@refusals_as_page
def entered(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Come back from it."""
    return entering.take_up(request, txn)


@require_POST
def leave(request: TenantRequest, tenant: str) -> HttpResponse:
    """End the visit."""
    visit = find_visit(request)
    if visit is not None:
        end_visit(visit)
    response = redirect("person:page", tenant=tenant)
    forget_visit_cookie(response)
    return response


@require_http_methods(["GET", "POST"])
@at_home
def passkey(request: PersonRequest, tenant: str, device: str) -> HttpResponse:
    """Show a passkey, and give it another name."""
    row = _own_passkey(request, device)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": row.name})
    if request.method == "POST" and form.is_valid():
        people.rename_device(by=actor(request.visit), device=row, name=form.cleaned_data["name"])
        return redirect("person:page", tenant=tenant)
    return _show(request, "passkey", passkey=row, form=form, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@at_home
def passkey_revoke(request: PersonRequest, tenant: str, device: str) -> HttpResponse:
    """Ask whether a passkey is to be revoked, and revoke it."""
    row = _own_passkey(request, device)
    if request.method == "POST":
        return _done(tenant, people.revoke_device(by=actor(request.visit), device=row))
    others = Device.objects.filter(subject=row.subject, status=Device.Status.ACTIVE).exclude(pk=row.pk)
    has_face = row.subject.has_face and people.takes_the_face(row)
    return _show(request, "revoke", passkey=row, last=not others.exists(), has_face=has_face)


@require_http_methods(["GET", "POST"])
@at_home
def face_remove(request: PersonRequest, tenant: str) -> HttpResponse:
    """Ask whether the face is to be removed, and remove it."""
    subject = request.visit.subject
    if request.method == "POST":
        return _done(tenant, faces.remove(by=actor(request.visit), subject=subject))
    return _show(request, "remove") if subject.has_face else redirect("person:page", tenant=tenant)


@require_http_methods(["GET", "POST"])
@at_home
def consent_withdraw(request: PersonRequest, tenant: str) -> HttpResponse:
    """Ask whether the consent is to be withdrawn, and withdraw it."""
    subject = request.visit.subject
    if request.method == "POST":
        return _done(tenant, faces.withdraw(by=actor(request.visit), subject=subject))
    file = people.file_of(subject)
    if not (file.live_consent or subject.has_face):
        return redirect("person:page", tenant=tenant)
    return _show(request, "withdraw", has_face=subject.has_face)


@require_http_methods(["GET", "POST"])
@at_home
def light(request: PersonRequest, tenant: str) -> HttpResponse:
    """Ask whether changing light is to be left out, or is to come back, and do so."""
    subject = request.visit.subject
    is_still = has_need(subject, Need.Kind.NO_LIGHT)
    if request.method == "GET":
        return _show(request, "light", is_still=is_still)
    # What the button said, so that a page that is older than the state changes nothing.
    still = request.POST.get("light") != "changes"
    needs.set_light(by=actor(request.visit), subject=subject, still=still)
    return redirect(reverse("person:page", kwargs={"tenant": tenant}) + "#needs")


@require_POST
@at_home
def request_stop(request: PersonRequest, tenant: str, approval: str) -> HttpResponse:
    """Stop what an administrator asked for about the person, before another agrees to it."""
    row = approvals.about(request.visit.subject).filter(pk=approval).first()
    try:
        return _done(tenant, approvals.refuse(by=actor(request.visit), approval=row) if row else "")
    except approvals.NotPending:
        return redirect("person:page", tenant=tenant)


@require_http_methods(["GET", "POST"])
@at_home
def recovery_codes(request: PersonRequest, tenant: str) -> HttpResponse:
    """Ask whether new recovery codes are to be made, and show them this once."""
    subject = request.visit.subject
    codes: list[str] = []
    if request.method == "POST":
        codes = people.make_recovery_codes(by=actor(request.visit), subject=subject)
    return _show(request, "codes", codes=codes, before=codes_of(subject))


@require_http_methods(["GET", "POST"])
@refusals_as_page
def lost(request: TenantRequest, tenant: str) -> HttpResponse:
    """Ask who lost every device for a recovery code, and lead to the making of a passkey."""
    form = RecoveryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return recovering.begin(request, **form.cleaned_data)
        except WrongCode as refused:
            record_refusal(request, refused)
            form.add_error("code", refused.person)
    context = {"tenant": request.tenant, "form": form}
    return render(request, "person/lost.html", context, status=422 if form.errors else 200)


@require_GET
@refusals_as_page
def recovered(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Come back from making the passkey."""
    return recovering.take_up(request, txn)


@require_GET
@refusals_as_page
def receipt(request: TenantRequest, tenant: str, number: str) -> HttpResponse:
    """Show what was done under a receipt number, also to whom revoked the passkey that they came in with."""
    visit = recent_visit(request)
    if visit is None:
        return redirect("person:page", tenant=tenant)
    found = receipt_of(visit.subject, number)
    if found is None or found.tag not in RECEIPTS:
        raise Http404("no such receipt of this person")
    title, text = RECEIPTS[found.tag]
    here = find_visit(request)
    return _show(request, "receipt", visit=here, receipt=found, title=title, text=text)


def _own_passkey(request: PersonRequest, device: str) -> Device:
    own = Device.objects.select_related("subject").filter(subject=request.visit.subject)
    return get_object_or_404(own, pk=device, status=Device.Status.ACTIVE)


def _active(devices: list[Device]) -> list[Device]:
    return [device for device in devices if device.status == Device.Status.ACTIVE]


def _done(tenant: str, number: str) -> HttpResponse:
    """Lead to the receipt of an act, or back where it had been done before."""
    if not number:
        return redirect("person:page", tenant=tenant)
    return redirect("person:receipt", tenant=tenant, number=number)


def _show(request: TenantRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    visit = context.setdefault("visit", getattr(request, "visit", None))
    fresh = visit is not None and is_fresh(actor(visit))
    return render(
        request, f"person/{name}.html", {"tenant": request.tenant, "fresh": fresh, **context}, status=status
    )
