"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

_PARTS = ("vault_moment", "vault_devicewrap", "vault_bundle")

ROWS = (
    Kept(
        "vault_reference",
        "a day at most after the person withdraws, and twelve months without a sign-in at most: erased by "
        "authsvc/management/retention.py. What is left names nobody and holds nothing of a face; it says "
        "that what rested on the reference has ended",
    ),
    *(Kept(table, "with its reference") for table in _PARTS),
    Kept(
        "vault_dueobject",
        "until a worker has put or deleted the object that it names, once the store answers",
    ),
    Kept("vault_dueerasure", "until a worker has destroyed the key that it names, within seconds"),
)
