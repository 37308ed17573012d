"""Evaluation records: the measured error rates that an acr above L1 stands on (S9.2-03).

A record holds for exactly one engine (its models by hash) and one version of the stages (their source by
hash). A changed model, threshold rule or stage has none, and its tokens fall to L1 until it is evaluated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SHIPPED: Final = Path(__file__).parent / "shipped"
PACKAGE: Final = Path(__file__).parent.parent

JUDGING: Final = (
    "engines/*.py",
    "stages/**/*.py",
    "tracking.py",
    "description.py",
    "templates.py",
    "pipeline.py",
    "headpose.py",
    "pixels.py",
    "types.py",
)
"""The source that decides; anything else may change without a new evaluation."""

OPERATING_POINTS: Final = ("1e-3", "1e-4", "3e-5")


@dataclass(frozen=True)
class EvaluationRecord:
    """One evaluation; `points` maps a false match rate to its threshold, measured rates and intervals."""

    id: str
    engine: str
    stages: str
    dataset: str
    created: str
    counts: Mapping[str, int]
    points: Mapping[str, Mapping[str, Any]]
    signature: str = ""

    def threshold(self, operating_point: str) -> float:
        """Return the threshold of the fused score at an operating point; raises KeyError."""
        return float(self.points[operating_point]["threshold"])


@cache
def stages_version() -> str:
    """Return the SHA-256 over the source files that judge a sample, shortened to 24 digits."""
    digest = hashlib.sha256()
    files = sorted({path for pattern in JUDGING for path in PACKAGE.glob(pattern)})
    for path in files:
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _content(record: EvaluationRecord) -> bytes:
    return json.dumps(asdict(replace(record, signature="")), sort_keys=True).encode()


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


def write_record(record: EvaluationRecord, folder: Path) -> Path:
    """Store the record in a folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.id}.json"
    path.write_text(json.dumps(asdict(record), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def _read(folder: Path) -> Iterator[EvaluationRecord]:
    for path in sorted(folder.glob("*.json")):
        try:
            yield EvaluationRecord(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            continue  # A damaged record is no record.


def load_records(folder: Path | None, public_key: bytes) -> list[EvaluationRecord]:
    """Return the records of the release and those of the deployment that it signed itself, oldest first.

    Records of the release are part of its source, and vouched for like the rest of it.
    """
    own = [record for record in _read(folder) if is_signed(record, public_key)] if folder else []
    return sorted([*_read(SHIPPED), *own], key=lambda record: record.created)


def current_record(records: list[EvaluationRecord], *, engine: str) -> EvaluationRecord | None:
    """Return the newest record of exactly this engine and the running stages, or None."""
    stages = stages_version()
    fitting = [record for record in records if (record.engine, record.stages) == (engine, stages)]
    return fitting[-1] if fitting else None
