"""`manage.py evaluate-pad`: error rates of presentation attack detection by ISO/IEC 30107-3."""

import json
from argparse import ArgumentParser, _ActionsContainer
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.stages.pad.fusion import FUSION_VERSION
from authsvc.evaluation import pad_contributions
from authsvc.evaluation.groups import read_groups
from authsvc.evaluation.pad_evidence import PadGroup, group_tries, groups_as_json
from authsvc.evaluation.pad_manifest import read_recordings
from authsvc.evaluation.pad_report import SpeciesRow, as_json, as_table, species_rows, worst_claimed
from authsvc.evaluation.pad_trials import Trial, judge_recording
from authsvc.evaluation.pad_tuning import as_code, fitted
from authsvc.evaluation.provenance import made_by
from authsvc.evaluation.report import told


class EvaluatePad(BaseCommand):
    """Has PAD judge recorded bursts, and prints APCER, BPCER and non-response, and what each signal says.

    devtools/laboratory makes a command of this one that generates bursts as well.
    """

    help = "Measure presentation attack detection on real recordings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        self.add_sources(parser.add_mutually_exclusive_group(required=True))
        parser.add_argument("--tune", action="store_true", help="fit the table on the tuning half instead")
        parser.add_argument("--report", type=Path, help="write the rows as JSON, for `evaluate --pad` too")
        parser.add_argument(
            "--groups",
            type=Path,
            help="CSV with a column person and a column an attribute: tell the errors of these groups",
        )

    def add_sources(self, group: _ActionsContainer) -> None:
        """Declare where bursts may come from, of which one must be named."""
        group.add_argument("--recordings", type=Path, metavar="DIR", help="recordings with a manifest.json")
        group.add_argument("folder", type=Path, nargs="?", help="the same")

    def handle(self, **options: Any) -> None:
        """Judge and report. Raises CommandError."""
        engine = load_engine()
        try:
            groups = read_groups(options["groups"]) if options["groups"] else []
            trials = self.trials(engine, **options)
        except (ValueError, OSError) as problem:
            raise CommandError(str(problem)) from problem
        if options["tune"]:
            self.stdout.write(as_code(fitted(trials)))
        rows = species_rows(trials)
        self.stdout.write(f"\n{FUSION_VERSION}\n\n{as_table(rows)}")
        self._summarise(rows)
        found = pad_contributions.contributions(trials)
        self.stdout.write("\nRefused by the signal alone, and its mean ratio in nepers:\n")
        self.stdout.write(pad_contributions.as_table(found))
        tried = group_tries(trials, rows, groups)
        self._tell_groups(tried)
        if options["report"]:
            source = options["recordings"] or options["generate"]
            body = made_by(source.resolve().name) | {
                "version": FUSION_VERSION,
                "engine": engine.engine_id,
                "stages": stages_version(),
                "rows": as_json(rows),
                "groups": groups_as_json(tried),
                "contributions": pad_contributions.as_json(found),
            }
            options["report"].write_text(json.dumps(body, indent=2), encoding="utf-8")

    def trials(self, engine: Engine, **options: Any) -> list[Trial]:
        """Return the tries of the chosen source; raises ValueError or OSError where it cannot be read."""
        return [
            judge_recording(*entry, engine)
            for entry in read_recordings(options["recordings"] or options["folder"])
        ]

    def _tell_groups(self, groups: Sequence[PadGroup]) -> None:
        for one in groups:
            self.stdout.write(
                f"{one.group}, {one.people} people: BPCER {told(one.bpcer)}, "
                f"APCER of claimed attacks {told(one.apcer)}"
            )

    def _summarise(self, rows: Sequence[SpeciesRow]) -> None:
        attacks = [row for row in rows if row.claimed and not row.bona_fide]
        if attacks:
            worst = worst_claimed(attacks)
            self.stdout.write(f"\nWorst claimed species: {worst.species}, APCER {worst.error}")
        for row in rows:
            if row.bona_fide:
                self.stdout.write(f"{row.species}: BPCER {row.error}")
