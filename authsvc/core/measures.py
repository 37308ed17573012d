"""What processes count and time for Prometheus: one list of names, which docs/monitoring.md explains.

A label takes few values, all of them from the code: never a tenant, a person, an address or a number of an
attempt. Counting is a few additions in the process's own memory, or in a file that is mapped into it where
several processes are counted together (config/watching.py). What is true in the database is counted there,
when Prometheus asks (config/measured.py).
"""

from functools import partial
from typing import Final

from django.db import transaction
from prometheus_client import Counter, Histogram

_REQUESTS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_STAGES: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_VERDICTS: Final = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0)

REQUESTS: Final = Counter(
    "visor_http_requests_total", "Requests answered, by route and class of status.", ["route", "status"]
)
REQUEST_SECONDS: Final = Histogram(
    "visor_http_request_seconds", "How long requests took in Django, by route.", ["route"], buckets=_REQUESTS
)
ATTEMPTS: Final = Counter(
    "visor_attempts_total", "Attempts that ended, by kind and how.", ["kind", "outcome"]
)
FACES: Final = Counter(
    "visor_faces_total",
    "Faces decided, by kind, outcome and reason.",
    ["kind", "outcome", "reason"],
)
VERDICT_SECONDS: Final = Histogram(
    "visor_verdict_seconds", "From a sample's arrival to its verdict.", buckets=_VERDICTS
)
STAGE_SECONDS: Final = Histogram(
    "visor_stage_seconds", "How long a stage of the pipeline took.", ["stage"], buckets=_STAGES
)
DELIVERIES: Final = Counter(
    "visor_deliveries_total", "Tries to tell sites and people, by kind and outcome.", ["kind", "outcome"]
)
REFUSALS: Final = Counter("visor_limit_refusals_total", "What a limit refused, by the limit.", ["limit"])


def count_ended(kind: str, outcome: str) -> None:
    """Count an attempt that ended, once that is stored."""
    transaction.on_commit(ATTEMPTS.labels(kind, outcome).inc, robust=True)


def count_face(kind: str, outcome: str, reason: str, seconds: float) -> None:
    """Count a face that was decided `seconds` after its sample came, once that is stored."""
    transaction.on_commit(FACES.labels(kind, outcome, reason).inc, robust=True)
    transaction.on_commit(partial(VERDICT_SECONDS.observe, max(0.0, seconds)), robust=True)
