"""What stands in the log of an event: its leaf, in canonical JSON; and its writer's MAC. Pure.

A leaf says in plain what happened, when, at which relying party and why, and who wrote it. Who did it and
whom it was about stand in it as an HMAC under the event's own salt: leaves, tiles and proofs can be shown to
anybody, and with an event's salt everything personal of it is gone (docs/adr/0413).
"""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, Final

PERSONAL: Final = ("actor", "details", "subject", "transaction")
PLAIN: Final = ("client", "reason", "tag")
WRITERS: Final[Mapping[bytes, str]] = {
    b"w": "web",
    b"p": "provider",
    b"k": "worker",
    b"o": "portal",
    b"m": "migrator",
}
"""Who writes events, by the letter that a MAC begins with."""
LETTERS: Final = {name: letter for letter, name in WRITERS.items()}
IDENT: Final = 4
"""Bytes that tell a writer's key from the same writer's others; they stand behind the letter."""
BEFORE: Final = "before"
"""Who wrote what a release before this log left: an older chain vouches for it."""
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def canonical(content: Any) -> str:
    """Return JSON with its members in the order of their names, ASCII, without spaces."""
    return _ENCODER.encode(content)


# Both texts are what `canonical` gives, written out: a check of the whole log makes one of each an event.
def leaf_of(event: Mapping[str, Any], *, salt: bytes, writer: str) -> bytes:
    """Return the leaf of an event's fields, which have their names in the model; `at` may be text already."""
    personal = hmac.digest(salt, personal_of(event).encode(), "sha256").hex()
    at = event["at"] if isinstance(event["at"], str) else moment_of(event["at"])
    return (
        f'{{"at":"{at}","client":{_quoted(event["client"])},"personal":"{personal}",'
        f'"reason":{_quoted(event["reason"])},"tag":{_quoted(event["tag"])},"writer":"{writer}"}}'
    ).encode()


def moment_of(at: datetime) -> str:
    """Return a time as leaves have it: in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def personal_of(event: Mapping[str, Any]) -> str:
    """Return the part of an event that a leaf speaks of by an HMAC alone."""
    details = event["details"]
    said = _ENCODER.encode(details) if details else "{}"
    return (
        f'{{"actor":{_quoted(event["actor"])},"details":{said},"subject":{_quoted(event["subject"])},'
        f'"transaction":{_quoted(event["transaction"])}}}'
    )


def mac_of(key: bytes, tenant_id: object, leaf: bytes) -> bytes:
    """Return a writer's MAC on a leaf of a tenant."""
    return hmac.digest(key, f"visor/log/v1\n{tenant_id}\n".encode() + leaf, "sha256")
