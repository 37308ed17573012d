"""Writing down that somebody could not sign in as an administrator: in the log of each of their tenants."""

import logging

from django.http import HttpRequest

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.addresses import address_of
from authsvc.limits.limit import TooMany
from authsvc.limits.register import FAILURES_NOTED
from portal.accounts.models import User
from portal.accounts.scopes import scopes_of

log = logging.getLogger(__name__)


def note(request: HttpRequest, user: User | None, *, factor: str, reason: str) -> None:
    """Record a failed sign-in; `factor` is password, code or passkey, `reason` is wrong or too-many.

    Neither what was given nor the name of an account that there is not is kept: people type passwords there.
    """
    address = address_of(request)
    log.warning("an administrator's sign-in failed: %s %s, from %s", factor, reason, address)
    if user is None:
        return
    try:
        # The log keeps each event for thirteen months: a flood of tries is written down by its beginning.
        FAILURES_NOTED.spend(f"{user.pk} {factor} {reason}")
    except TooMany:
        return
    for _ in scopes_of(user):
        record(Tag.ADMIN_SIGN_IN_FAILED, actor=user.email, reason=reason, factor=factor, address=address)
