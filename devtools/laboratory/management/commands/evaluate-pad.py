"""`manage.py evaluate-pad --generate DIR`: the command of authsvc/evaluation on generated bursts as well."""

import time
from argparse import ArgumentParser, _ActionsContainer
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.stages.pad.fusion import FUSION_VERSION
from authsvc.evaluation.management.evaluate_pad import EvaluatePad
from authsvc.evaluation.pad_log import TrialLog
from authsvc.evaluation.pad_trials import Trial
from devtools.laboratory.groups import BESIDE_TURN, NAMES, groups
from devtools.laboratory.subjects import Split, load_subjects
from devtools.laboratory.trials import run_trials


class Command(EvaluatePad):
    """Makes or reads bursts, has PAD judge them, and prints APCER, BPCER and non-response."""

    help = "Measure presentation attack detection on generated attacks or on real recordings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--tries", type=int, default=300, help="tries a species (300)")
        parser.add_argument("--species", action="append", choices=NAMES, help="only these")
        parser.add_argument(
            "--beside", choices=BESIDE_TURN, help="what attacks are asked for beside the turn (nothing)"
        )
        parser.add_argument(
            "--turn-alone", action="store_true", help="ask for no light where a species answers without too"
        )
        parser.add_argument("--subjects", type=int, default=150, help="most people to use (150)")
        parser.add_argument(
            "--resume", type=Path, metavar="FILE", help="keep tries here, and go on from them"
        )
        parser.add_argument("--seed", type=int, default=1)

    def add_sources(self, group: _ActionsContainer) -> None:
        """See EvaluatePad."""
        super().add_sources(group)
        group.add_argument("--generate", type=Path, metavar="DIR", help="photographs, a folder a person")

    def trials(self, engine: Engine, **options: Any) -> list[Trial]:
        """See EvaluatePad."""
        if not options["generate"]:
            return super().trials(engine, **options)
        split: Split = "tuning" if options["tune"] else "test"
        subjects = load_subjects(options["generate"], split, engine, options["subjects"])
        self.stdout.write(f"{len(subjects)} people of the {split} half")
        conditions: dict[str, Any] = {"split": split, "engine": engine.engine_id, "pad": FUSION_VERSION}
        conditions |= {"stages": stages_version(), "seed": options["seed"], "people": len(subjects)}
        if options["beside"]:
            conditions["beside"] = options["beside"]
        if options["turn_alone"]:
            conditions["turn alone"] = True
        log = TrialLog(options["resume"], conditions)
        trials: list[Trial] = []
        for species, make, mix in groups(options["species"], options["beside"], alone=options["turn_alone"]):
            done = log.kept(species)[: options["tries"]]
            numbers = range(len(done), options["tries"])
            found = run_trials(species, make, subjects, mix, numbers, engine, options["seed"])
            trials += [*done, *self._with_progress(species, log.keeping(found), len(numbers))]
        return trials

    def _with_progress(self, species: str, found: Iterator[Trial], total: int) -> Iterator[Trial]:
        started = time.monotonic()
        for number, trial in enumerate(found, start=1):
            if number % 25 == 0 or number == total:
                took = time.monotonic() - started
                self.stdout.write(f"{species}: {number} of {total}, {took / number:.2f} s a try")
            yield trial
