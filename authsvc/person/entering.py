"""Coming in: a passkey used for this page, and for nothing else."""

from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse

from authsvc.capture.browser import browser_key, set_browser_key
from authsvc.core.errors import Refused
from authsvc.core.ids import new_secret
from authsvc.core.records import read_stored
from authsvc.person.visits import begin_visit, end_visit, find_visit, set_visit_cookie
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import consume, open_transaction

# What ended without a result, or was taken up before: the way on is the page itself.
_OVER = frozenset({"expired", "ended", "not-decided"})
_PLACES = frozenset(
    {
        *("person:passkey-revoke", "person:face-remove", "person:consent-withdraw", "person:recovery-codes"),
        *("person:light", "person:turn"),
    }
)


@dataclass(frozen=True)
class Entering:
    """Where somebody wants to be once they are in: a path of this page, "" for its beginning."""

    then: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def begin(request: TenantRequest, *, then: str) -> HttpResponse:
    """Send the browser to use a passkey, and afterwards to the path `then` where that is one of ours."""
    key, slug = new_secret(), request.tenant.slug
    opened = open_transaction(
        kind=Transaction.Kind.OWN_PAGE,
        browser_key=key,
        continue_path=f"/t/{slug}/me/entered/{{id}}/",
        request=Entering(then if _is_place(then, slug) else ""),
    )
    response = HttpResponseRedirect(reverse("capture:page", kwargs={"tenant": slug, "txn": opened.id}))
    set_browser_key(request, response, opened.id, key)
    return response


def take_up(request: TenantRequest, txn: str) -> HttpResponse:
    """Begin a visit with the passkey that was used, once; raises Refused for another browser's or place's."""
    home = reverse("person:page", kwargs={"tenant": request.tenant.slug})
    try:
        consumed = consume(txn, browser_key(request, txn), at=request.path)
    except Refused as refused:
        if refused.code in _OVER:
            return HttpResponseRedirect(home)
        raise
    before = find_visit(request)
    if before is not None:
        end_visit(before)
    response = HttpResponseRedirect(read_stored(Entering, consumed.request).then or home)
    set_visit_cookie(response, begin_visit(consumed))
    return response


def _is_place(path: str, slug: str) -> bool:
    try:
        found = resolve(path)
    except Resolver404:
        return False
    return found.view_name in _PLACES and found.kwargs["tenant"] == slug
