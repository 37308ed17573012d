"""What scheduled work looks for every few seconds, so that it visits only tenants that have some (ADR 0264).

Names of tables and states stand as text: this room lies below theirs.
"""

from collections.abc import Mapping
from typing import Final, Literal

Work = Literal["captures", "transactions", "samples", "deliveries", "sign-ins"]

OPEN: Final[Mapping[Work, Mapping[str, str]]] = {
    "captures": {"transactions_capture": "state = 'submitted'"},
    "transactions": {
        "transactions_transaction": "state IN ('open', 'proven', 'challenged', 'submitted', 'decided')"
    },
    "samples": {"transactions_sealedsample": "true"},
    "deliveries": {"delivery_delivery": "due_at IS NOT NULL"},
    "sign-ins": {"oidc_session": "ended_at IS NULL", "oidc_grant": "revoked_at IS NULL"},
}
"""The tables of each kind of work, and what is true of a row that may come to be due; no time stands here."""

TELLING: Final = "visor_tenants_with"
"""The function of the database that names the tenants."""
SCHEDULED: Final = "visor_provider"
"""The role that may call it."""
