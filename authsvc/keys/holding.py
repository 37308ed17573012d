"""The sample keys of this worker: made, renewed and forgotten in its memory; workers only.

The main process of a worker draws the seed before its pool forks, so that each process of the pool opens
what was sealed to the worker. Nothing of it is written anywhere: a worker that ends takes its keys along.
"""

import secrets
from datetime import timedelta
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db.models.functions import Now
from joserfc.jwk import ECKey

from authsvc.core.clock import now
from authsvc.core.ids import b64u
from authsvc.core.installation import region_of
from authsvc.keys.models import SampleKey, WorkerKey
from authsvc.keys.ratchet import PERIOD, Ratchet
from authsvc.keys.samples import signed_bytes

OVERLAP: Final = 30.0
"""Seconds for which a key is offered on after the next one is there, so that one always is."""
FORGOTTEN: Final = timedelta(minutes=10)
"""What a worker that is gone published is deleted after this time."""


class Holder:
    """One worker's keys, and their public parts in the database."""

    def __init__(self, ratchet: Ratchet | None = None) -> None:
        self.worker = secrets.token_urlsafe(9)
        self._ratchet = ratchet or Ratchet()
        self._published: tuple[tuple[int, ...], bytes] = ((), b"")
        self._region = region_of("worker")
        self._offering = True

    def open(self, kid: str) -> ECKey | None:
        """Return the private key of this id, None where it is not ours, or forgotten."""
        return next((self._ratchet.pair(each) for each in self.forget_old() if self._kid(each) == kid), None)

    def forget_old(self) -> tuple[int, ...]:
        """Forget the keys whose time is over, and return the periods of those that are left."""
        return self._ratchet.periods()

    def beat(self) -> None:
        """Say that this worker is there; publish its keys where a new one is due, or the rows were lost.

        The table is not logged, and empty after a crash of the database. What signs them may be rotated.
        """
        periods, signer = self.forget_old(), settings.SECRETS["verdict_private_key"]
        heard = WorkerKey.objects.filter(worker=self.worker).update(seen_at=Now())
        if (periods, signer) != self._published or heard < len(periods):
            self._publish(periods)
            self._published = periods, signer

    def stop_offering(self) -> None:
        """Have no further sample sealed to this worker, which ends soon."""
        self._offering = False
        WorkerKey.objects.filter(worker=self.worker).update(offered_until=now())

    def withdraw(self) -> None:
        """Say that this worker is gone: whoever waits for it need not find out."""
        WorkerKey.objects.filter(worker=self.worker).delete()

    def _publish(self, periods: tuple[int, ...]) -> None:
        if self._offering:
            for period in periods:
                self._publish_one(period)
        WorkerKey.objects.filter(worker=self.worker).exclude(kid__in=map(self._kid, periods)).delete()
        # Those of the releases before lie in the database, sealed; their last samples are long judged.
        SampleKey.objects.filter(destroyed_at__lte=now()).delete()

    def _publish_one(self, period: int) -> None:
        kid, public = self._kid(period), _public_jwk(self._ratchet.pair(period))
        left = self._ratchet.seconds_left(period)
        until = (now() + timedelta(seconds=left + OVERLAP)).replace(microsecond=0)
        signer = Ed25519PrivateKey.from_private_bytes(settings.SECRETS["verdict_private_key"])
        fields = {
            "worker": self.worker,
            "public_jwk": public,
            "signature": b64u(signer.sign(signed_bytes(kid, public, until, self._region))),
            "region": self._region,
            "offered_until": until,
            "kept_until": now() + timedelta(seconds=left + PERIOD),
            "seen_at": Now(),
        }
        WorkerKey.objects.update_or_create(kid=kid, defaults=fields)

    def _kid(self, period: int) -> str:
        return f"{self.worker}.{period}"


@cache
def holder() -> Holder:
    """Return what this process, and whatever forks from it after the first call, opens samples with."""
    return Holder()


def forget_gone_workers() -> set[str]:
    """Delete what workers published that are long gone; return their ids."""
    gone = WorkerKey.objects.filter(seen_at__lt=Now() - FORGOTTEN)
    workers = set(gone.values_list("worker", flat=True))
    gone.delete()
    return workers


def _public_jwk(pair: ECKey) -> dict[str, str]:
    names = {"kty", "crv", "x", "y"}
    return {name: str(value) for name, value in pair.as_dict(private=False).items() if name in names}
