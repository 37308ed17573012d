"""Where a refusal is written down: the audit log and the process log, under one reference."""

import logging

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.ids import new_id
from authsvc.oidc.wire.refusal import RequestRefused, shown

logger = logging.getLogger(__name__)


def report(refused: RequestRefused, *, tag: Tag, client_id: str = "", transaction: str = "") -> str:
    """Record a refusal, and return the reference under which it is found.

    The reference is the transaction's id where there is one.
    """
    reference = transaction or new_id()
    record(
        tag,
        transaction=reference,
        client=shown(client_id)[:120],
        reason=refused.rule,
        **refused.details(),
    )
    logger.warning(
        "refused reference=%s client=%s rule=%s error=%s came=%r expected=%r",
        reference,
        shown(client_id),
        refused.rule,
        refused.error,
        refused.came,
        refused.expected,
    )
    return reference
