"""What a worker makes ready before its first sample, and before its pool forks."""

from functools import cache

from authsvc.biometrics.decoder.seccomp import hide_memory
from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.stages.decode import DECODER, check_decoder
from authsvc.biometrics.thresholds import evaluation_records
from authsvc.biometrics.types import BadSample


@cache
def prepare_worker() -> None:
    """Load models, evaluation records and what these hold for, before the pool forks; raises ModelProblem.

    The program that decodes pictures is started first, and is ready when the models are.
    """
    hide_memory()
    DECODER.start()
    load_engine()
    try:
        check_decoder()
    except BadSample as problem:
        raise ModelProblem(f"pictures cannot be decoded here: {problem.reason}") from None
    evaluation_records()
    stages_version()
