"""Presentation attack detection over a burst (ISO/IEC 30107): signals, calibration, fusion, a verdict.

Each module holds signals of one kind: small pure functions with a failure mode of their own. fusion.py has
every weight in one versioned table. docs/liveness.md says what is claimed, on which evidence.
"""

from .assessment import assess
from .fusion import FUSION_VERSION

__all__ = ["FUSION_VERSION", "assess"]
