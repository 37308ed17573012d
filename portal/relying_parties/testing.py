"""The test sign-in: begun here, done at the real pages, and shown here, token beside trace."""

import json
from typing import Any, Final

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.texts import Text
from authsvc.management import relying_parties
from authsvc.management.attempts.account import Account, account_of
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.csp import allow
from authsvc.transactions.models import Transaction
from portal.accounts.requests import PortalRequest

# What each claim is to a developer who reads the token for the first time.
_MEANS: Final[dict[str, Text]] = {
    "iss": _("who says it: has to be this issuer, to the letter"),
    "aud": _("whom it is for: has to be your client id"),
    "sub": _("the person, by an identifier of your own"),
    "exp": _("until when it may be used"),
    "iat": _("when it was made"),
    "auth_time": _("when the person proved themselves"),
    "nonce": _("what your request sent along"),
    "acr": _("how sure: compare it with what you asked for"),
    "amr": _("by which methods"),
    "jti": _("its number: take each once"),
    "sid": _("the session, for sign-out"),
    "policy": _("under which policy it was decided"),
    "face": _("what is said of the face"),
    "presence": _("a living person was before a camera"),
    "handoff": _("a second device took it over"),
    "ial": _("nothing is claimed of who was enrolled"),
    "at_hash": _("ties the access token to it"),
}
_TIMES: Final = frozenset({"exp", "iat", "auth_time"})


@require_POST
def test_begin(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Send the administrator's browser to sign in for a test."""
    row = get_object_or_404(relying_parties.kept(), pk=party)
    back = request.build_absolute_uri(reverse("relying-party-tested", args=[tenant, row.pk]))
    return HttpResponseRedirect(relying_parties.begin_test(by=request.member, party=row, return_to=back))


@require_GET
def tested(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Show how a test sign-in ended: the decoded token beside the decision trace, or the refusal."""
    row = get_object_or_404(relying_parties.kept(), pk=party)
    number = request.GET.get("number", "")
    event = relying_parties.test_under(row, number)
    if number and event is None:
        raise Http404("no such test sign-in")
    context: dict[str, Any] = {
        "party": row,
        "event": event,
        "good": event is not None and event.tag == Tag.TEST_SIGNED_IN,
        "account": _account(event),
    }
    if context["good"]:
        context |= _token(event)
    response = render(request, "portal/relying_parties/tested.html", context)
    allow(response, "form-action", issuer_of(request.tenant))
    return response


def _account(event: AuditEvent | None) -> Account | None:
    try:
        return account_of(event.transaction) if event is not None else None
    except Transaction.DoesNotExist:
        return None


def _token(event: AuditEvent | None) -> dict[str, Any]:
    assert event is not None
    claims: dict[str, Any] = event.details["claims"]
    rows = [(name, _shown(name, value), _MEANS.get(name, "")) for name, value in claims.items()]
    return {"header": json.dumps(event.details["header"], indent=2), "claims": rows}


def _shown(name: str, value: Any) -> str:
    if name in _TIMES and isinstance(value, int):
        moment = now().fromtimestamp(value, tz=now().tzinfo)
        return f"{value} ({moment:%H:%M:%S} UTC)"
    return value if isinstance(value, str) else json.dumps(value)
