"""The pages on the person's phone: what waits, and the answer to it by a fresh authentication."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from authsvc.assurance.levels import Evidence, assess
from authsvc.audit.tags import Tag
from authsvc.capture.browser import browser_key, ensure_browser_key, set_browser_key
from authsvc.core.errors import Refused
from authsvc.core.texts import Text, in_english
from authsvc.oidc.ciba.waiting import approve, awaited, deny, waiting_for
from authsvc.oidc.models import BackchannelRequest
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.sessions.session import begin_session, find_session, set_session_cookie
from authsvc.oidc.wire.pages import refusal_page
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.oidc.wire.reporting import report
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import consume, find_left, open_transaction


@require_GET
def waiting(request: TenantRequest, tenant: str) -> HttpResponse:
    """Show what waits for the person who is signed in here, or offer to sign in."""
    session = find_session(request)
    context = {
        "tenant": request.tenant,
        "session": session,
        "requests": list(waiting_for(session.subject)) if session else [],
        "answered": request.GET.get("answered", ""),
    }
    return _never_kept(render(request, "oidc/waiting.html", context))


@require_POST
def enter(request: TenantRequest, tenant: str) -> HttpResponse:
    """Sign in to see what waits."""
    return _authenticate(request, continue_path=f"/t/{tenant}/approve/entered/{{id}}")


@require_GET
def entered(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Begin the browser's session with the authentication, and show what waits."""
    back = HttpResponseRedirect(reverse("oidc:waiting", kwargs={"tenant": tenant}))
    if find_left(txn, browser_key(request)):
        return back
    try:
        consumed = consume(txn, browser_key(request), at=request.path)
    except Refused as refused:
        return _stop(request, refused, txn)
    assert consumed.subject is not None
    if consumed.subject.status != Subject.Status.ACTIVE:
        closed = RequestRefused(
            "access_denied",
            "The account is closed.",
            rule="subject-active",
            came=consumed.subject.status,
            expected="active",
        )
        return _refused(request, closed, txn, person=_("This account is closed."))
    _session, secret, _event = begin_session(
        current=find_session(request),
        subject=consumed.subject,
        device=consumed.device,
        assessment=assess(Evidence.from_record(consumed.evidence)),
        policy=consumed.evidence.policy,
    )
    if secret is not None:
        set_session_cookie(back, request, secret)
    return back


@require_POST
def answer(request: TenantRequest, tenant: str, waiting_id: str) -> HttpResponse:
    """Take the person's choice: no ends the request, yes begins the authentication that answers it."""
    row = _own_request(request, waiting_id)
    if request.POST.get("answer") != "yes":
        try:
            deny(row)
        except RequestRefused as refused:
            return _refused(request, refused)
        return _answered(tenant, "no")
    path = f"/t/{tenant}/approve/{row.pk}/done/{{id}}"
    return _authenticate(request, continue_path=path, row=row)


@require_GET
def done(request: TenantRequest, tenant: str, waiting_id: str, txn: str) -> HttpResponse:
    """Answer the request with the authentication that was made for it."""
    row = _own_request(request, waiting_id)
    if find_left(txn, browser_key(request)):
        return HttpResponseRedirect(reverse("oidc:waiting", kwargs={"tenant": tenant}))
    try:
        approve(row, consume(txn, browser_key(request), at=request.path))
    except Refused as refused:
        return _stop(request, refused, txn)
    except RequestRefused as refused:
        return _refused(request, refused, txn)
    return _answered(tenant, "yes")


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


def _authenticate(
    request: TenantRequest, *, continue_path: str, row: BackchannelRequest | None = None
) -> HttpResponse:
    key, fresh = ensure_browser_key(request)
    opened = open_transaction(
        kind=Transaction.Kind.AUTHENTICATE,
        browser_key=key,
        continue_path=continue_path,
        client=row.client if row else None,
        request=awaited(row) if row else None,
    )
    page = "oidc:sandbox" if sandbox_offered(request.tenant) else "capture:page"
    place = {"tenant": request.tenant.slug, "txn": opened.id}
    response = HttpResponseRedirect(reverse(page, kwargs=place))
    if fresh:
        set_browser_key(response, key)
    return _never_kept(response)


def _answered(tenant: str, said: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("oidc:waiting", kwargs={"tenant": tenant}) + f"?answered={said}")


def _stop(request: TenantRequest, refused: Refused, txn: str) -> HttpResponse:
    cause = RequestRefused(
        "access_denied",
        in_english(refused.person),
        rule=f"transaction-{refused.code}",
        came=refused.detail,
        status=refused.status,
    )
    return _refused(request, cause, txn[:24], person=refused.person)


def _refused(
    request: TenantRequest, refused: RequestRefused, txn: str = "", *, person: Text = ""
) -> HttpResponse:
    reference = report(refused, tag=Tag.REQUEST_REFUSED, transaction=txn)
    calm = person or _("This request was answered already, or it took too long.")
    return refusal_page(request, refused, reference, person=calm)


def _never_kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
