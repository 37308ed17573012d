"""What every endpoint for programs has in common: own pages only, JSON in and out, refusals that explain."""

import logging
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authsvc.audit.repeats import said_of, times
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.capture import wire
from authsvc.capture.browser import browser_key
from authsvc.core.addresses import address_of
from authsvc.core.errors import Refused
from authsvc.core.ids import receipt_number
from authsvc.limits.register import PAGES
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import Party, find_live

log = logging.getLogger(__name__)
_DETAIL = 500


class JsonEndpoint(APIView):
    """An endpoint that a page of this server calls; whoever it is about proves that by a cookie or a link."""

    http_method_names = ["get", "post"]
    authentication_classes = ()
    permission_classes = ()
    parser_classes: Sequence[type[BaseParser]] = (wire.ObjectParser,)
    renderer_classes = (JSONRenderer,)
    refusal: Tag = Tag.AGENT_REFUSED

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent, read when it is asked for; raises Refused for anything else."""
        sent = self.request.data
        assert isinstance(sent, dict)
        return sent

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what comes too often, what another site sent, what announces no length or an empty body."""
        super().initial(request, *args, **kwargs)
        PAGES.spend(address_of(request))
        if request.method == "POST":
            wire.require_own_origin(request)
            wire.require_body(request)

    def handle_exception(self, exc: Exception) -> Response:
        """Record a refusal, and answer it as JSON with a receipt number."""
        refused = wire.as_refused(exc)
        if refused is None:
            return super().handle_exception(exc)
        transaction = str(self.kwargs.get("txn", ""))
        number = record_refusal(self.request, refused, transaction=transaction, tag=self.refusal)
        return wire.error(refused, reference=number)


class AgentEndpoint(JsonEndpoint):
    """A step of the agent in the transaction that the path names.

    `transaction` is that one: live, and this agent's.
    """

    transaction: Transaction

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the transaction; raises Refused where it is over, unknown or another browser's."""
        super().initial(request, *args, **kwargs)
        txn = kwargs["txn"]
        self.transaction = find_live(txn, browser_key(request, txn), party=Party.AGENT)


def record_refusal(
    request: HttpRequest | Request, refused: Refused, *, transaction: str = "", tag: Tag = Tag.AGENT_REFUSED
) -> str:
    """Write the refusal to the audit log and the process log; return the receipt number for the person.

    The audit row has it as its transaction, which it is wherever there is one, and the refusal's own tag
    where it has one. Call it when what was refused has been rolled back, so that the row stays.
    """
    number = receipt_number(transaction)
    if refused.silent:
        return number
    # Not the path, which may hold the token of an enrolment link.
    view = request.resolver_match.view_name if request.resolver_match else ""
    # What has an event of its own is written each time, as an alarm is.
    count = 1 if refused.tag else times(tag, refused.code, view, transaction)
    if count is not None:
        record(
            Tag(refused.tag or tag),
            transaction=number,
            reason=refused.code,
            detail=refused.detail[:_DETAIL],
            request=f"{request.method} {view}",
            **said_of(count),
        )
    log.info("refused %s at %s: %s (%s)", refused.code, view, refused.detail, number)
    return number
