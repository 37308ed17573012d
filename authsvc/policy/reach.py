"""Which levels can be reached in this installation, whatever people prove."""

from authsvc.assurance import acr
from authsvc.assurance.evidence import Proven
from authsvc.assurance.levels import Level, weakest_of
from authsvc.core.components import EVERY_TIME
from authsvc.core.installation import own


def attainable() -> tuple[Level, ...]:
    """Return the levels that can be reached here now, lowest first.

    None is above what provider, store and key service carry; a worker pool or a message may lower it further,
    where a sign-in touches one.
    """
    return acr.attainable(_weakest())


def why_not_higher() -> tuple[str, ...]:
    """Return why the levels above those cannot be reached, in the words of assurance/levels.py."""
    return acr.why_not_higher(_weakest())


def _weakest() -> Level:
    return weakest_of(Proven(components=own(*EVERY_TIME)).touched)
