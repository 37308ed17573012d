"""What scheduled work looks for, so that it visits only tenants that have some (ADR 0264, 0432).

Names of tables and states stand as text: this room lies below theirs.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

from authsvc.core.retention import CLOCK_SET_BACK

Work = Literal[
    "captures",
    "transactions",
    "samples",
    "outgoing",
    "deliveries",
    "sign-ins",
    "outbox",
    "leftovers",
    "visits",
    "references",
    "approvals",
    "amendments",
    "log checks",
    "log",
    "old log",
]
Due = Literal["captures", "transactions", "outgoing", "samples"]

OPEN: Final[Mapping[Work, Mapping[str, str]]] = {
    "captures": {"transactions_capture": "state = 'submitted'"},
    "transactions": {
        "transactions_transaction": "state IN ('open', 'proven', 'challenged', 'submitted', 'decided')"
    },
    "samples": {"transactions_sealedsample": "true"},
    "outgoing": {"transactions_outgoing": "true"},
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
    "amendments": {"subjects_amendment": "true"},
    "log checks": {"management_logcheck": "ended_at IS NULL"},
    # Of the tenant that is asked about, and so found by the index of its events.
    "log": {
        "audit_auditevent": "r.id > coalesce((SELECT floor FROM audit_log l WHERE l.tenant_id = t.id), 0)",
        # One that somebody raised would leave out events that are to come.
        "audit_log": (
            "greatest(r.floor, r.next_floor) > coalesce("
            "(SELECT max(e.id) FROM audit_auditevent e WHERE e.tenant_id = t.id), 0)"
        ),
    },
    # The bound is a day further than that of authsvc/audit/ageing.py: it looks more closely.
    "old log": {"audit_auditevent": "r.at < now() - interval '399 days'"},
}
"""The tables of each kind of work, and what is true of a row that may come to be due; no time stands here.

`transactions`, `samples`, `outgoing`, `outbox`, `leftovers`, `visits` and `sign-ins` are asked for by the
release before, which may run beside this one.
"""

RUNNING: Final = OPEN["transactions"]["transactions_transaction"]
ATTEMPT: Final = timedelta(seconds=300)
"""So long an attempt lives; what lies further ahead was begun before a clock was set back."""
_UNFETCHED: Final = timedelta(minutes=1)
SAMPLE: Final = timedelta(minutes=3)
"""So long a sample is kept at most; with clocks that differ it is five minutes at most (S9.5-04)."""


def _passed(
    column: str, *, after: timedelta = timedelta(0), longest: timedelta = timedelta(0)
) -> tuple[str, str]:
    """Return what is true of a row whose time is over, or lies further ahead than any that was written."""
    seconds, ahead = int(after.total_seconds()), int((longest + CLOCK_SET_BACK).total_seconds())
    return (
        f"{column} <= moment - interval '{seconds} seconds'",
        f"{column} > moment + interval '{ahead} seconds'",
    )


DUE: Final[Mapping[Due, tuple[str, tuple[str, ...]]]] = {
    "captures": ("transactions_capture", (OPEN["captures"]["transactions_capture"],)),
    "transactions": (
        "transactions_transaction",
        tuple(f"{RUNNING} AND {passed}" for passed in _passed("expires_at", longest=ATTEMPT)),
    ),
    "outgoing": ("transactions_outgoing", _passed("expires_at", longest=_UNFETCHED)),
    "samples": ("transactions_sealedsample", _passed("received_at", after=SAMPLE)),
}
"""What the sweeper looks for every few seconds: a table, and what is true of a row that it has to do with.

All of it in one statement for all tenants; each condition is that of an index (O11).
"""

# What is true of a sign-in `r` whose passkey, person or face is gone.
_NO_PASSKEY: Final = (
    "EXISTS (SELECT 1 FROM subjects_device d WHERE d.id = r.device_id AND d.status = 'revoked')"
)
_NO_PERSON: Final = (
    "EXISTS (SELECT 1 FROM subjects_subject p WHERE p.id = r.subject_id AND p.status = 'closed')"
)
_NO_FACE: Final = """EXISTS (SELECT 1 FROM subjects_subject p WHERE p.id = r.subject_id AND (p.reference = ''
    OR EXISTS (SELECT 1 FROM vault_reference v WHERE v.pseudonym = p.reference AND v.status = 'revoked')))"""


def _groundless(alive: str, by_face: str) -> tuple[str, ...]:
    """Return what is true of a sign-in that goes on though what it rests on is gone."""
    return (
        f"{alive} AND {_NO_PASSKEY}",
        f"{alive} AND {_NO_PERSON}",
        f"{alive} AND {by_face} AND {_NO_FACE}",
    )


GROUNDLESS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "sessions": (
        "oidc_session",
        _groundless("r.ended_at IS NULL", """jsonb_path_exists(r.events, '$.*.policy ? (@ != "")')"""),
    ),
    "grants": (
        "oidc_grant",
        _groundless("r.revoked_at IS NULL AND r.expires_at > moment", "r.policy <> ''"),
    ),
}
"""Sign-ins that are to end, as authsvc/oidc/sessions/logout/ending.py ends them; in the same form (O11)."""

WAITING: Final[Mapping[str, str]] = {
    "samples": (
        "SELECT count(*), min(submitted_at) FROM transactions_capture "
        "WHERE state = 'submitted' AND deadline > moment"
    ),
    "deliveries": "SELECT count(*), min(due_at) FROM delivery_delivery WHERE due_at <= moment",
    "events": (
        "SELECT count(*), min(e.at) FROM tenancy_tenant t JOIN audit_auditevent e ON e.tenant_id = t.id "
        "WHERE e.at > since AND e.at <= moment "
        "AND NOT EXISTS (SELECT 1 FROM audit_position p WHERE p.event = e.id)"
    ),
    "keys": (
        "SELECT count(*), min(became_current_at) FROM keys_signingkey "
        "WHERE state = 'current' AND became_current_at < rotated"
    ),
}
"""What waits for somebody to come, of all tenants together: how much, and since when the oldest does.

At a `moment`: samples to be judged, deliveries that are due, events that the log has not taken up since
`since`, and keys that should have been `rotated`. Nothing says whose they are.
"""
WAITING_NOW: Final = "visor_waiting"
"""The function of the database that counts it."""
WATCHING: Final = "visor_portal, visor_provider"
"""The roles that may call it: the operator's page, and the sweeper, which tells it to Prometheus."""

TELLING: Final = "visor_tenants_with"
"""The function of the database that names the tenants."""
DUE_NOW: Final = "visor_due_now"
"""That names what is due now, and whose it is."""
OVER: Final = "visor_over"
"""That names what the register of retention has to be deleted, and whose it is."""
ENDING: Final = "visor_groundless"
"""That names the tenants with sign-ins that are to end."""
SCHEDULED: Final = "visor_provider"
"""The role that may call these."""

TURNS: Final = "visor_next_samples"
"""The function that names, to a worker, the sample of each tenant that is next to be judged by it."""
JUDGING: Final = "visor_worker"
"""The role that may call it."""
BEGUN_ANEW: Final = timedelta(seconds=10)
"""A sample that a worker began to judge so long ago is judged anew: whoever began is gone."""
