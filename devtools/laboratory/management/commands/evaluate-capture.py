"""`manage.py evaluate-capture FOLDER`: what the service says to people who are badly lit or covered."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.thresholds import thresholds_under
from authsvc.evaluation.capture_report import CaptureTry, Row, as_group_table, as_json, as_table, rows_of
from authsvc.evaluation.groups import read_groups
from authsvc.evaluation.provenance import made_by
from authsvc.evaluation.service import SERVICE
from authsvc.evaluation.stress import CONDITIONS
from authsvc.evaluation.try_log import TryLog
from devtools.laboratory import stress_trials
from devtools.laboratory.subjects import Split, load_subjects


class Command(BaseCommand):
    """Renders people under each condition, has the worker judge them, and prints what was said.

    Exits with an error where an aim does not hold.
    """

    help = "Measure what the service says to genuine people in bad light, badly held, or half covered."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("dataset", type=Path, help="photographs, a folder a person")
        parser.add_argument("--people", type=int, default=60, help="most people to use (60)")
        parser.add_argument("--condition", action="append", help="only those that begin with this")
        parser.add_argument(
            "--tune", action="store_true", help="use the tuning half instead of the test half"
        )
        parser.add_argument(
            "--resume", type=Path, metavar="FILE", help="keep tries here, and go on from them"
        )
        parser.add_argument("--report", type=Path, help="write the rows as JSON")
        parser.add_argument(
            "--groups",
            type=Path,
            metavar="CSV",
            help="`person` and a column or more that tell groups apart: also print who is asked again by "
            "group, and leave nobody out whose photograph is a poor one",
        )
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, **options: Any) -> None:
        """Judge and report. Raises CommandError."""
        try:
            groups = read_groups(options["groups"]) if options["groups"] else []
            tries, about = self._tries(**options)
        except (ValueError, OSError, ModelProblem) as problem:
            raise CommandError(str(problem)) from problem
        rows = rows_of(tries)
        for name, value in about.items():
            self.stdout.write(f"- {name}: {value}")
        self.stdout.write(f"\n{as_table(rows)}")
        if groups:
            self.stdout.write(f"\nAsked again, refused, of tries:\n\n{as_group_table(tries, groups)}")
        if options["report"]:
            content = {**about, "rows": as_json(rows)}
            options["report"].write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        self._gate(rows)

    def _tries(self, **options: Any) -> tuple[list[CaptureTry], dict[str, Any]]:
        engine = load_engine()
        split: Split = "tuning" if options["tune"] else "test"
        people = load_subjects(
            options["dataset"], split, engine, options["people"], everybody=bool(options["groups"])
        )
        holds: dict[str, Any] = {
            "split": split,
            "engine": engine.engine_id,
            "stages": stages_version(),
            "seed": options["seed"],
        }
        if options["groups"]:
            holds["everybody"] = True
        log = TryLog(options["resume"], holds, lambda body: CaptureTry(**body))
        judge = stress_trials.Judge(engine, thresholds_under(SERVICE, engine.engine_id, sandbox=True))
        chosen = [one for one in CONDITIONS if _begins(one.name, options["condition"])]
        tries: list[CaptureTry] = []
        for number, person in enumerate(people):
            done = [one for one in log.tries if one.person == person.name]
            left = [one for one in chosen if one.name not in {made.condition for made in done}]
            other = people[(number + 1) % len(people)]
            seed = options["seed"] * 1000 + number
            found = stress_trials.run_person(judge, person, other, left, seed=seed) if left else ()
            tries += [*done, *log.keeping(found)]
            self.stderr.write(f"{number + 1} of {len(people)} people")
        enrolled = len({one.person for one in tries})
        about: dict[str, Any] = dict(made_by(options["dataset"].resolve().name))
        return tries, about | holds | {"people": len(people), "enrolled": enrolled}

    def _gate(self, rows: list[Row]) -> None:
        missed = [f"{row.condition}: {row.missed}" for row in rows if row.missed]
        if missed:
            raise CommandError(f"aims that do not hold: {'; '.join(missed)}")


def _begins(name: str, chosen: list[str] | None) -> bool:
    return not chosen or any(name.startswith(one) for one in chosen)
