"""Refusals that come again and again: the first ones of a minute are written each, then every doubling (T06).

Otherwise whoever sends short requests that are refused fills the log, of which nothing is deleted for a year.
"""

import logging
from typing import Any, Final

from django.core.cache import cache
from redis.exceptions import RedisError

from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from authsvc.tenancy.scope import current_tenant_id

log = logging.getLogger(__name__)
EACH: Final = 20
_MINUTE: Final = 60


def times(*what: str) -> int | None:
    """Count a refusal; return how many alike there were this minute, None where it need not be written.

    What cannot be counted is written.
    """
    window = int(now().timestamp()) // _MINUTE
    place = f"refused:{window}:{secret_hash('/'.join((str(current_tenant_id()), *what)))}"
    try:
        cache.add(place, 0, timeout=2 * _MINUTE)
        count = int(cache.incr(place))
    except (RedisError, OSError, ValueError) as problem:
        log.error("refusals cannot be counted: %s", problem)
        return 1
    return count if count <= EACH or count & (count - 1) == 0 else None


def said_of(count: int) -> dict[str, Any]:
    """Return what the event of a refusal says of those alike."""
    return {"times": count} if count > EACH else {}
