"""The thresholds at which an evaluation of its own kind compares: those of the engine's newest record."""

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.thresholds import evaluation_records
from authsvc.policy.evaluate import OPERATING_POINTS


def thresholds_of(engine: Engine) -> dict[str, float]:
    """Return the threshold of each operating point; raises ValueError where no record is of this engine."""
    own = [record for record in evaluation_records() if record.engine == engine.engine_id]
    if not own:
        raise ValueError(f"no evaluation record of {engine.engine_id} gives a threshold")
    return {point: own[-1].threshold(point) for point in OPERATING_POINTS}
