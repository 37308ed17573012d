"""At the end of an enrolment: the offer to be told on this device of what waits for its person."""

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.reach.subscriptions import Address, subscribe, subscriptions_of
from authsvc.transactions.models import Transaction

OFFERED: Final = timedelta(minutes=15)
"""So long after an enrolment its page lets the browser be told; afterwards it takes the passkey again."""


def is_offered(finished: Transaction | None) -> bool:
    """Whether the browser of an enrolment may be told now; a desk may not, since others sit before it."""
    if finished is None or finished.kind != Transaction.Kind.ENROL or finished.handed_over:
        return False
    if finished.state != Transaction.State.CONSUMED or finished.ended_at is None:
        return False
    # Looked up anew: the finish has let the passkey in meanwhile.
    signs_in = Device.objects.filter(pk=finished.device_id, status=Device.Status.ACTIVE)
    return now() - finished.ended_at < OFFERED and signs_in.exists()


def is_wanted(finished: Transaction) -> bool:
    """Whether it may be told, and is not yet."""
    if not is_offered(finished) or finished.subject is None:
        return False
    return not subscriptions_of(finished.subject).filter(device=finished.device_id).exists()


def be_told(finished: Transaction | None, address: Address) -> None:
    """Keep where the browser of an enrolment takes pushes; raises Refused where that is not offered."""
    if finished is None or finished.device is None or not is_offered(finished):
        raise Refused("unknown", _("This sign-in does not exist. Please start again."), status=404)
    subscribe(finished.device, address, actor=f"person {finished.subject_id}")
