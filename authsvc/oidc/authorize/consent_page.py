"""The consent page: what it shows, and what it carries to its own answer."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.oidc.consents.consent import consent_needed, particular_claims, words_of
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.requests.wanted import Wanted
from authsvc.oidc.tokens.event import Event
from authsvc.oidc.wire.csp import allow
from authsvc.oidc.wire.lifetimes import CONSENT_PAGE
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction

_SALT = "visor.oidc.consent"


@dataclass(frozen=True)
class Pending:
    """A request that waits for consent: what was asked, in which session, after which transaction.

    `event` is that transaction's authentication, which the tokens will speak of and no other; None where the
    session was enough.
    """

    wanted: Wanted
    session_id: str
    transaction_id: str = ""
    event: Event | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "wanted": self.wanted.to_json(),
            "session": self.session_id,
            "transaction": self.transaction_id,
            "event": self.event.to_json() if self.event else None,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Pending":
        """Return what `to_json` wrote."""
        event = Event.from_json(value["event"]) if value["event"] else None
        return cls(Wanted.from_json(value["wanted"]), value["session"], value["transaction"], event)


def show_consent(request: TenantRequest, client: RelyingParty, pending: Pending) -> HttpResponse:
    """Return the page that names the relying party, its policy links and the claims."""
    wanted = pending.wanted
    content = {**pending.to_json(), "tenant": request.tenant.slug}
    response = render(
        request,
        "oidc/consent.html",
        {
            "client": client,
            "tenant": request.tenant,
            "scopes": words_of(wanted.scope),
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
    return Pending.from_json(content)
