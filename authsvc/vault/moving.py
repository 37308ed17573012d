"""Moving what is there from the database to the object store or back, part by part; workers only."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction

from authsvc.core.clock import now
from authsvc.core.components import ComponentKind
from authsvc.core.installation import region_of
from authsvc.policy.services import pinned_region
from authsvc.tenancy.scope import current_tenant_id
from authsvc.vault import due
from authsvc.vault.models import DueObject, Moment, Part, Reference
from authsvc.vault.outside import AGAIN, carry_out, sealed_of
from authsvc.vault.stores.interface import Untrue


@dataclass
class Moved:
    """How many parts were moved, and which were left, in words."""

    count: int = 0
    left: list[str] = field(default_factory=list)


def count() -> tuple[int, int]:
    """Return how many parts of the tenant's active references lie in the database, and outside."""
    outside = [bool(part.object_name) for part in _parts()]
    return outside.count(False), outside.count(True)


def move(*, outwards: bool) -> Moved:
    """Move every part of the tenant in scope that is not there yet; raises StoreAway where the store is.

    Nothing goes to a store of another region than the one that is pinned (S10-12), and nothing is brought
    back that is not what was put there.
    """
    to: ComponentKind = "objects" if outwards else "store"
    pinned, there = pinned_region(), region_of(to)
    if pinned not in ("", there):
        return Moved(left=[f"pinned to {pinned}, and that store is in {there or 'no named region'}"])
    return _move_out() if outwards else _move_home()


def _move_out() -> Moved:
    under_way = set(DueObject.objects.exclude(part="").values_list("part", flat=True))
    for part in _parts():
        if not part.object_name and part.pk not in under_way:
            due.put(part.pk)
    rows = list(DueObject.objects.filter(tenant=current_tenant_id()).exclude(part=""))
    return Moved(sum(map(carry_out, rows)))


def _move_home() -> Moved:
    moved = Moved()
    # What is still to be put stays here; a call that is under way may have put it all the same.
    waiting = DueObject.objects.filter(tenant=current_tenant_id()).exclude(part="")
    waiting.update(part="", due_at=now() + AGAIN)
    for part in _parts():
        if part.object_name:
            try:
                moved.count += _brought(part)
            except Untrue as problem:
                moved.left.append(str(problem))
    return moved


def _brought(part: Part) -> bool:
    """Bring a part back; False where it was erased meanwhile."""
    content = sealed_of(part)
    with transaction.atomic():
        # An erasure that has read where its parts lie ends first, or sees where this one lies.
        due.lock_reference(part.reference_id if isinstance(part, Moment) else part.pk)
        still = type(part).objects.filter(pk=part.pk, object_name=part.object_name)
        if not still.update(sealed_template=content, object_name="", digest=b""):
            return False
        due.delete([part.object_name])
    return True


def _parts() -> Iterator[Part]:
    """Yield what is kept of active references of the tenant in scope, without what is sealed of it."""
    active = Reference.Status.ACTIVE
    references = Reference.objects.filter(status=active)
    moments = Moment.objects.filter(reference__status=active)
    for rows in (references, moments):
        kept = rows.exclude(sealed_template=b"", object_name="")
        yield from list(kept.defer("sealed_template"))
