"""`manage.py evaluate-pairs FILE DATASET…`: twins and look-alikes, reported apart from every other rate."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.biometrics.engines.base import Engine, ModelProblem
from authsvc.biometrics.engines.loading import cache_folder, load_engine
from authsvc.evaluation.dataset import Person, read_people
from authsvc.evaluation.operating import thresholds_of
from authsvc.evaluation.pairs import as_table, read_pairs, tell_apart


class Command(BaseCommand):
    """Compares the people of each listed pair; writes and signs nothing."""

    help = "Report how often people who are listed as alike pass for each other."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("pairs", type=Path, help="CSV with the columns person, other and kind")
        parser.add_argument("dataset", type=Path, nargs="+", help="photographs, a folder a person")

    def handle(self, **options: Any) -> None:
        """Compare and print. Raises CommandError."""
        try:
            engine = load_engine()
            points = thresholds_of(engine)
            pairs = read_pairs(options["pairs"])
            found = tell_apart(pairs, self._people(options["dataset"], engine), list(points.values()))
        except (ValueError, OSError, ModelProblem) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(as_table(found, {threshold: name for name, threshold in points.items()}))

    def _people(self, folders: Sequence[Path], engine: Engine) -> dict[str, Person]:
        cache = cache_folder().parent / "evaluation"
        found = [
            one
            for folder in folders
            for one in read_people(folder, engine, cache=cache, progress=lambda done, count: None)
        ]
        return {one.name: one for one in found if len(one.vectors)}
