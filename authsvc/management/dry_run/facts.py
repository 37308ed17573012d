"""What is kept of the last attempts, read in few statements: bands and facts, no score and no picture."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import JSONObject

from authsvc.assurance.evidence import Proven
from authsvc.oidc.requests.wanted import Wanted
from authsvc.policy.evaluate import DEFAULT, Policy, policy_digest, read_policy
from authsvc.policy.models import PolicyVersion
from authsvc.transactions.models import Capture, Transaction

LAST: Final = 10_000
"""So many attempts are looked at, the newest."""

_FAILED: Final = (Capture.State.REFUSED, Capture.State.AGAIN, Capture.State.EXPIRED)
_ASKED: Final = ("scope", "acr_values", "essential_acr", "face", "presence")
# The request may be long (T06); these parts of it alone decide.
_REQUEST: Final = JSONObject(**{name: f"request__{name}" for name in _ASKED})


@dataclass(frozen=True)
class Failed:
    """A capture that was not accepted: its reason's code, and the digest of the policy that judged it."""

    reason: str
    policy: str


@dataclass(frozen=True)
class Facts:
    """What decides how an attempt ends, and nothing that tells one attempt from another like it.

    `finished` says that it came to its end, with a face or without. `party` is the key of the relying party
    that asked, "" where none did.
    """

    kind: str
    finished: bool
    party: str
    wanted: Wanted
    proven: Proven
    failed: tuple[Failed, ...]


@dataclass(frozen=True)
class Attempt:
    """One attempt: `alike` is the same text for all of which the facts are the same."""

    id: str
    at: datetime
    party: str
    subject: UUID | None
    alike: str


@dataclass(frozen=True)
class Kept:
    """The attempts, the newest first, the facts of each by `alike`, and every policy by its digest."""

    attempts: Sequence[Attempt]
    facts: Mapping[str, Facts]
    policies: Mapping[str, Policy]


def kept_facts(last: int = LAST) -> Kept:
    """Read the newest attempts of the tenant in scope that are over, or decided, and could have had a face.

    A row that says what no release wrote is passed over. Nothing here lets anybody in, and of what is over
    nobody keeps a seal, so rows are read as they are.
    """
    # An attempt that waits has no end to compare; the own page and a recovery have no face.
    over = Q(state__in=Transaction.ENDED) | Q(decided_at__isnull=False)
    rows = list(
        Transaction.objects.unchecked()
        .filter(over)
        .exclude(kind__in=Transaction.WITHOUT_CAMERA)
        .order_by("-created_at")
        .values_list(
            *("pk", "created_at", "kind", "state", "decided_at", "client_id", "subject_id"),
            *("stored_evidence", _REQUEST),
        )[:last]
    )
    versions = _Versions()
    evidences = {row[0]: _without_its_own(row[7]) for row in rows}
    # What failed before a face was accepted changes nothing of it.
    failed = _failed([pk for pk, evidence in evidences.items() if not evidence.get("face")], versions)
    attempts, facts = [], {}
    for pk, at, kind, state, decided_at, party, subject, _evidence, asked in rows:
        finished = decided_at is not None and state not in Transaction.LEFT
        before, common = tuple(sorted(failed.get(pk, ()), key=astuple)), evidences[pk]
        alike = json.dumps([kind, finished, party, asked, common, [astuple(one) for one in before]])
        if alike not in facts:
            try:
                proven = Proven.from_json(common)
            except ValueError:
                continue
            facts[alike] = Facts(kind, finished, party or "", _wanted(asked), proven, before)
        attempts.append(Attempt(pk, at, party or "", subject, alike))
    return Kept(attempts, facts, versions.by_digest)


class _Versions:
    """The tenant's policies, and which of them was in force at a moment."""

    def __init__(self) -> None:
        rows = PolicyVersion.objects.unchecked().order_by("number")
        self._since: list[datetime] = []
        self._digests = [policy_digest(DEFAULT)]
        self.by_digest = {policy_digest(DEFAULT): read_policy(DEFAULT)}
        for row in rows:
            try:
                self.by_digest[row.digest] = read_policy(row.document)
            except ValueError:
                continue
            self._since.append(row.published_at)
            self._digests.append(row.digest)

    def at(self, moment: datetime) -> str:
        """Return the digest of the policy that was in force."""
        return self._digests[bisect_right(self._since, moment)]


def _failed(transactions: Sequence[str], versions: _Versions) -> Mapping[str, set[Failed]]:
    """Return the captures of attempts that were not accepted.

    By the attempts' own keys: a join would be the planner's guess at how many they are.
    """
    found = defaultdict(set)
    rows = Capture.objects.filter(state__in=_FAILED, transaction_id__in=transactions)
    for transaction, reason, issued_at in rows.values_list("transaction_id", "reason", "issued_at"):
        found[transaction].add(Failed(reason, versions.at(issued_at)))
    return found


def _without_its_own(evidence: Any) -> dict[str, Any]:
    """Return stored evidence without what only this attempt has, which decides nothing."""
    return dict(_blanked(evidence)) if isinstance(evidence, dict) else {}


_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "passkey": ("device",),
    "agent": ("build",),
    "face": ("capture", "chain"),
}


def _blanked(evidence: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in evidence.items():
        if name == "at":
            yield name, ""
        elif name in _OWN and isinstance(value, dict):
            yield name, {key: "" if key in _OWN[name] else each for key, each in value.items()}
        else:
            yield name, value


def _wanted(asked: Mapping[str, Any]) -> Wanted:
    """Return the request; what it left out is as `Wanted` has it."""
    return Wanted.from_json({name: value for name, value in asked.items() if value is not None})
