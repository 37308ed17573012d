"""`manage.py evaluate-pad`: error rates of presentation attack detection by ISO/IEC 30107-3."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from authsvc.biometrics.challenges import Part
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.stages.pad import FUSION_VERSION
from authsvc.evaluation.pad_bona_fide import genuine
from authsvc.evaluation.pad_log import TrialLog
from authsvc.evaluation.pad_recordings import read_recordings
from authsvc.evaluation.pad_report import SpeciesRow, as_json, as_table, species_row, worst_claimed
from authsvc.evaluation.pad_subjects import load_subjects
from authsvc.evaluation.pad_trials import Trial, judge_recording, run_trials
from authsvc.evaluation.pad_tuning import as_code, fitted
from devtools.laboratory.attacks import CLAIMED, MIXES, SPECIES
from devtools.laboratory.attacks.recording import Make

BONA_FIDE: Final = "bona-fide"
BESIDE_TURN: Final[tuple[Part, ...]] = ("light", "blink", "smile")
PEOPLE: Final[dict[str, tuple[Part, ...]]] = {
    BONA_FIDE: ("turn",),
    **{f"{BONA_FIDE}-{part}": ("turn", part) for part in BESIDE_TURN},
}
SOFTWARE_PHONE: Final = "devtools.rendering.render.render_burst"

Group = tuple[str, Make, tuple[Part, ...]]


class Command(BaseCommand):
    """Makes or reads bursts, has PAD judge them, and prints APCER, BPCER and non-response."""

    help = "Measure presentation attack detection on generated attacks or on real recordings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--generate", type=Path, metavar="DIR", help="photographs, a folder a person")
        source.add_argument("--recordings", type=Path, metavar="DIR", help="recordings with a manifest.json")
        parser.add_argument("--tries", type=int, default=300, help="tries a species (300)")
        parser.add_argument("--species", action="append", choices=[*SPECIES, *PEOPLE], help="only these")
        parser.add_argument(
            "--beside", choices=BESIDE_TURN, help="what attacks are asked for beside the turn (nothing)"
        )
        parser.add_argument("--subjects", type=int, default=150, help="most people to use (150)")
        parser.add_argument("--bona-fide", default=SOFTWARE_PHONE, help="what renders genuine bursts")
        parser.add_argument("--tune", action="store_true", help="fit the table on the tuning half instead")
        parser.add_argument(
            "--resume", type=Path, metavar="FILE", help="keep tries here, and go on from them"
        )
        parser.add_argument("--report", type=Path, help="write the rows as JSON")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        engine = load_engine()
        if options["recordings"]:
            trials = self._judge_recordings(options["recordings"], engine)
        else:
            trials = self._judge_generated(engine, **options)
        if options["tune"]:
            self.stdout.write(as_code(fitted(trials)))
        rows = _rows(trials)
        self.stdout.write(f"\n{FUSION_VERSION}\n\n{as_table(rows)}")
        self._summarise(rows)
        if options["report"]:
            body = {"version": FUSION_VERSION, "engine": engine.engine_id, "rows": as_json(rows)}
            options["report"].write_text(json.dumps(body, indent=2), encoding="utf-8")

    def _judge_recordings(self, folder: Path, engine: Engine) -> list[Trial]:
        try:
            return [judge_recording(*entry, engine) for entry in read_recordings(folder)]
        except (ValueError, OSError) as problem:
            raise CommandError(str(problem)) from problem

    def _judge_generated(self, engine: Engine, **options: Any) -> list[Trial]:
        split: Literal["tuning", "test"] = "tuning" if options["tune"] else "test"
        try:
            subjects = load_subjects(options["generate"], split, engine, options["subjects"])
        except (ValueError, OSError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{len(subjects)} people of the {split} half")
        conditions: dict[str, Any] = {"split": split, "engine": engine.engine_id, "pad": FUSION_VERSION}
        conditions |= {"seed": options["seed"], "people": len(subjects)}
        if options["beside"]:
            conditions["beside"] = options["beside"]
        try:
            log = TrialLog(options["resume"], conditions)
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        trials: list[Trial] = []
        for species, make, mix in _groups(options["species"], options["bona_fide"], options["beside"]):
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

    def _summarise(self, rows: Sequence[SpeciesRow]) -> None:
        attacks = [row for row in rows if row.claimed and not row.bona_fide]
        if attacks:
            worst = worst_claimed(attacks)
            self.stdout.write(f"\nWorst claimed species: {worst.species}, APCER {worst.error}")
        for row in rows:
            if row.bona_fide:
                self.stdout.write(f"{row.species}: BPCER {row.error}")


def _groups(chosen: Sequence[str] | None, bona_fide: str, beside: Part | None) -> list[Group]:
    person = genuine(import_string(bona_fide))
    asked: tuple[Part, ...] = ("turn", beside) if beside else ("turn",)
    groups: list[Group] = [(name, person, mix) for name, mix in PEOPLE.items()]
    groups += [(name, make, MIXES.get(name, asked)) for name, make in SPECIES.items()]
    return [group for group in groups if not chosen or any(group[0].startswith(name) for name in chosen)]


def _rows(trials: Sequence[Trial]) -> list[SpeciesRow]:
    return [
        species_row(
            [trial for trial in trials if trial.species == name],
            claimed=name in CLAIMED,
            bona_fide=name.startswith(BONA_FIDE),
        )
        for name in dict.fromkeys(trial.species for trial in trials)
    ]
