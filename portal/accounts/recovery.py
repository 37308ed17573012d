"""Administrators' recovery codes: each opens the portal once, in the second factor's place (T17)."""

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.recoverycodes import COUNT, digest_of, in_groups, new_letters
from portal.accounts.models import RecoveryCode, User
from portal.accounts.scopes import scopes_of


@transaction.atomic
def make_codes(user: User) -> list[str]:
    """Return fresh codes to show once; those from before open nothing any more."""
    codes = [new_letters() for _ in range(COUNT)]
    User.objects.select_for_update().get(pk=user.pk)
    RecoveryCode.objects.filter(user=user).delete()
    for _ in scopes_of(user):
        record(Tag.ADMIN_CODES_MADE, actor=user.email, count=COUNT)
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=digest_of(code)) for code in codes)
    return [in_groups(code) for code in codes]


def use_code(user: User, text: str) -> bool:
    """Whether this is one of the user's codes that was not used yet; it is used up by asking."""
    return bool(
        RecoveryCode.objects.filter(user=user, digest=digest_of(text), used_at=None).update(used_at=now())
    )
