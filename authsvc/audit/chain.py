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
    """Return the SHA-256 over the previous digest and the event's fields in canonical JSON."""
    before, after = around_sequence(event)
    return hashlib.sha256(f"{previous}{before}{event['sequence']}{after}".encode()).hexdigest()


def around_sequence(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is hashed before and after the event's sequence number, which need not be known yet.

    The JSON is canonical: members in the order of their names, ASCII, times in UTC to the microsecond,
    so that both databases give the same text back.
    """
    moment: datetime = event["at"]
    content = {name: event[name] for name in FIELDS if name != "sequence"}
    content["at"] = moment.astimezone(UTC).isoformat(timespec="microseconds")
    smaller = _canonical({name: value for name, value in content.items() if name < "sequence"})
    greater = _canonical({name: value for name, value in content.items() if name > "sequence"})
    return f'\n{smaller[:-1]},"sequence":', f",{greater[1:]}"


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
