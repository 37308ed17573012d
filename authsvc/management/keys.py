"""The keys that sign tokens: moving them, and what is published; nothing here opens one."""

from dataclasses import dataclass
from datetime import datetime

from authsvc.core.clock import now
from authsvc.keys import signing
from authsvc.keys.algorithms import SIGNING
from authsvc.keys.models import SigningKey
from authsvc.keys.schedule import KeyLife, life_of, usable_from
from authsvc.management.acting import act
from authsvc.management.actors import Actor

State = SigningKey.State
_ORDER = [State.NEXT, State.CURRENT, State.PREVIOUS]


@dataclass(frozen=True)
class KeyLine:
    """A key and its dates."""

    key: SigningKey
    life: KeyLife


@dataclass(frozen=True)
class AlgorithmKeys:
    """The published keys of an algorithm, the next one first; `usable_from` is the next one's."""

    algorithm: str
    lines: list[KeyLine]
    current: SigningKey | None
    staged: SigningKey | None
    usable_from: datetime | None

    @property
    def ready(self) -> bool:
        """Whether the next key may sign now."""
        return self.usable_from is not None and self.usable_from <= now()


@act
def rotate(*, by: Actor, algorithm: str, emergency: bool = False) -> None:
    """Let the next key of an algorithm sign from now on.

    Raises NoSigningKey where it has not been published for an hour, unless it is an emergency.
    """
    signing.rotate(algorithm, actor=by.name, emergency=emergency)


@act
def revoke(*, by: Actor, kid: str) -> bool:
    """Retire a key at once: nothing that it signed verifies any more; a current one is replaced first.

    False for a key that had left already. Raises SigningKey.DoesNotExist.
    """
    return signing.revoke(kid, actor=by.name)


def published_keys() -> list[AlgorithmKeys]:
    """Return the tenant's published keys by algorithm, in one query; without those that have none."""
    rows = list(SigningKey.objects.filter(state__in=signing.PUBLISHED).order_by("-state_changed_at", "kid"))
    found = [_of(algorithm, [row for row in rows if row.algorithm == algorithm]) for algorithm in SIGNING]
    return [each for each in found if each.lines]


def unused_algorithms(published: list[AlgorithmKeys]) -> list[str]:
    """Return the algorithms that no relying party has needed yet."""
    used = {each.algorithm for each in published}
    return [algorithm for algorithm in SIGNING if algorithm not in used]


def line_of(key: SigningKey) -> KeyLine:
    """Return a single key with its dates."""
    current = SigningKey.objects.filter(algorithm=key.algorithm, state=State.CURRENT).first()
    return KeyLine(key, life_of(key, current=current))


def staged_beside(key: SigningKey) -> SigningKey | None:
    """Return the next key of the same algorithm."""
    return SigningKey.objects.filter(algorithm=key.algorithm, state=State.NEXT).first()


def _of(algorithm: str, rows: list[SigningKey]) -> AlgorithmKeys:
    current = next((row for row in rows if row.state == State.CURRENT), None)
    staged = next((row for row in rows if row.state == State.NEXT), None)
    ordered = sorted(rows, key=lambda row: _ORDER.index(State(row.state)))
    return AlgorithmKeys(
        algorithm=algorithm,
        lines=[KeyLine(row, life_of(row, current=current)) for row in ordered],
        current=current,
        staged=staged,
        usable_from=usable_from(staged) if staged else None,
    )
