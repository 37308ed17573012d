"""Tries of genuine people under the conditions of authsvc/evaluation/stress.py, judged by the pipeline."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from authsvc.biometrics import pipeline
from authsvc.biometrics.challenges import Part
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.pipeline import OpenReference, Outcome
from authsvc.biometrics.templates import decode_template
from authsvc.biometrics.types import Template, Thresholds
from authsvc.core.stages import ENROL, VERIFY, Plan
from authsvc.evaluation.capture_report import CaptureTry
from authsvc.evaluation.service import SERVICE
from authsvc.evaluation.stress import CONDITIONS, Condition
from devtools.rendering.face3d import NoFace

from .sitting import Sample, Sitting
from .subjects import Subject

ENROLMENTS: Final = 3
"""How often a person tries to enrol, without any fault, before they are left out."""

_CLEAN: Final = CONDITIONS[0]


@dataclass(frozen=True)
class Judge:
    """The worker, with an engine and the service's thresholds."""

    engine: Engine
    thresholds: Thresholds

    def enrol(self, sitting: Sitting) -> Template | None:
        """Return a person's reference of one clean burst, None where none is accepted."""
        for again in range(1, ENROLMENTS + 1):
            sample = sitting.sample(_CLEAN, again=again)
            outcome = self._run(ENROL, sample, pipeline.no_reference)
            if outcome.template is not None:
                return decode_template(outcome.template)
        return None

    def judge(self, sitting: Sitting, condition: Condition, reference: Template) -> CaptureTry:
        """Return what the worker says to a sign-in of the enrolled person under a condition."""
        outcome = self._run(VERIFY, sitting.sample(condition), lambda _: reference)
        decision = outcome.decision
        return CaptureTry(
            condition.name,
            sitting.person.name,
            decision.outcome,
            str(decision.reason or ""),
            decision.hint or "",
            outcome.detail,
        )

    def _run(self, plan: Plan, sample: Sample, open_reference: OpenReference) -> Outcome:
        return pipeline.run(
            plan,
            sample.plain,
            context=sample.context,
            thresholds=self.thresholds,
            engine=self.engine,
            part_key=os.urandom(32),
            open_reference=open_reference,
        )


def run_person(
    judge: Judge, person: Subject, other: Subject, conditions: Sequence[Condition], *, seed: int
) -> Iterator[CaptureTry]:
    """Yield a try of a person under each condition; none where the person cannot be enrolled."""
    try:
        sitting = Sitting(person, other, seed, cast("tuple[Part, ...]", SERVICE.challenge))
    except NoFace:
        return
    reference = judge.enrol(sitting)
    if reference is not None:
        yield from (judge.judge(sitting, condition, reference) for condition in conditions)
