"""What one year's audit log says of a tenant's use of faces, for whoever has to account for it (S10-12)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db.models import Count, QuerySet

from authsvc.audit.contents import newest_checkpoint
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.audit.verification import Finding, verify_log
from authsvc.core.components import OF_A_WORKER
from authsvc.policy.models import PolicyVersion

CHAPTERS: Final[Mapping[str, Sequence[Tag]]] = {
    "consent": (
        Tag.NOTICE_SHOWN,
        Tag.CONSENT_GIVEN,
        Tag.CONSENT_WITHDRAWN,
        Tag.FACE_DECLINED,
        Tag.NEED_SET,
        Tag.NEED_DROPPED,
    ),
    "captures": (Tag.CHALLENGE_ISSUED, Tag.SAMPLE_ACCEPTED, Tag.VERDICT_RECORDED, Tag.SAMPLE_ERASED),
    "references": (
        Tag.REFERENCE_CREATED,
        Tag.MOMENT_ADDED,
        Tag.MOMENTS_DROPPED,
        Tag.REFERENCE_OPENED,
        Tag.OUTGOING_FETCHED,
        Tag.REFERENCE_REVOKED,
        Tag.FACE_ERASED,
        Tag.REFERENCE_KEY_DESTROYED,
    ),
    "location": (Tag.REGION_REFUSED,),
    "rules": (
        Tag.POLICY_PUBLISHED,
        Tag.RECORD_ADOPTED,
        Tag.KEY_CREATED,
        Tag.KEY_ROTATED,
        Tag.KEY_REVOKED,
    ),
    "administrators": (
        Tag.ADMIN_JOINED,
        Tag.ADMIN_ROLE_CHANGED,
        Tag.ADMIN_DISABLED,
        Tag.ADMIN_REMOVED,
        Tag.APPROVAL_ASKED,
        Tag.APPROVAL_GIVEN,
        Tag.APPROVAL_REFUSED,
    ),
    "alarms": tuple(tag for tag in Tag if tag.is_alarm and tag is not Tag.REGION_REFUSED),
}
"""What a report counts, chapter by chapter, in this order."""


@dataclass(frozen=True)
class Counted:
    """How often something happened in the year, and for which reasons where any was recorded."""

    tag: Tag
    count: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Pin:
    """From when on faces were pinned to a region, "" where to none."""

    since: datetime
    region: str


@dataclass(frozen=True)
class Report:
    """A year of one tenant; `fault` is the first of the log, None where it is whole; `newest` the root of its
    newest checkpoint, in base64.

    `regions` counts accepted attempts with a face by the region that a part of their work was declared in.
    """

    year: int
    events: int
    newest: str
    fault: Finding | None
    chapters: Mapping[str, Sequence[Counted]]
    pins: Sequence[Pin]
    regions: Mapping[tuple[str, str], int]


def report_of(year: int) -> Report:
    """Return the report of a year (UTC) of the tenant in scope; the whole log is checked for it."""
    checked, _, fault = verify_log()
    newest = newest_checkpoint()
    rows = AuditEvent.objects.filter(at__gte=_begin(year), at__lt=_begin(year + 1)).order_by()
    counts = _counts(rows)
    return Report(
        year=year,
        events=checked,
        newest=newest.root if newest else "",
        fault=fault,
        chapters={name: [_counted(tag, counts) for tag in tags] for name, tags in CHAPTERS.items()},
        pins=list(_pins(year)),
        regions=_regions(rows),
    )


def _begin(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def _counts(rows: QuerySet[AuditEvent]) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for tag, reason, count in rows.values_list("tag", "reason").annotate(count=Count("pk")):
        found.setdefault(tag, Counter())[reason] += count
    return found


def _counted(tag: Tag, counts: Mapping[str, Counter[str]]) -> Counted:
    found = counts.get(tag.value, Counter())
    return Counted(tag, found.total(), {reason: count for reason, count in sorted(found.items()) if reason})


def _pins(year: int) -> Iterator[Pin]:
    """Yield the pin at the year's beginning, and each change of it within."""
    begin, before = _begin(year), ""
    published = PolicyVersion.objects.filter(published_at__lt=_begin(year + 1)).order_by("number")
    changes = [Pin(row.published_at, row.document.get("region", "")) for row in published]
    for pin in changes:
        if pin.since < begin:
            before = pin.region
    yield Pin(begin, before)
    for pin in changes:
        if pin.since >= begin and pin.region != before:
            before = pin.region
            yield pin


def _regions(rows: QuerySet[AuditEvent]) -> Mapping[tuple[str, str], int]:
    """Count the attempts that a worker took part in, by kind of part and the region declared of it."""
    found: Counter[tuple[str, str]] = Counter()
    consumed = rows.filter(tag=Tag.TRANSACTION_CONSUMED).values_list("details", flat=True)
    for details in consumed.iterator(chunk_size=2000):
        parts = details.get("components", [])
        if not any(part["kind"] == "worker" for part in parts):
            continue
        found.update({(part["kind"], part["region"]) for part in parts if part["kind"] in OF_A_WORKER})
    return dict(sorted(found.items()))
