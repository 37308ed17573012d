"""Evaluation records: the measured error rates that a face counts by (S9.2-03).

A record holds for exactly one engine (its models by hash) and one version of what judges (manifest.py). A
changed model, threshold rule or stage has none, and its faces count as absent until it is evaluated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .manifest import stages_version
from .pins import SHA256

SHIPPED: Final = Path(__file__).parent / "shipped"

OPERATING_POINTS: Final = ("1e-3", "1e-4", "3e-5")


@dataclass(frozen=True)
class EvaluationRecord:
    """One evaluation; `points` maps a false match rate to its threshold, measured rates and intervals.

    `groups` are each group's rates at the threshold of 1e-4, as evaluation/groups.py measures them, `pad` the
    errors of presentation attack detection, as evaluation/pad_evidence.py has them; a record from before has
    none. `references` is set where the engine makes probes alone, as a page does (page.py): the id of the
    engine with whose references it was measured.
    """

    id: str
    engine: str
    stages: str
    dataset: str
    created: str
    counts: Mapping[str, int]
    points: Mapping[str, Mapping[str, Any]]
    groups: Sequence[Mapping[str, Any]] = field(default_factory=list)
    signature: str = ""
    pad: Mapping[str, Any] | None = None
    references: str = ""

    def threshold(self, operating_point: str) -> float:
        """Return the threshold of the fused score at an operating point; raises KeyError."""
        return float(self.points[operating_point]["threshold"])


def as_json(record: EvaluationRecord) -> dict[str, Any]:
    """Return a record as it is written; what is not in it as a release wrote it that knew no such part."""
    said = asdict(record)
    if record.pad is None:
        del said["pad"]
    if not record.references:
        del said["references"]
    return said


def _content(record: EvaluationRecord) -> bytes:
    return json.dumps(as_json(replace(record, signature="")), sort_keys=True).encode()


def sign_record(record: EvaluationRecord, key: bytes) -> EvaluationRecord:
    """Return the record signed with a raw Ed25519 private key: the deployment vouches for it."""
    return replace(record, signature=Ed25519PrivateKey.from_private_bytes(key).sign(_content(record)).hex())


def is_signed(record: EvaluationRecord, public_key: bytes) -> bool:
    """Tell whether the record carries a good signature of a raw Ed25519 public key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            bytes.fromhex(record.signature), _content(record)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def load_records(folder: Path | None, public_keys: Sequence[bytes]) -> list[EvaluationRecord]:
    """Return the records of the release and those of the deployment that it signed itself, oldest first.

    `public_keys` are raw Ed25519 keys, more than one while the deployment's is rotated. A record of the
    release counts where its bytes are those that the source names (pins.py).
    """
    found = stored(folder) if folder else ()
    own = [one for one in found if any(is_signed(one, key) for key in public_keys)]
    shipped = [one for sha256, one in _read(SHIPPED) if SHA256.get(one.id) == sha256]
    return sorted([*shipped, *own], key=lambda one: one.created)


def stored(folder: Path) -> list[EvaluationRecord]:
    """Return the records in a folder, whoever signed them."""
    return [one for _, one in _read(folder)]


def _read(folder: Path) -> Iterator[tuple[str, EvaluationRecord]]:
    """Yield the records of a folder, each with the SHA-256 of its file."""
    for path in sorted(folder.glob("*.json")):
        content = path.read_bytes()
        try:
            yield hashlib.sha256(content).hexdigest(), EvaluationRecord(**json.loads(content))
        except (ValueError, TypeError):
            continue  # A damaged record is no record.


def current_record(records: list[EvaluationRecord], *, engine: str) -> EvaluationRecord | None:
    """Return the newest record of exactly this engine and the running stages, or None."""
    stages = stages_version()
    fitting = [record for record in records if (record.engine, record.stages) == (engine, stages)]
    return fitting[-1] if fitting else None
