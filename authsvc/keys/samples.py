"""Keys that agents seal their samples to (S9.5-02), as every process sees them: who offers one, who is there.

The private parts lie in the memory of the workers that made them and nowhere else (holding.py). Whether a
worker is there is read off the database's own clock, by which the workers say so every second.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from authsvc.core.clock import now
from authsvc.core.ids import b64u, unb64u
from authsvc.keys.held import accepted
from authsvc.keys.models import WorkerKey

SILENT = timedelta(seconds=4)
"""A worker that was not heard of for so long is gone, and what was sealed to it alone with it."""
OFFERED_AT_ONCE = 2
"""To so many workers a sample is sealed, where there are as many: one of them may die."""


class CannotUnseal(Exception):
    """The sample is sealed to a key that was never offered for it, or is no sealed sample."""


@dataclass(frozen=True)
class OfferedKey:
    """A sample key as an agent gets it: `key` is a public P-256 JWK, `signature` the worker's."""

    kid: str
    key: dict[str, str]
    signature: str


def signed_bytes(kid: str, public_jwk: dict[str, Any], offered_until: datetime, region: str = "") -> bytes:
    """Return what a worker signs of a key: a row put back, offered for longer, or moved, is not believed.

    Of no named region it is as in the releases before.
    """
    key, until = json.dumps(public_jwk, sort_keys=True), int(offered_until.timestamp())
    said = [kid.encode(), str(until).encode(), key.encode()]
    named = [b"visor/sample-key/v3", region.encode()] if region else [b"visor/sample-key/v2"]
    return b"\x00".join([*named, *said])


def worker_of(kid: str) -> str:
    """Return the id of the worker that made a key."""
    return kid.partition(".")[0]


def queue_of(worker: str) -> str:
    """Return the name of the queue that one worker alone listens to."""
    return f"samples.{worker}"


def region_queue(region: str) -> str:
    """Return the name of the queue that the workers of one region alone listen to."""
    return f"region.{region}"


def region_of_key(kid: str) -> str | None:
    """Return the region of the worker that published a key, "" where none is named, None where it is gone."""
    return WorkerKey.objects.filter(kid=kid).values_list("region", flat=True).first()


def keys_on_offer(region: str = "") -> list[OfferedKey]:
    """Return the keys to seal a sample to now, of different workers by chance; empty where none is there.

    Where a region is named, they are of its workers: nobody else can open what is sealed to them.

    A row whose signature is not the worker's is not offered: whoever can write to the database cannot
    make agents seal faces to a key of their own.
    """
    offered = _heard(region).filter(offered_until__gt=now())
    newest = {row.worker: row for row in offered.order_by("offered_until")}
    rows = [row for row in newest.values() if _is_the_workers(row)]
    chosen = secrets.SystemRandom().sample(rows, min(OFFERED_AT_ONCE, len(rows)))
    return [OfferedKey(row.kid, row.public_jwk, row.signature) for row in chosen]


def still_held(kids: Iterable[str] | None = None, *, region: str = "") -> set[str]:
    """Return those of the keys, or of all, whose worker is there to open what was sealed to them.

    Where a region is named, a worker of another one is as one that is gone.
    """
    held = held_keys(region)
    rows = held if kids is None else held.filter(kid__in=list(kids))
    return set(rows.values_list("kid", flat=True))


def held_keys(region: Any = "", *, moment: Any = None) -> QuerySet[WorkerKey]:
    """Return the keys whose worker is there to open what was sealed to them, as `still_held` does.

    `moment` is now; both may be the places of a statement that is written once.
    """
    return _heard(region).filter(kept_until__gt=now() if moment is None else moment)


def workers_there(region: str = "") -> int:
    """Return how many workers are there that offer a key of their own, in a region where one is named."""
    offered = _heard(region).filter(offered_until__gt=now())
    return len({row.worker for row in offered if _is_the_workers(row)})


def _heard(region: Any) -> QuerySet[WorkerKey]:
    heard = WorkerKey.objects.filter(seen_at__gt=Now() - SILENT)
    return heard.filter(region=region) if region else heard


def sign_anew() -> int:
    """Sign what a rotated key signed with the one in use; workers only. Returns how many there were."""
    public, private = settings.SECRETS["verdict_public_key"], settings.SECRETS["verdict_private_key"]
    signer = Ed25519PrivateKey.from_private_bytes(private)
    rows = [row for row in WorkerKey.objects.all() if _is_the_workers(row) and not _is_signed(row, public)]
    for row in rows:
        signed = signed_bytes(row.kid, row.public_jwk, row.offered_until, row.region)
        WorkerKey.objects.filter(pk=row.pk).update(signature=b64u(signer.sign(signed)))
    return len(rows)


def _is_the_workers(row: WorkerKey) -> bool:
    return any(_is_signed(row, public) for public in accepted("verdict_public_key"))


def _is_signed(row: WorkerKey, public: bytes) -> bool:
    signed = signed_bytes(row.kid, row.public_jwk, row.offered_until, row.region)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(unb64u(row.signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True
