"""How a person is told of what waits for them: what they turn on, off and choose at their own page."""

from authsvc.devices.models import Device
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.reach import subscriptions
from authsvc.reach.models import Subscription
from authsvc.reach.subscriptions import Address
from authsvc.reach.wishes import keep_wish
from authsvc.subjects.models import Subject


@act
def subscribe(*, by: Actor, device: Device, address: Address) -> None:
    """Keep that a person's device takes pushes; raises NotAnAddress."""
    subscriptions.subscribe(device, address, actor=by.name)


@act
def unsubscribe(*, by: Actor, subscription: Subscription) -> bool:
    """Forget where a device takes pushes; False where that was forgotten already."""
    return subscriptions.unsubscribe(subscription, reason="by-person", actor=by.name)


@act
def set_wish(*, by: Actor, subject: Subject, way: str, quiet_hours: str | None) -> None:
    """Store how a person wants to be told, and when not; raises ValueError for hours that are none.

    `quiet_hours` is a line of core/quiet_hours.py, "" for none, None for those of the organisation.
    """
    keep_wish(subject, way=way, quiet_hours=quiet_hours, actor=by.name)
