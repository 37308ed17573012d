"""After a restore, database and key service may know of different erasures; either's word is enough."""

from dataclasses import dataclass

from authsvc.keys.service.chosen import key_service
from authsvc.vault.lifecycle import active_with_own_key, revoke_reference, revoked_references
from authsvc.vault.ownkeys import key_of


@dataclass(frozen=True)
class Reconciled:
    """How many keys were destroyed again, references revoked, and active references left without a key."""

    destroyed: int = 0
    revoked: int = 0
    missing: int = 0

    def __add__(self, other: "Reconciled") -> "Reconciled":
        """Return the sums."""
        return Reconciled(
            self.destroyed + other.destroyed, self.revoked + other.revoked, self.missing + other.missing
        )


def reconcile(*, missing_too: bool = False) -> Reconciled:
    """Destroy the keys of revoked references that are back, in the tenant in scope.

    An active reference without its key opens no more. It is revoked where `missing_too` says that this is
    the right key service: then it was erased. Raises KeyServiceProblem.
    """
    back = [each for each in revoked_references() if key_service().exists(key_of(each))]
    for pseudonym in back:
        key_service().destroy(key_of(pseudonym))
    missing = [each for each in active_with_own_key() if not key_service().exists(key_of(each))]
    if not missing_too:
        return Reconciled(destroyed=len(back), missing=len(missing))
    for pseudonym in missing:
        revoke_reference(pseudonym=pseudonym, reason="erased before the restore")
    return Reconciled(destroyed=len(back), revoked=len(missing))
