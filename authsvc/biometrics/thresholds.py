"""What policy and evaluation fix for a capture."""

import logging
from datetime import datetime
from functools import cache
from typing import Final

from django.conf import settings

from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.records.record import EvaluationRecord, current_record, load_records
from authsvc.biometrics.records.standing import weakness_of
from authsvc.biometrics.types import Reason, StageError, Thresholds
from authsvc.core.clock import now
from authsvc.keys.held import accepted
from authsvc.policy.evaluate import Policy
from authsvc.policy.services import current_policy, policy_stands

log = logging.getLogger(__name__)


@cache
def evaluation_records() -> list[EvaluationRecord]:
    """Return the records of the release and the deployment, read once a process."""
    return load_records(settings.DATA_DIR / "evaluation", accepted("verdict_public_key"))


OTHER_ENGINE: Final = "other-engine"
OTHER_STAGES: Final = "other-stages"
PROBES_ALONE: Final = "probes-alone"


def faces_count() -> bool:
    """Whether a record vouches for faces of the tenant in scope now, and there is a policy to judge by.

    As far as a process can tell that reads no network: where a worker's is another one of the same name, its
    faces count for nothing all the same.
    """
    moment = now()
    return policy_stands() and any(not weakness_here(one, moment) for one in evaluation_records())


def weakness_here(record: EvaluationRecord, moment: datetime, operating_point: str = "") -> str:
    """Return why faces of the tenant in scope do not count by a record, "" where they do.

    `operating_point` is that of the policy in force, where the caller has read it.
    """
    if record.references:
        return PROBES_ALONE
    # Which file a network is only a worker reads; what it is called, every process knows.
    if record.engine.partition(":")[0] != settings.FACE_ENGINE:
        return OTHER_ENGINE
    if record.stages != stages_version():
        return OTHER_STAGES
    point = operating_point or current_policy().operating_point
    return weakness_of(record, point, moment=moment) or ""


def thresholds_for(engine_id: str, *, sandbox: bool) -> Thresholds:
    """Return what policy and evaluation fix for a capture of the tenant in scope.

    Without a record of these stages that stands, the newest one of this engine gives the threshold, and
    `record` is None: the face counts as absent (S9.2-03). Raises StageError where there is none of this
    engine: what another one's scores mean says nothing of its own, and strangers might match.
    """
    return thresholds_under(current_policy(), engine_id, sandbox=sandbox)


def references_of(engine_id: str) -> frozenset[str]:
    """Return the engines with whose references an engine may compare: its own, and as its records say."""
    records = evaluation_records()
    return frozenset(
        {engine_id, *(one.references or engine_id for one in records if one.engine == engine_id)}
    )


def thresholds_under(policy: Policy, engine_id: str, *, sandbox: bool) -> Thresholds:
    """Return what a policy and evaluation fix; see thresholds_for, which takes the policy in force."""
    records = evaluation_records()
    fitting = current_record(records, engine=engine_id)
    own = [record for record in records if record.engine == engine_id]
    if not own:
        raise StageError(Reason.UNMEASURED, detail=f"no evaluation record of {engine_id} gives a threshold")
    nearest = fitting or own[-1]
    return Thresholds(
        policy_version=policy.digest,
        operating_point=policy.operating_point,
        comparison=nearest.threshold(policy.operating_point),
        quality=policy.minimum_quality,
        record=_standing(fitting, policy.operating_point),
        allow_simulated=sandbox,
    )


def _standing(record: EvaluationRecord | None, operating_point: str) -> str | None:
    """Return the id of a record that vouches for decisions at an operating point now."""
    if record is None:
        return None
    weakness = weakness_of(record, operating_point, moment=now())
    if weakness is not None:
        log.warning("evaluation record %s vouches for no face: %s", record.id, weakness)
    return record.id if weakness is None else None
