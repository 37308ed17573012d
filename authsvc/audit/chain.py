"""The hash chain's arithmetic; pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FIELDS = ("sequence", "at", "tag", "actor", "transaction", "client", "subject", "reason", "details")


def first_digest(tenant_id: object) -> str:
    """Return the digest that a tenant's first event follows."""
    return hashlib.sha256(f"visor/audit/v1/{tenant_id}".encode()).hexdigest()


def event_digest(previous: str, event: Mapping[str, Any]) -> str:
    """Return the SHA-256 over the previous digest and the event's fields in canonical JSON.

    Times are written in UTC to the microsecond, so that both databases give the same text back.
    """
    content = {name: event[name] for name in FIELDS}
    moment: datetime = content["at"]
    content["at"] = moment.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
