"""What scheduled work looks for, so that it visits only tenants that have some (ADR 0264).

Names of tables and states stand as text: this room lies below theirs.
"""

from collections.abc import Mapping
from typing import Final, Literal

Work = Literal[
    "captures",
    "transactions",
    "samples",
    "deliveries",
    "sign-ins",
    "outbox",
    "leftovers",
    "visits",
    "references",
    "approvals",
]

OPEN: Final[Mapping[Work, Mapping[str, str]]] = {
    "captures": {"transactions_capture": "state = 'submitted'"},
    "transactions": {
        "transactions_transaction": "state IN ('open', 'proven', 'challenged', 'submitted', 'decided')"
    },
    "samples": {"transactions_sealedsample": "true"},
    "deliveries": {"delivery_delivery": "due_at IS NOT NULL"},
    "sign-ins": {"oidc_session": "ended_at IS NULL", "oidc_grant": "revoked_at IS NULL"},
    "outbox": {"delivery_delivery": "true"},
    "leftovers": {
        "oidc_token": "true",
        "oidc_grant": "true",
        "oidc_backchannelrequest": "true",
        "oidc_pushedrequest": "true",
        "oidc_usedonce": "true",
        "oidc_rememberedconsent": "true",
        "oidc_initialaccesstoken": "true",
        "oidc_session": "true",
    },
    "visits": {"person_visit": "true"},
    "references": {"vault_reference": "status = 'active'"},
    "approvals": {"management_approval": "state = 'pending'"},
}
"""The tables of each kind of work, and what is true of a row that may come to be due; no time stands here."""

TELLING: Final = "visor_tenants_with"
"""The function of the database that names the tenants."""
SCHEDULED: Final = "visor_provider"
"""The role that may call it."""
