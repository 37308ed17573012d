"""The desk's side of a hand-off (W2): the page with the code, and what it asks of the server meanwhile.

Whoever began the transaction comes here, and takes no step of the agent's.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from rest_framework.request import Request
from rest_framework.response import Response

from authsvc.capture.browser import browser_key
from authsvc.capture.ceremonies import begin_nearness, finish_nearness
from authsvc.capture.endpoints import JsonEndpoint
from authsvc.capture.flow import handoff_digits_for, nearness_of
from authsvc.capture.page import over_page, refusals_as_page
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.qr import qr_svg
from authsvc.hosts.places import place_of
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import cancel, handoff_status, open_handoff, own_transaction


def _begun_here(txn: str, key: str | None) -> Transaction:
    own = own_transaction(txn, key)
    if own is None:
        raise Refused(
            "foreign-browser",
            _("This sign-in was started in another browser. Please start again."),
            detail="not the initiator's key",
            status=403,
        )
    return own


class DeskEndpoint(JsonEndpoint):
    """A step of whoever began the transaction that the path names, which may be over."""

    transaction: Transaction

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the transaction; raises Refused (403) where another browser began it, or none."""
        super().initial(request, *args, **kwargs)
        self.transaction = _begun_here(kwargs["txn"], browser_key(request, kwargs["txn"]))


class NearOptions(DeskEndpoint):
    """What a passkey has to answer at the desk, over hybrid transport."""

    def post(self, request: Request, **_: Any) -> Response:
        """Ask for it; raises Refused where no second device may take this over."""
        _ = self.body
        row = self.transaction
        if not handoff_digits_for(row) or nearness_of(row) == "none":
            raise _not_offered(row)
        return Response(begin_nearness(row))


class Near(DeskEndpoint):
    """The passkey's answer at the desk: its holder is near."""

    def post(self, request: Request, **_: Any) -> Response:
        """Check it, and keep it for when the second device proves itself; raises Refused."""
        finish_nearness(self.transaction, credential=self.body.get("credential"))
        return Response({})


class Code(DeskEndpoint):
    """A link for a second device, as a QR code; the one before is dead."""

    def post(self, request: Request, **_: Any) -> Response:
        """Make it; raises Refused where no second device may take this over."""
        _ = self.body
        row = self.transaction
        digits = handoff_digits_for(row)
        if not digits:
            raise _not_offered(row)
        named = {"tenant": row.tenant.slug, "txn": row.pk}
        end = reverse("capture:handed-on", kwargs=named)
        secret = open_handoff(row, digits=digits, agent_path=end, near=nearness_of(row) == "needed")
        path = reverse("capture:handoff", kwargs={**named, "secret": secret})
        code = qr_svg(place_of(row.tenant_id).origin + path)
        return Response({"code": code, "expires_in": _seconds_left(row)})


def _not_offered(row: Transaction) -> Refused:
    return Refused(
        "handoff-closed",
        _("A phone cannot take this over. Go on here."),
        detail=f"{row.kind} in state {row.state}, or the policy has no hand-off",
        status=409,
    )


def _seconds_left(row: Transaction) -> int:
    return max(0, int((row.expires_at - now()).total_seconds()))


class DeskStatus(DeskEndpoint):
    """How far the second device is."""

    def get(self, request: Request, **_: Any) -> Response:
        """Say it."""
        return Response(handoff_status(self.transaction))


class Stop(DeskEndpoint):
    """The end, because the person at the desk leaves, or a device took over that is not theirs."""

    def post(self, request: Request, **_: Any) -> Response:
        """End the transaction, whichever device is its agent."""
        _ = self.body
        cancel(self.transaction)
        return Response({"continue_url": self.transaction.continue_path})


@require_GET
@refusals_as_page
def desk(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Show the code, and how far the phone is; over where the transaction is."""
    own = _begun_here(txn, browser_key(request, txn))
    if own.state in Transaction.ENDED:
        return over_page(request, own)
    if not own.handed_over and not handoff_digits_for(own):
        raise _not_offered(own)
    named = {"tenant": tenant, "txn": txn}
    here = reverse("capture:page", kwargs=named)
    config = {"api": reverse("capture:desk", kwargs=named), "near": nearness_of(own)}
    context = {"transaction": own, "tenant": own.tenant, "client": own.client, "here": here, "config": config}
    return render(request, "capture/desk.html", context)
