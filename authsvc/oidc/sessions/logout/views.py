"""The end-session endpoint, the question whether to sign out, and the page that says so."""

from urllib.parse import urlencode

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from authsvc.capture.ways import Way
from authsvc.clients.directory import find_client
from authsvc.core.addresses import address_of
from authsvc.limits.register import PAGES
from authsvc.oidc.models import Session
from authsvc.oidc.sessions.logout.ending import end_session as end
from authsvc.oidc.sessions.logout.frontchannel import frames_of
from authsvc.oidc.sessions.logout.request import LogoutRequest, read_logout_request
from authsvc.oidc.sessions.session import find_session, forget_session_cookie, holds_cookie
from authsvc.oidc.wire.crosssite import as_get
from authsvc.oidc.wire.csp import allow
from authsvc.oidc.wire.door import Saying, answer_refusal
from authsvc.oidc.wire.lifetimes import LOGOUT_PAGE
from authsvc.oidc.wire.limiting import spend
from authsvc.oidc.wire.parameters import given_to, read_once
from authsvc.oidc.wire.redirect import RedirectAnywhere
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.oidc.wire.ways import ways_on
from authsvc.tenancy.middleware import TenantRequest

_SALT = "visor.oidc.logout"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def end_session(request: TenantRequest, tenant: str) -> HttpResponse:
    """End the browser's session for the relying party that asks (RP-Initiated Logout 1.0 section 2).

    At once where a signed hint names the session; otherwise the person is asked, so that no other site
    can sign people out. What cannot be followed is refused, and the person is asked all the same.
    """
    if request.method == "POST" and not holds_cookie(request):
        again = as_get(request)
        if again is not None:
            return again
    try:
        spend((PAGES, address_of(request)))
        parameters = read_once(given_to(request))
        asked = read_logout_request(request.tenant, parameters)
    except RequestRefused as refused:
        return answer_refusal(refused, _offer_only(request), client_id=request.GET.get("client_id", ""))
    session = find_session(request)
    if session is not None and not asked.is_about(session):
        return _ask(request, asked, session)
    return _leave(request, asked, session)


@require_POST
def confirm_logout(request: TenantRequest, tenant: str) -> HttpResponse:
    """Take the person's answer to the question."""
    session = find_session(request)
    if session is None:
        return _signed_out(request, LogoutRequest(), [])
    asked = _read_pending(request, session)
    if asked is None:
        return _ask(request, LogoutRequest(), session)
    if request.POST.get("answer") != "yes":
        return render(request, "oidc/still_signed_in.html", {"ways": _ways(request, asked)})
    return _leave(request, asked, session)


def _offer_only(request: TenantRequest) -> Saying:
    """Say it by offering to sign out without a way back: a site's mistake must not keep people signed in."""

    def said(refused: RequestRefused, number: str) -> HttpResponse:
        session = find_session(request)
        if session is None:
            response = _signed_out(request, LogoutRequest(), [], number=number)
        else:
            response = _ask(request, LogoutRequest(), session, number=number)
        response.status_code = refused.status
        return response

    return said


def _read_pending(request: TenantRequest, session: Session) -> LogoutRequest | None:
    try:
        content = signing.loads(request.POST.get("pending", ""), salt=_SALT, max_age=LOGOUT_PAGE)
    except signing.BadSignature:
        return None
    if (content["tenant"], content["session"]) != (request.tenant.slug, session.pk):
        return None
    return LogoutRequest(**content["asked"])


def _ask(request: TenantRequest, asked: LogoutRequest, session: Session, *, number: str = "") -> HttpResponse:
    content = {"asked": asked.to_record(), "session": session.pk, "tenant": request.tenant.slug}
    pending = signing.dumps(content, salt=_SALT, compress=True)
    client = find_client(asked.client_id) if asked.client_id else None
    context = {"client": client, "pending": pending, "number": number}
    response = render(request, "oidc/sign_out.html", context)
    if asked.redirect_uri:
        allow(response, "form-action", asked.redirect_uri)
    return response


def _leave(request: TenantRequest, asked: LogoutRequest, session: Session | None) -> HttpResponse:
    frames: list[str] = []
    if session is not None:
        frames = frames_of(session)
        end(session, reason=f"client {asked.client_id}" if asked.client_id else "person")
    response = _signed_out(request, asked, frames)
    forget_session_cookie(response, request)
    return response


def _signed_out(
    request: TenantRequest, asked: LogoutRequest, frames: list[str], *, number: str = ""
) -> HttpResponse:
    onward = _onward(asked)
    if onward and not frames:
        return RedirectAnywhere(onward)
    context = {"frames": frames, "onward": onward, "number": number, "ways": _ways(request, asked)}
    response = render(request, "oidc/signed_out.html", context)
    if frames:
        allow(response, "frame-src", *frames)
    return response


def _ways(request: TenantRequest, asked: LogoutRequest) -> list[Way]:
    return ways_on(request, find_client(asked.client_id) if asked.client_id else None)


def _onward(asked: LogoutRequest) -> str:
    if not asked.redirect_uri or not asked.state:
        return asked.redirect_uri
    joint = "&" if "?" in asked.redirect_uri else "?"
    return f"{asked.redirect_uri}{joint}{urlencode({'state': asked.state})}"
