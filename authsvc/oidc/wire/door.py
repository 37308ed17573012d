"""The one door by which refusals leave, whichever flow: written down once, then said to whom they concern.

A person is shown a calm page with a receipt number; a program gets JSON; what goes back to the relying party
by a redirect is added by the authorization endpoint, which knows where to.
"""

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from authsvc.audit.repeats import said_of, times
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.ids import receipt_number
from authsvc.core.texts import Text
from authsvc.oidc.wire.answer import error_response
from authsvc.oidc.wire.pages import refusal_page
from authsvc.oidc.wire.refusal import RequestRefused, shown

logger = logging.getLogger(__name__)
# From a refusal and the receipt number under which it is found to what goes out.
Saying = Callable[[RequestRefused, str], HttpResponse]
View = Callable[..., HttpResponse]


def answer_refusal(
    refused: RequestRefused,
    say: Saying,
    *,
    tag: Tag | None = Tag.REQUEST_REFUSED,
    client_id: str = "",
    transaction: str = "",
) -> HttpResponse:
    """Write a refusal down, and return what `say` makes of it.

    Without a tag it is not written down here: the caller has recorded what happened under another one, or
    anybody can bring it about as often as they like, as with made-up access tokens.
    """
    written = None if refused.silent else tag
    number = note(refused, tag=written, client_id=client_id, transaction=transaction) if written else ""
    return say(refused, number)


def on_page(request: HttpRequest, *, person: Text = "", party: RelyingParty | None = None) -> Saying:
    """Say it on a page, with `person` where the refusal itself has no sentence for people.

    `party` is the relying party that the person came from, where it is known.
    """
    return lambda refused, number: refusal_page(
        request, refused, number, person=refused.person or person, party=party
    )


def in_json(refused: RequestRefused, _number: str) -> HttpResponse:
    """Say it to a program (RFC 6749 section 5.2)."""
    return error_response(refused)


def refusals_on_page(*, person: Text = "") -> Callable[[View], View]:
    """Let a view raise RequestRefused; the transaction that its path names is the receipt number."""

    def guarding(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except RequestRefused as refused:
                transaction = str(kwargs.get("txn", ""))
                return answer_refusal(refused, on_page(request, person=person), transaction=transaction)

        return guarded

    return guarding


def note(refused: RequestRefused, *, tag: Tag, client_id: str = "", transaction: str = "") -> str:
    """Record a refusal in the audit log and the process log, and return the receipt number to find it by.

    It is the transaction's id where there is one. Of many alike in a minute that belong to none, the audit
    log has some with their number; the process log has all.
    """
    number = receipt_number(transaction)
    count = times(tag, client_id, refused.rule, transaction)
    if count is not None:
        record(
            tag,
            transaction=number,
            client=shown(client_id)[:120],
            reason=refused.rule,
            **refused.details(),
            **said_of(count),
        )
    logger.warning(
        "refused reference=%s client=%s rule=%s error=%s came=%r expected=%r",
        number,
        shown(client_id),
        refused.rule,
        refused.error,
        refused.came,
        refused.expected,
    )
    return number
