"""How long signing keys are staged, sign and stay published, and what that means for one of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from authsvc.keys.models import SigningKey

ROTATE_AFTER = timedelta(days=90)
# A relying party may cache the key set for an hour, so a key is published that long before it signs; and as
# long as this process and the proxy may show an older one (deploy/nginx).
STAGE_FOR = timedelta(hours=1, minutes=2)
# The longest-lived thing that a key signs is an ID token used as id_token_hint within a session.
KEEP_PREVIOUS = timedelta(days=2)

State = SigningKey.State


@dataclass(frozen=True)
class KeyLife:
    """When a key begins to sign and when it leaves the key set.

    `signs_from` is None where that was not recorded. A time is `planned` where a rotation on demand, or
    a revocation, would change it.
    """

    signs_from: datetime | None
    signing_planned: bool
    leaves: datetime
    leaving_planned: bool


def usable_from(staged: SigningKey) -> datetime:
    """Return when a next key has been published for long enough to sign."""
    return staged.state_changed_at + STAGE_FOR


def life_of(key: SigningKey, *, current: SigningKey | None) -> KeyLife:
    """Return what is known and planned of a key; `current` is the one that signs for its algorithm now."""
    if key.state == State.NEXT:
        begins = usable_from(key)
        if current is not None:
            begins = max(begins, current.state_changed_at + ROTATE_AFTER)
        return KeyLife(begins, True, begins + ROTATE_AFTER + KEEP_PREVIOUS, True)
    if key.state == State.CURRENT:
        return KeyLife(began_to_sign(key), False, key.state_changed_at + ROTATE_AFTER + KEEP_PREVIOUS, True)
    if key.state == State.PREVIOUS:
        return KeyLife(began_to_sign(key), False, key.state_changed_at + KEEP_PREVIOUS, False)
    return KeyLife(began_to_sign(key), False, key.state_changed_at, False)


def began_to_sign(key: SigningKey) -> datetime | None:
    """Return when a key became current; None for one that never did, or did before that was recorded."""
    if key.state == State.CURRENT:
        return key.state_changed_at
    return key.became_current_at
