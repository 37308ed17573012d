"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (
    Kept(
        "clients_relyingparty",
        "for good: a relying party that is switched off stays, as its client_id goes to nobody else",
    ),
    Kept("clients_clientsecret", "until it is withdrawn, or its relying party has two newer ones"),
)
