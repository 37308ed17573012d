"""Recovery codes: each opens the portal once, in the second factor's place (T17).

A code has 80 random bits, which nobody guesses, so that a plain hash of it is all that is kept.
"""

import base64
import re
import secrets
from typing import Final

from django.db import transaction

from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from portal.accounts.models import RecoveryCode, User

COUNT: Final = 10
_BYTES: Final = 10
_GROUP: Final = 4
# Base32 has neither of these digits, so they are letters that somebody has misread.
_MISREAD: Final = str.maketrans("018", "OIB")


@transaction.atomic
def make_codes(user: User) -> list[str]:
    """Return fresh codes to show once; those from before open nothing any more."""
    codes = [base64.b32encode(secrets.token_bytes(_BYTES)).decode() for _ in range(COUNT)]
    User.objects.select_for_update().get(pk=user.pk)
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    return ["-".join(re.findall(f".{{{_GROUP}}}", code)) for code in codes]


def use_code(user: User, text: str) -> bool:
    """Whether this is one of the user's codes that was not used yet; it is used up by asking."""
    return bool(
        RecoveryCode.objects.filter(user=user, digest=_digest(text), used_at=None).update(used_at=now())
    )


def _digest(text: str) -> str:
    return secret_hash(re.sub(r"[^0-9A-Z]", "", text.upper()).translate(_MISREAD))
