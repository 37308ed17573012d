"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (
    Kept(
        "policy_policyversion",
        "for good: attempts and the log name the version that judged, and few are published a year",
    ),
)
