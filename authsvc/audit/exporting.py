"""Events for other systems: a line of JSON each, a table, or the Open Cybersecurity Schema Framework."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from authsvc.audit.models import AuditEvent, Position
from authsvc.audit.tags import Tag
from authsvc.core.spreadsheets import line

COLUMNS: Final = ("number", "at", "tag", "actor", "transaction", "client", "subject", "reason", "details")
_CHUNK: Final = 1000
# OCSF 1.3: Identity & Access Management (3), its class Authentication (3002); else Application Activity,
# API Activity (6003).
_AUTHENTICATION: Final = {
    Tag.CODE_ISSUED,
    Tag.SESSION_REUSED,
    Tag.ADMIN_SIGNED_IN,
    Tag.ADMIN_SIGN_IN_FAILED,
    Tag.DEVICE_PROVEN,
    Tag.DEVICE_REFUSED,
    Tag.VERDICT_RECORDED,
    Tag.SIGNED_OUT,
}
_ENDS: Final = {Tag.SIGNED_OUT}
_REFUSING: Final = ("refused", "failed", "denied")
_VERSION: Final = "1.3.0"


def events(*, since: str = "", until: str = "") -> Iterator[dict[str, Any]]:
    """Yield the events of the tenant in scope in their order; days are YYYY-MM-DD, of UTC, or empty."""
    rows = AuditEvent.objects.order_by("sequence")
    # As ranges of times, which an index has.
    rows = rows.filter(at__gte=_begin(since)) if since else rows
    rows = rows.filter(at__lt=_begin(until) + timedelta(days=1)) if until else rows
    for some in _chunks(rows):
        places = dict(
            Position.objects.filter(event__in=[row.sequence for row in some]).values_list("event", "position")
        )
        for row in some:
            place = places.get(row.sequence)
            said = {name: getattr(row, name) for name in COLUMNS if name not in ("number", "at")}
            yield {"number": None if place is None else place + 1, "at": row.at.isoformat(), **said}


def _begin(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _chunks(rows: Any) -> Iterator[list[AuditEvent]]:
    some: list[AuditEvent] = []
    for row in rows.iterator(chunk_size=_CHUNK):
        some.append(row)
        if len(some) == _CHUNK:
            yield some
            some = []
    if some:
        yield some


def _ndjson(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for each in found:
        yield json.dumps(each, ensure_ascii=False) + "\n"


def _csv(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield line(COLUMNS)
    for each in found:
        yield line([*(each[name] for name in COLUMNS[:-1]), json.dumps(each["details"], ensure_ascii=False)])


def _ocsf(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for each in found:
        yield json.dumps(ocsf(each), ensure_ascii=False) + "\n"


def ocsf(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as OCSF has it."""
    tag = next((one for one in Tag if one == event["tag"]), None)
    signs_in = tag in _AUTHENTICATION
    activity = (2 if tag in _ENDS else 1) if signs_in else 99
    category, kind = (3, 3002) if signs_in else (6, 6003)
    failed = event["tag"].endswith(_REFUSING)
    return {
        "metadata": {
            "version": _VERSION,
            "product": {"name": "Visor", "vendor_name": "Visor"},
            "uid": str(event["number"]),
            "log_name": "audit",
            "event_code": event["tag"],
        },
        "time": int(_milliseconds(event["at"])),
        "category_uid": category,
        "class_uid": kind,
        "activity_id": activity,
        "type_uid": kind * 100 + activity,
        "severity_id": 4 if tag is not None and tag.is_alarm else 1,
        "status_id": 2 if failed else 1,
        "status_detail": event["reason"],
        "message": "" if tag is None else str(tag.words),
        "actor": {"user": {"name": event["actor"]}},
        "user": {"uid": event["subject"]},
        "service": {"uid": event["client"]},
        "unmapped": {"transaction": event["transaction"], **event["details"]},
    }


def _milliseconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() * 1000


FORMATS: Final[Mapping[str, Callable[[Iterable[Mapping[str, Any]]], Iterator[str]]]] = {
    "ndjson": _ndjson,
    "csv": _csv,
    "ocsf": _ocsf,
}
