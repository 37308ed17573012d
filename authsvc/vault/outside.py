"""Parts of references in the object store: read by their digest, put and deleted by workers (docs/adr/0450).

A part is written to the database with what makes it, in one transaction. A worker then puts it into the
object store, with no transaction open, and empties the row. So nothing waits for the store but the thread
that asks it, and whatever breaks off in between, a row of DueObject knows of the object.
"""

import hashlib
import logging
from datetime import timedelta
from typing import Final

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.due import lock_reference
from authsvc.vault.models import DueObject, Moment, Part, Reference
from authsvc.vault.stores.chosen import DATABASE, object_store
from authsvc.vault.stores.interface import NotThere, StoreAway, StoreProblem, Untrue

log = logging.getLogger(__name__)
_BATCH: Final = 200
AGAIN: Final = timedelta(minutes=1)
"""After so long what another worker has begun with is begun anew."""


def sealed_of(part: Part) -> bytes:
    """Return what is sealed of a part, from where it lies.

    Raises Untrue where the object store has lost it, or gives back something else, StoreAway where it does
    not answer, and NotThere where the database has nothing. What a worker moved since the row was read is
    looked for where it lies now, as often as it was moved.
    """
    while True:
        try:
            return _sealed_at(part)
        except (NotThere, Untrue):
            before = (part.object_name, bytes(part.digest))
            rows = type(part).objects.filter(pk=part.pk)
            lies = rows.values_list("object_name", "digest", "sealed_template").first()
            if lies is None:
                raise NotThere("it was erased meanwhile") from None
            name, digest, sealed = lies[0], bytes(lies[1]), bytes(lies[2])
            if sealed and not name:
                # Read with where it lies: to and fro, it would be where it was before and yet be there now.
                return sealed
            if (name, digest) == before:
                raise
            part.object_name, part.digest = name, digest


def _sealed_at(part: Part) -> bytes:
    if not part.object_name:
        return DATABASE.get(part.pk)
    try:
        content = object_store().get(part.object_name)
    except NotThere as problem:
        raise Untrue("lost", str(problem)) from None
    if hashlib.sha256(content).digest() != bytes(part.digest):
        raise Untrue("altered", "the object store gave back something else than it was given")
    return content


def carry_out_due() -> int:
    """Put and delete every object that is due, and return how many were; what fails stays due. Workers only.

    Where the store does not answer the others wait for the next time.
    """
    count = 0
    for row in DueObject.objects.filter(due_at__lte=now()).order_by("due_at")[:_BATCH]:
        try:
            with tenant_scope(row.tenant):
                count += carry_out(row)
        except StoreAway as problem:
            log.error("objects of references stay due: %s", problem)
            break
        except StoreProblem as problem:
            log.error("an object of a reference stays due: %s", problem)
    return count


def carry_out(row: DueObject) -> bool:
    """Put or delete one object, of the tenant in scope; False where nothing was to do. Raises StoreAway."""
    if not _is_begun(row):
        return False
    return _put(row) if row.part else _delete(row)


def _is_begun(row: DueObject) -> bool:
    """Take a row on, unless another worker has."""
    still = DueObject.objects.filter(pk=row.pk, part=row.part, due_at=row.due_at)
    return bool(still.update(due_at=now() + AGAIN))


def _put(row: DueObject) -> bool:
    try:
        sealed = DATABASE.get(row.part)
    except NotThere:
        return _give_up(row)
    object_store().put(row.name, sealed)
    with transaction.atomic():
        # An erasure that has read where its parts lie ends first, or sees where this one lies.
        lock_reference(_reference_of(row.part))
        still_due = DueObject.objects.filter(pk=row.pk, part=row.part)
        # Locked: whoever moves all home meanwhile turns it into a deletion before, or brings the part back.
        if still_due.select_for_update().first() is None or not _note(row, sealed):
            return _give_up(row)
        still_due.delete()
    return True


def _reference_of(part: str) -> str:
    """Return the reference that a part is of: a moment's, or the part's own."""
    return Moment.objects.filter(pk=part).values_list("reference_id", flat=True).first() or part


def _note(row: DueObject, sealed: bytes) -> bool:
    """Note in the part's row where it lies, and empty it; False where it was erased meanwhile."""
    noted = {"object_name": row.name, "digest": hashlib.sha256(sealed).digest(), "sealed_template": b""}
    still = {"pk": row.part, "object_name": "", "sealed_template": sealed}
    return bool(
        Reference.objects.filter(**still).update(**noted) or Moment.objects.filter(**still).update(**noted)
    )


def _give_up(row: DueObject) -> bool:
    """Delete what may have been put, since its part was erased, or lies elsewhere by now.

    Not at once: a call that was given up may still be on its way.
    """
    DueObject.objects.filter(pk=row.pk).update(part="", due_at=now() + AGAIN)
    return False


def _delete(row: DueObject) -> bool:
    object_store().delete(row.name)
    with transaction.atomic():
        DueObject.objects.filter(pk=row.pk).delete()
        record(Tag.OBJECT_DELETED)
    return True
