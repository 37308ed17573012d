"""A reference's own key in the key service: made with it, needed to open it, and destroyed to erase it.

The database's log, its replicas and its backups keep what was erased for as long as they are kept. None of
it opens without this key, which was never part of them (docs/adr/0272).
"""

import logging
from uuid import UUID

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.keys.service.chosen import key_service
from authsvc.keys.service.interface import KeyServiceProblem
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.models import DueErasure

log = logging.getLogger(__name__)
_BATCH = 200


def key_of(pseudonym: str) -> str:
    """Return the name of a reference's key in the key service."""
    return f"reference/{pseudonym}"


def destroy_due() -> int:
    """Destroy every key that is due, and return how many were; what fails stays due. Workers only."""
    due = DueErasure.objects.order_by("requested_at").values_list("pseudonym", "tenant")[:_BATCH]
    return sum(_destroyed(pseudonym, tenant) for pseudonym, tenant in due)


def _destroyed(pseudonym: str, tenant: UUID) -> bool:
    with tenant_scope(tenant), transaction.atomic():
        row = DueErasure.objects.select_for_update(skip_locked=True).filter(pseudonym=pseudonym)
        if not row:
            return False
        try:
            key_service().destroy(key_of(pseudonym))
        except KeyServiceProblem as problem:
            log.error("the key of reference %s is not destroyed yet: %s", pseudonym, problem)
            return False
        row.delete()
        record(Tag.REFERENCE_KEY_DESTROYED, reference=pseudonym)
    return True
