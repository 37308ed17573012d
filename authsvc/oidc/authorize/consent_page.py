"""The consent page: what it shows, and what it carries to its own answer."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.oidc.authorize.consent import consent_needed, particular_claims
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.requests.wanted import Wanted
from authsvc.oidc.wire.csp import allow
from authsvc.oidc.wire.lifetimes import CONSENT_PAGE
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction

_SALT = "visor.oidc.consent"
SCOPE_TEXTS = {
    "profile": _("Your name and profile"),
    "email": _("Your email address"),
    "address": _("Your postal address"),
    "phone": _("Your phone number"),
    "offline_access": _("Access while you are away, until you end it"),
}


@dataclass(frozen=True)
class Pending:
    """A request that waits for consent: what was asked, in which session, after which transaction."""

    wanted: Wanted
    session_id: str
    transaction_id: str


def show_consent(
    request: TenantRequest, client: RelyingParty, wanted: Wanted, session: Session, transaction_id: str
) -> HttpResponse:
    """Return the page that names the relying party, its policy links and the claims."""
    content: dict[str, Any] = {
        "wanted": wanted.to_json(),
        "session": session.pk,
        "transaction": transaction_id,
        "tenant": request.tenant.slug,
    }
    response = render(
        request,
        "oidc/consent.html",
        {
            "client": client,
            "tenant": request.tenant,
            "scopes": [SCOPE_TEXTS[scope] for scope in wanted.scope if scope in SCOPE_TEXTS],
            "claims": [name.replace("_", " ") for name in particular_claims(wanted)],
            "pending": signing.dumps(content, salt=_SALT, compress=True),
        },
    )
    allow(response, "form-action", wanted.redirect_uri)
    if client.logo_uri:
        allow(response, "img-src", client.logo_uri)
    return response


def consent_open(client: RelyingParty, session: Session, wanted: Wanted, taken: Transaction) -> bool:
    """Whether the page that a sign-in led to still waits for its answer: reloading it shows it again."""
    lately = taken.ended_at is not None and now() - taken.ended_at < CONSENT_PAGE
    answered = Grant.objects.filter(transaction=taken.pk).exists()
    return lately and not answered and consent_needed(client, session.subject, wanted)


def asked_by(request: TenantRequest) -> str:
    """Return whose request a posted consent belongs to, also where it is stale; "" where it is forged."""
    try:
        content = signing.loads(request.POST.get("pending", ""), salt=_SALT)
    except signing.BadSignature:
        return ""
    return str(content["wanted"]["client_id"]) if content["tenant"] == request.tenant.slug else ""


def read_pending(request: TenantRequest) -> Pending | None:
    """Return what the posted consent belongs to, or None where it is forged, stale or another tenant's."""
    try:
        content = signing.loads(request.POST.get("pending", ""), salt=_SALT, max_age=CONSENT_PAGE)
    except signing.BadSignature:
        return None
    if content["tenant"] != request.tenant.slug:
        return None
    return Pending(Wanted.from_json(content["wanted"]), content["session"], content["transaction"])
