"""`manage.py evaluate-page DATASET…`: the page's own comparison (model C), in Chromium, and the record of it.

A person's references are a worker's, as they are sent, and the probes are what the page finds in other
photographs of them. Liveness is no part of it: a worker judges it by the frames, and has a record of its own.
"""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from authsvc.biometrics.engines.base import Engine, ModelProblem
from authsvc.biometrics.engines.loading import cache_folder, load_engine
from authsvc.biometrics.records.page import page_engine as engine_name
from authsvc.biometrics.records.standing import weakness_of
from authsvc.core.clock import now
from authsvc.evaluation.dataset import Person
from authsvc.evaluation.groups import read_groups, read_one_person
from authsvc.evaluation.operating import thresholds_of
from authsvc.evaluation.recording import RecordingCommand
from authsvc.evaluation.report import as_text
from authsvc.evaluation.verification import DEPLOYED, evaluate
from devtools.laboratory.page_engine import page_engine
from devtools.laboratory.page_people import read_page_people


class Command(RecordingCommand):
    """Measures a page's comparison on photographs; where its gate fails nothing is signed."""

    help = "Evaluate the comparison that a page makes itself, and write the evaluation record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("dataset", type=Path, nargs="+", help="folders of people; each may have labels")
        parser.add_argument(
            "--name", help="how the record calls the datasets; their folders' names without it"
        )
        parser.add_argument(
            "--groups",
            type=Path,
            action="append",
            default=[],
            help="CSV with a column person and a column an attribute; these people are measured by group",
        )
        parser.add_argument(
            "--people", type=int, help="of a folder of people in no group so many, the first by name"
        )
        parser.add_argument("--out", type=Path, default=settings.DATA_DIR / "evaluation")
        parser.add_argument(
            "--ship", action="store_true", help="replace the release's record of a page, and pin its hash"
        )

    def handle(self, **options: Any) -> None:
        """Evaluate, then write report and record. Raises CommandError."""
        try:
            engine = load_engine()
            groups = [group for path in options["groups"] for group in read_groups(path)]
            labelled = frozenset().union(*(group.people for group in groups))
            found = evaluate(
                list(self._people(options["dataset"], engine, labelled, most=options["people"])),
                engine=engine_name(),
                dataset=options["name"] or ", ".join(path.resolve().name for path in options["dataset"]),
                groups=groups,
                one_person=read_one_person(),
                references=engine.engine_id,
                floors=thresholds_of(engine),
            )
        except (ValueError, OSError, ModelProblem) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(as_text(found.record, found.shapes, found.groups))
        self.gate(found)
        self.keep(found, options["out"], ship=options["ship"])
        if weakness := weakness_of(found.record, DEPLOYED, moment=now()):
            self.stderr.write(f"The record vouches for no comparison: {weakness}.")

    def _people(
        self, folders: Sequence[Path], engine: Engine, labelled: frozenset[str], *, most: int | None
    ) -> Iterator[Person]:
        cache = cache_folder().parent / "evaluation"
        with page_engine() as page:
            for folder in folders:
                found = read_page_people(folder, engine, page, cache=cache, progress=self.tell)
                grouped = any(path.name in labelled for path in folder.iterdir())
                yield from found if grouped else islice(found, most)
