"""What is due in the object store: noted with the change that it belongs to, and done by workers."""

from collections.abc import Iterable

from django.conf import settings

from authsvc.core.ids import new_secret
from authsvc.tenancy.scope import current_tenant_id
from authsvc.vault.models import DueObject, Part, Reference


def lock_reference(pseudonym: str) -> None:
    """Let nobody else change where parts of a reference lie, until the transaction ends."""
    list(Reference.objects.select_for_update().filter(pk=pseudonym).values_list("pk"))


def put_later(part: Part) -> None:
    """Have a worker put a new part into the object store, where new references come to lie there."""
    if settings.REFERENCE_STORE == "objects":
        put(part.pk)


def put(part: str) -> None:
    """Have a worker put a part into the object store, under a random name."""
    DueObject.objects.create(name=new_secret(), tenant=current_tenant_id(), part=part)


def delete(names: Iterable[str]) -> None:
    """Have a worker delete objects; no key and no way to the store is needed here."""
    DueObject.objects.bulk_create(DueObject(name=name, tenant=current_tenant_id()) for name in names)
