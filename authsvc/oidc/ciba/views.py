"""The pages on the person's phone: what waits, and the answer to it by a fresh authentication."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from authsvc.core.addresses import address_of
from authsvc.limits.register import SIGN_INS, SIGN_INS_TENANT
from authsvc.oidc.ciba.telling import told_by
from authsvc.oidc.ciba.waiting import approve, awaited, deny, shown, waiting_for
from authsvc.oidc.interaction import back_into, begin, leave, take_up
from authsvc.oidc.interaction import enter as enter_session
from authsvc.oidc.models import BackchannelRequest
from authsvc.oidc.sessions.session import find_session
from authsvc.oidc.wire.csp import allow
from authsvc.oidc.wire.door import refusals_on_page
from authsvc.oidc.wire.limiting import spend
from authsvc.oidc.wire.ways import ways_on
from authsvc.tenancy.middleware import TenantRequest

_OVER = _("This request was answered already, or it took too long.")


@require_GET
def waiting(request: TenantRequest, tenant: str) -> HttpResponse:
    """Show what waits for the person who is signed in here, or offer to sign in."""
    session = find_session(request)
    rows = [shown(row) for row in waiting_for(session.subject)] if session else []
    context = {
        "tenant": request.tenant,
        "session": session,
        "requests": rows,
        "only": rows[0].request if len(rows) == 1 else None,
        "answered": request.GET.get("answered", ""),
        "ways": ways_on(request),
    }
    response = render(request, "oidc/waiting.html", context)
    allow(response, "img-src", *(row.request.client.logo_uri for row in rows if row.request.client.logo_uri))
    return response


@require_POST
@refusals_on_page()
def enter(request: TenantRequest, tenant: str) -> HttpResponse:
    """Sign in to see what waits."""
    spend((SIGN_INS, address_of(request)), (SIGN_INS_TENANT, request.tenant.pk))
    return begin(request, back_to=f"/t/{tenant}/approve/entered/{{id}}")


@require_GET
@refusals_on_page(person=_OVER)
def entered(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Begin the browser's session with the authentication, and show what waits."""
    outcome, back = take_up(request, txn), _waiting_page(tenant)
    if outcome.unfinished:
        return back_into(outcome)
    return enter_session(request, outcome.result()).kept_by(back, request) if outcome.fresh else back


@require_POST
@refusals_on_page(person=_OVER)
def answer(request: TenantRequest, tenant: str, waiting_id: str) -> HttpResponse:
    """Take the person's choice: no ends the request, yes begins the authentication that answers it."""
    row = _own_request(request, waiting_id)
    if request.POST.get("answer") != "yes":
        deny(row, reason="not-asked-for")
        leave(request, request.POST.get("leaving", ""))
        return _waiting_page(tenant, answered="no")
    path = f"/t/{tenant}/approve/{row.pk}/done/{{id}}"
    return begin(request, back_to=path, client=row.client, asked=awaited(row), told_by=told_by(row))


@require_GET
@refusals_on_page(person=_OVER)
def done(request: TenantRequest, tenant: str, waiting_id: str, txn: str) -> HttpResponse:
    """Answer the request with the authentication that was made for it."""
    row = _own_request(request, waiting_id)
    outcome = take_up(request, txn)
    if outcome.unfinished:
        return back_into(outcome)
    if not outcome.fresh:
        approved = outcome.taken_before and row.state == BackchannelRequest.State.APPROVED
        return _waiting_page(tenant, answered="yes" if approved else "")
    approve(row, outcome.result())
    return _waiting_page(tenant, answered="yes")


def _own_request(request: TenantRequest, waiting_id: str) -> BackchannelRequest:
    session = find_session(request)
    row = (
        BackchannelRequest.objects.select_related("client", "subject")
        .filter(pk=waiting_id, subject=session.subject_id)
        .first()
        if session
        else None
    )
    if row is None:
        raise Http404("nothing waits here for this person")
    return row


def _waiting_page(tenant: str, *, answered: str = "") -> HttpResponse:
    page = reverse("oidc:waiting", kwargs={"tenant": tenant})
    return HttpResponseRedirect(f"{page}?answered={answered}" if answered else page)
