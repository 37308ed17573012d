"""A dry run: the last attempts under a draft, and under the policy in force. It writes nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from time import perf_counter
from typing import Any
from uuid import UUID

from authsvc.biometrics.records.standing import weakness_of
from authsvc.biometrics.thresholds import evaluation_records
from authsvc.clients.fields import put
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.management.dry_run.facts import Attempt, kept_facts
from authsvc.management.dry_run.replay import Cause, Known, Outcome, Replay, Rules, replay_both
from authsvc.management.evaluations import in_force
from authsvc.policy.evaluate import Policy, read_policy
from authsvc.policy.services import current_policy
from authsvc.subjects.models import Subject
from authsvc.tenancy.sql import reading_alone


class Change(StrEnum):
    """What a draft does to an attempt; the gravest first."""

    REFUSED = "refused"
    ADMITTED = "admitted"
    OTHER = "other"
    UNTOLD = "untold"
    FACE_UNTOLD = "face-untold"
    SAME = "same"


@dataclass(frozen=True)
class Touched:
    """An attempt that ends otherwise, or of which that cannot be told."""

    attempt: Attempt
    change: Change
    before: Replay
    after: Replay

    @property
    def reasons(self) -> tuple[str, ...]:
        """What it hangs on: codes of Cause where it cannot be told, else of Why, or what the token says."""
        if self.change in (Change.UNTOLD, Change.FACE_UNTOLD):
            return tuple(sorted(self.after.causes or self.before.causes)) or (Cause.UNKNOWN.value,)
        sides = {Change.REFUSED: self.after, Change.ADMITTED: self.before}
        side = sides.get(self.change, self.after)
        return tuple(sorted({_code(end) for end in side.ends}))


def _code(end: Outcome) -> str:
    return end.why or ("with-face" if end.face else "without-face")


@dataclass(frozen=True)
class OfParty:
    """What a draft does to the attempts for one relying party; None for those that no site asked for."""

    party: RelyingParty | None
    attempts: int
    changes: Mapping[Change, int]


@dataclass(frozen=True)
class Person:
    """Somebody whom a draft touches: how often, by what, and their newest attempt of these."""

    subject: Subject
    attempts: int
    changes: Mapping[Change, int]
    newest: Touched


@dataclass(frozen=True)
class DryRun:
    """What came of it; `touched` are the newest first, and `seconds` is how long it took."""

    attempts: Sequence[Attempt]
    touched: Sequence[Touched]
    parties: Mapping[str, RelyingParty]
    seconds: float

    @property
    def looked_at(self) -> int:
        """How many attempts were looked at."""
        return len(self.attempts)

    @property
    def since(self) -> datetime | None:
        """When the oldest of them began."""
        return self.attempts[-1].at if self.attempts else None

    @cached_property
    def counts(self) -> Mapping[Change, int]:
        """How many attempts each change meets."""
        found = Counter(each.change for each in self.touched)
        return {**{change: found[change] for change in Change}, Change.SAME: self.looked_at - found.total()}

    @property
    def by_party(self) -> list[OfParty]:
        """The relying parties with attempts that are touched, the most first."""
        every = Counter(attempt.party for attempt in self.attempts)
        pairs = Counter((each.attempt.party, each.change) for each in self.touched)
        touched = Counter(each.attempt.party for each in self.touched)
        return [
            OfParty(self.parties.get(key), every[key], {change: pairs[key, change] for change in Change})
            for key, _count in touched.most_common()
        ]

    @property
    def by_reason(self) -> list[tuple[Change, str, int]]:
        """What it hangs on, by change; an attempt that hangs on two things is counted with each."""
        found = Counter((each.change, reason) for each in self.touched for reason in each.reasons)
        order = list(Change)
        return sorted(
            ((change, reason, count) for (change, reason), count in found.items()),
            key=lambda row: (order.index(row[0]), -row[2], row[1]),
        )

    def people(self, *, change: str = "", party: str = "", reason: str = "") -> "list[list[Touched]]":
        """Return what is touched by person, who was touched last first; of one kind where one is named."""
        found: dict[UUID, list[Touched]] = {}
        for each in self.touched:
            if (change and each.change != change) or (party and each.attempt.party != party):
                continue
            if (reason and reason not in each.reasons) or each.attempt.subject is None:
                continue
            found.setdefault(each.attempt.subject, []).append(each)
        return list(found.values())


def named(people: "Sequence[list[Touched]]") -> list[Person]:
    """Return a page of people with their rows; who is gone meanwhile is left out."""
    touched = {key: rows for rows in people if (key := rows[0].attempt.subject) is not None}
    subjects = {row.pk: row for row in Subject.objects.unchecked().filter(pk__in=touched)}
    return [
        Person(subjects[key], len(rows), Counter(each.change for each in rows), rows[0])
        for key, rows in touched.items()
        if key in subjects
    ]


def dry_run(
    document: Mapping[str, Any],
    parties: Mapping[str, Mapping[str, Any]],
    *,
    over: Mapping[str, Any] | None = None,
) -> DryRun:
    """Return what a policy, and settings of relying parties by their keys, would have done.

    `over` is the document of the policy in force, where the caller has read it. Everything is read in a
    transaction in which the database refuses to write. Raises BrokenPolicy where there is no policy in force
    to compare with, and ValueError for a document that is none.
    """
    began = perf_counter()
    present, draft = current_policy() if over is None else read_policy(over), read_policy(document)
    vouching = _standing(present)
    with reading_alone():
        kept = kept_facts()
        keys = {attempt.party for attempt in kept.attempts if attempt.party}
        rows = {row.pk: row for row in RelyingParty.objects.unchecked().filter(pk__in=keys)}
    known = Known(kept.policies, vouching)
    now_, then = Rules(present, rows), Rules(draft, with_settings(rows, parties))
    ends = {alike: replay_both(facts, now_, then, known) for alike, facts in kept.facts.items()}
    touched = [
        Touched(attempt, change, *ends[attempt.alike])
        for attempt in kept.attempts
        if (change := change_of(*ends[attempt.alike])) != Change.SAME
    ]
    return DryRun(kept.attempts, touched, rows, perf_counter() - began)


def with_settings(
    rows: Mapping[str, RelyingParty], parties: Mapping[str, Mapping[str, Any]]
) -> dict[str, RelyingParty]:
    """Return relying parties as they would be; nothing is stored."""
    changed = dict(rows)
    for key in parties.keys() & rows.keys():
        changed[key] = copy(rows[key])
        for name, value in parties[key].items():
            put(changed[key], name, value)
    return changed


def change_of(before: Replay, after: Replay) -> Change:
    """Return what the second does to an attempt that ended as the first."""
    if before.ends == after.ends:
        return Change.SAME
    if before.let_in is None or after.let_in is None:
        return Change.UNTOLD
    if before.let_in != after.let_in:
        return Change.ADMITTED if after.let_in else Change.REFUSED
    certain = len(before.ends) == len(after.ends) == 1
    return Change.OTHER if certain else Change.FACE_UNTOLD


def _standing(policy: Policy) -> Any:
    """Return what tells which record vouches at an operating point (replay.Known), under the policy in force.

    Of an older face it is not asked how old its record has become: it was in force when the face was judged.
    """
    records = {record.id: record for record in evaluation_records()}
    present = in_force(now(), policy.operating_point)

    def standing(record: str, point: str) -> str | None:
        found = records[record] if record else (present.record if present else None)
        if found is None:
            return None
        moment = datetime.fromisoformat(found.created)
        return found.id if weakness_of(found, point, moment=moment) is None else None

    return standing
