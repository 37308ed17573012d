"""The pages of a person's own page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.audit.models import AuditEvent
from authsvc.audit.proofs import NotInTheLog
from authsvc.audit.proofs import receipt as receipt_in_log
from authsvc.audit.tags import Tag
from authsvc.capture.endpoints import record_refusal
from authsvc.capture.page import protect, refusals_as_page
from authsvc.capture.pushing import address_in, push_offer
from authsvc.core.addresses import address_of
from authsvc.devices.models import Device
from authsvc.enrolment.recovery import WrongCode, codes_of
from authsvc.limits.register import SIGN_INS
from authsvc.management import approvals, faces, needs, people, reach
from authsvc.management.acting import ProveAgain, is_fresh
from authsvc.management.receipts import receipt_of
from authsvc.oidc.ciba.waiting import waiting_for
from authsvc.person import entering, recovering
from authsvc.person.forms import NameForm, RecoveryForm, WishForm
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
from authsvc.reach.models import Subscription
from authsvc.reach.subscriptions import subscriptions_of
from authsvc.reach.wishes import hours_of, mail_address_of, wish_of
from authsvc.self_enrolment.provider import provider_in_force
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.models import Tenant


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
    context: dict[str, Any]
    if visit is None:
        context = {"tenant": request.tenant, "joins": provider_in_force()}
        return protect(render(request, "person/door.html", context))
    subject = visit.subject
    file = people.file_of(subject.pk)
    model = file.model
    context = {
        "passkeys": _active(file.devices),
        "face": file.face,
        "whereabouts": whereabouts(model) if model else [],
        "seen": model is not None and not model.compares,
        "consent": file.live_consent,
        "consents": file.consents,
        "still_light": file.still_light,
        "still_head": file.still_head,
        "lines": lines(file.attempts),
        "arrivals": file.arrivals,
        "codes": codes_of(subject),
        "requests": approvals.about(subject),
        "waiting": waiting_for(subject),
        **_telling(request.tenant, subject),
    }
    return protect(_show(request, "page", visit=visit, **context))


@require_POST
@refusals_as_page
def enter(request: TenantRequest, tenant: str) -> HttpResponse:
    """Begin the use of a passkey for this page."""
    SIGN_INS.spend(address_of(request))
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
    file = people.file_of(subject.pk)
    if not (file.live_consent or subject.has_face):
        return redirect("person:page", tenant=tenant)
    return _show(request, "withdraw", has_face=subject.has_face)


@require_http_methods(["GET", "POST"])
@at_home
def need(request: PersonRequest, tenant: str, kind: Need.Kind) -> HttpResponse:
    """Ask whether the person is to be spared something when their face is checked, or no longer; do so."""
    subject = request.visit.subject
    if request.method == "GET":
        context = {"has_need": has_need(subject, kind), "has_face": subject.has_face}
        return _show(request, f"needs/{kind}", **context)
    # What the button said, so that a page that is older than the state changes nothing.
    has = request.POST.get("need") != "dropped"
    needs.set_need(by=actor(request.visit), subject=subject, kind=kind, has=has)
    return redirect(reverse("person:page", kwargs={"tenant": tenant}) + "#needs")


@require_http_methods(["GET", "POST"])
@at_home
def told(request: PersonRequest, tenant: str) -> HttpResponse:
    """Ask how the person wants to be told of what waits for them, and when not."""
    subject = request.visit.subject
    form = WishForm(request.POST if request.method == "POST" else None, initial=WishForm.of(wish_of(subject)))
    if request.method == "POST" and form.is_valid():
        chosen = {"way": form.cleaned_data["way"], "quiet_hours": form.line}
        reach.set_wish(by=actor(request.visit), subject=subject, **chosen)
        return _to_telling(tenant)
    return _show(request, "told", form=form, status=422 if form.errors else 200)


@require_POST
@at_home
def told_add(request: PersonRequest, tenant: str) -> HttpResponse:
    """Keep the address at which this browser takes pushes, by the passkey that the person came in with."""
    device = Device.objects.select_related("subject").get(pk=request.visit.device_id)
    reach.subscribe(by=actor(request.visit), device=device, address=address_in(request.POST))
    return _to_telling(tenant)


@require_POST
@at_home
def told_remove(request: PersonRequest, tenant: str, subscription: str) -> HttpResponse:
    """Forget where one of the person's browsers takes pushes."""
    row = get_object_or_404(Subscription, pk=subscription, subject=request.visit.subject)
    reach.unsubscribe(by=actor(request.visit), subscription=row)
    return _to_telling(tenant)


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


def _telling(tenant: Tenant, subject: Subject) -> dict[str, Any]:
    """Return what the page says of how the person is told."""
    return {
        "told_on": subscriptions_of(subject),
        "push": push_offer(tenant),
        "told_by": wish_of(subject).way,
        "quiet": hours_of(subject),
        "mail": bool(mail_address_of(subject)),
    }


def _to_telling(tenant: str) -> HttpResponse:
    return redirect(reverse("person:page", kwargs={"tenant": tenant}) + "#told")


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


@require_GET
@at_home
def sign_in_receipt(request: PersonRequest, tenant: str, txn: str) -> HttpResponse:
    """Hand the person the receipt of one of their sign-ins: that the log holds it, for whom they like."""
    mine = AuditEvent.objects.filter(transaction=txn, subject=str(request.visit.subject.pk))
    event = mine.filter(tag__in=[Tag.CODE_ISSUED, Tag.TOKEN_ISSUED]).order_by("sequence").first()
    if event is None:
        raise Http404("no such sign-in")
    try:
        said = receipt_in_log(event, opened=True)
    except NotInTheLog:
        raise Http404("not in the log yet") from None
    named = {"Content-Disposition": f'attachment; filename="sign-in-{event.pk}.json"'}
    return JsonResponse(said, headers=named)
