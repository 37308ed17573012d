"""The end-session endpoint, the question whether to sign out, and the page that says so."""

from urllib.parse import urlencode

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from authsvc.audit.tags import Tag
from authsvc.clients.directory import find_client
from authsvc.oidc.models import Session
from authsvc.oidc.sessions.logout.ending import end_session as end
from authsvc.oidc.sessions.logout.frontchannel import frames_of
from authsvc.oidc.sessions.logout.request import LogoutRequest, read_logout_request
from authsvc.oidc.sessions.session import COOKIE, find_session, forget_session_cookie
from authsvc.oidc.wire.crosssite import as_get
from authsvc.oidc.wire.csp import allow
from authsvc.oidc.wire.door import answer_refusal, note, on_page
from authsvc.oidc.wire.lifetimes import LOGOUT_PAGE
from authsvc.oidc.wire.parameters import read_once
from authsvc.oidc.wire.redirect import RedirectAnywhere
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.middleware import TenantRequest

_SALT = "visor.oidc.logout"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def end_session(request: TenantRequest, tenant: str) -> HttpResponse:
    """End the browser's session for the relying party that asks (RP-Initiated Logout 1.0 section 2).

    At once where a signed hint names the session; otherwise the person is asked, so that no other site
    can sign people out.
    """
    if request.method == "POST" and COOKIE not in request.COOKIES:
        again = as_get(request)
        if again is not None:
            return again
    try:
        parameters = read_once(request.POST if request.method == "POST" else request.GET)
        asked = read_logout_request(request.tenant, parameters)
    except RequestRefused as refused:
        return answer_refusal(refused, on_page(request), client_id=request.GET.get("client_id", ""))
    session = find_session(request)
    if session is not None and not asked.is_about(session):
        return _ask(request, asked, session)
    if session is None and asked.problem:
        return _signed_out(request, LogoutRequest(), [])
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
        return render(request, "oidc/still_signed_in.html", {})
    return _leave(request, asked, session)


def _read_pending(request: TenantRequest, session: Session) -> LogoutRequest | None:
    try:
        content = signing.loads(request.POST.get("pending", ""), salt=_SALT, max_age=LOGOUT_PAGE)
    except signing.BadSignature:
        return None
    if (content["tenant"], content["session"]) != (request.tenant.slug, session.pk):
        return None
    return LogoutRequest(**content["asked"])


def _ask(request: TenantRequest, asked: LogoutRequest, session: Session) -> HttpResponse:
    if asked.problem:
        _report_hint(asked)
        # A hint that somebody else made says nothing about where to go.
        asked = LogoutRequest()
    content = {"asked": asked.to_record(), "session": session.pk, "tenant": request.tenant.slug}
    pending = signing.dumps(content, salt=_SALT, compress=True)
    context = {"client": find_client(asked.client_id) if asked.client_id else None, "pending": pending}
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


def _signed_out(request: TenantRequest, asked: LogoutRequest, frames: list[str]) -> HttpResponse:
    onward = _onward(asked)
    if onward and not frames:
        return RedirectAnywhere(onward)
    response = render(request, "oidc/signed_out.html", {"frames": frames, "onward": onward})
    if frames:
        allow(response, "frame-src", *frames)
    return response


def _onward(asked: LogoutRequest) -> str:
    if not asked.redirect_uri or not asked.state:
        return asked.redirect_uri
    joint = "&" if "?" in asked.redirect_uri else "?"
    return f"{asked.redirect_uri}{joint}{urlencode({'state': asked.state})}"


def _report_hint(asked: LogoutRequest) -> None:
    refused = RequestRefused(
        "invalid_request",
        "id_token_hint cannot be used.",
        rule="logout-hint",
        came=asked.problem,
        expected="an ID token of this issuer",
    )
    note(refused, tag=Tag.REQUEST_REFUSED, client_id=asked.client_id)
