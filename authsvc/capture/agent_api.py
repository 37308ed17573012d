"""The agent API of docs/protocol.md section 1: each view reads, calls one service, and answers."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction as database
from django.http import HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.capture import wire
from authsvc.capture.browser import browser_key
from authsvc.capture.challenge import offer_challenge
from authsvc.capture.flow import complete_passkey, describe, finish_without_face, passkey_options
from authsvc.capture.queueing import enqueue_verification
from authsvc.core.errors import Refused
from authsvc.core.ids import new_id
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import accept_sample, cancel, expire_overdue, find_live, status_of

log = logging.getLogger(__name__)

AgentView = Callable[[TenantRequest, Transaction], HttpResponse]
TenantView = Callable[[TenantRequest, str, str], HttpResponse]


def refusals_as_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view raise Refused: it is recorded, and answered as JSON with a reference."""

    @functools.wraps(view)
    def guarded(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            reference = record_refusal(request, refused, transaction=str(kwargs.get("txn", "")))
            return wire.error(refused, reference=reference)

    return guarded


def record_refusal(request: TenantRequest, refused: Refused, *, transaction: str = "") -> str:
    """Write the refusal to the audit log and the process log; return the reference shown to the person."""
    reference = new_id()[:10]
    record(
        Tag.AGENT_REFUSED,
        transaction=transaction[:24],
        reason=refused.code,
        detail=refused.detail,
        reference=reference,
        request=f"{request.method} {request.resolver_match.view_name if request.resolver_match else ''}",
    )
    log.info("refused %s at %s: %s (%s)", refused.code, request.path, refused.detail, reference)
    return reference


def _endpoint(method: str) -> Callable[[AgentView], TenantView]:
    def decorate(view: AgentView) -> TenantView:
        @csrf_exempt
        @refusals_as_json
        @functools.wraps(view)
        def endpoint(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
            if request.method != method:
                return HttpResponseNotAllowed([method])
            if method == "POST":
                wire.require_own_origin(request)
            return view(request, find_live(txn, browser_key(request)))

        return endpoint

    return decorate


@_endpoint("GET")
def show(request: TenantRequest, transaction: Transaction) -> HttpResponse:
    """Say what the transaction is for."""
    return wire.answer(describe(transaction))


@_endpoint("POST")
def options(request: TenantRequest, transaction: Transaction) -> HttpResponse:
    """Give the WebAuthn options that are due."""
    return wire.answer(passkey_options(transaction, session_key=wire.read_json(request).get("session_key")))


@_endpoint("POST")
def passkey(request: TenantRequest, transaction: Transaction) -> HttpResponse:
    """Take a passkey's answer."""
    body = wire.read_json(request)
    return wire.answer(
        complete_passkey(transaction, credential=body.get("credential"), agent=body.get("agent"))
    )


@_endpoint("POST")
def without_face(request: TenantRequest, transaction: Transaction) -> HttpResponse:
    """Go on with the passkey alone (S5.3-02)."""
    wire.read_json(request)
    return wire.answer(finish_without_face(transaction))


@_endpoint("POST")
def challenge(request: TenantRequest, transaction: Transaction) -> HttpResponse:
    """Draw a challenge and give it with the key to seal the answer to."""
    return wire.answer(offer_challenge(transaction, prefer=wire.read_json(request).get("prefer")))


@_endpoint("POST")
def sample(request: TenantRequest, transaction: Transaction) -> HttpResponse:
    """Take the one sealed sample; what was not asked for is refused before it is read (S6.2-01)."""
    if transaction.state != Transaction.State.CHALLENGED:
        raise Refused(
            "no-challenge",
            "This step is already done.",
            detail=f"sample in state {transaction.state}",
            status=409,
        )
    body = wire.read_sample(request)
    with database.atomic():
        capture = accept_sample(transaction, body)
        hand_on = functools.partial(
            enqueue_verification, tenant_id=str(transaction.tenant_id), capture_id=capture.id
        )
        # Robust: where the queue is down the sample is safe, and the sweeper hands it on later.
        database.on_commit(hand_on, robust=True)
    return wire.answer({"next": "wait"}, status=202)


@csrf_exempt
@refusals_as_json
def status(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Say how far it is; an ended transaction is `expired` for every agent that may ask."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    try:
        transaction = find_live(txn, browser_key(request))
        expire_overdue(transaction)
        return wire.answer(status_of(transaction))
    except Refused as refused:
        if refused.code not in {"expired", "ended"}:
            raise
        return wire.answer({"state": "expired"})


@_endpoint("POST")
def leave(request: TenantRequest, transaction: Transaction) -> HttpResponse:
    """End the transaction because the person leaves."""
    wire.read_json(request)
    cancel(transaction)
    return wire.answer({"continue_url": transaction.continue_path})
