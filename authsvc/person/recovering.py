"""Coming back after every device was lost: a recovery code opens the making of one passkey."""

from django.db import transaction as database
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from authsvc.capture.browser import browser_key, set_browser_key
from authsvc.capture.coming_back import back_into, standing
from authsvc.core.addresses import address_of
from authsvc.core.clock import now
from authsvc.core.ids import new_secret
from authsvc.devices.models import Device
from authsvc.enrolment import recovery
from authsvc.management import people
from authsvc.management.actors import Person
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import RecoveryRequest


def begin(request: TenantRequest, *, code: str, revoke: bool) -> HttpResponse:
    """Use a code up, and send the browser to make a passkey; raises WrongCode and TooMany."""
    key = new_secret()
    path = reverse("person:recovered", kwargs={"tenant": request.tenant.slug, "txn": "{id}"})
    opened = recovery.open_recovery(
        code=code,
        revoke=revoke,
        address=address_of(request),
        browser_key=key,
        continue_path=path.replace("%7Bid%7D", "{id}"),
    )
    response = back_into(opened)
    set_browser_key(request, response, opened.pk, key)
    return response


def take_up(request: TenantRequest, txn: str) -> HttpResponse:
    """Let the new passkey in, once, and say so; to who comes again, say where it stands. Raises Refused."""
    own = standing(request, txn)
    if own is None or own.state == Transaction.State.DECIDED:
        own = _finish(txn, browser_key(request, txn), request.path)
    context = {"tenant": request.tenant, "transaction": own}
    if own.state in Transaction.LEFT:
        return render(request, "enrolment/left.html", context)
    if own.state != Transaction.State.CONSUMED:
        return back_into(own)
    revoked = RecoveryRequest.from_json(own.request).revoke
    return render(request, "person/recovered.html", {**context, "revoked": revoked})


@database.atomic
def _finish(txn: str, key: str | None, at: str) -> Transaction:
    """Let the new passkey in, and end the others where the person said that they are lost."""
    consumed, device = recovery.finish_recovery(transaction_id=txn, browser_key=key, at=at)
    if RecoveryRequest.from_json(consumed.request).revoke:
        by = Person(subject_id=device.subject_id, proven_at=now())
        others = Device.objects.filter(subject=device.subject, status=Device.Status.ACTIVE)
        for other in others.exclude(pk=device.pk).select_related("subject"):
            people.revoke_device(by=by, device=other)
    return consumed
