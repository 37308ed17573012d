"""`manage.py evaluate DATASET…`: error rates by ISO/IEC 19795-1, and the record that an acr stands on."""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from authsvc.biometrics.engines.base import Engine, ModelProblem
from authsvc.biometrics.engines.loading import cache_folder, load_engine
from authsvc.biometrics.records.standing import weakness_of
from authsvc.core.clock import now
from authsvc.evaluation.dataset import Person, read_people
from authsvc.evaluation.groups import read_groups, read_one_person
from authsvc.evaluation.pad_evidence import read_reports
from authsvc.evaluation.quality_prediction import as_text as as_table
from authsvc.evaluation.quality_prediction import predict, read_rated
from authsvc.evaluation.recording import RecordingCommand
from authsvc.evaluation.report import as_svg, as_text
from authsvc.evaluation.verification import DEPLOYED, Evaluation, evaluate


class Command(RecordingCommand):
    """Measures the comparison on photographs, a folder a person; where its gate fails nothing is signed."""

    help = "Evaluate the comparison on a folder of people's photographs and write the evaluation record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("dataset", type=Path, nargs="+", help="folders of people; each may have labels")
        parser.add_argument(
            "--name", help="how the record calls the datasets; their folders' names without it"
        )
        parser.add_argument("--engine", help="settings.FACE_ENGINE without it")
        parser.add_argument(
            "--groups",
            type=Path,
            action="append",
            default=[],
            help="CSV with a column person and a column an attribute; these people are measured by group",
        )
        parser.add_argument(
            "--pad",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="report of evaluate-pad; without any the record vouches for no face",
        )
        parser.add_argument("--out", type=Path, default=settings.DATA_DIR / "evaluation")
        parser.add_argument(
            "--quality", action="store_true", help="print how the quality score predicts false non-match"
        )
        parser.add_argument(
            "--ship", action="store_true", help="replace the release's record, and pin its hash"
        )

    def handle(self, **options: Any) -> None:
        """Evaluate, then write report, curve and record. Raises CommandError."""
        try:
            engine = load_engine(options["engine"])
            if options["quality"]:
                self._predict(options["dataset"], engine)
                return
            found = evaluate(
                list(self._people(options["dataset"], engine)),
                engine=engine.engine_id,
                dataset=options["name"] or ", ".join(path.resolve().name for path in options["dataset"]),
                groups=[group for path in options["groups"] for group in read_groups(path)],
                one_person=read_one_person(),
                pad=read_reports(options["pad"], engine=engine.engine_id) if options["pad"] else None,
            )
        except (ValueError, OSError, ModelProblem) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(as_text(found.record, found.shapes, found.groups))
        self.gate(found)
        self._store(found, options["out"], ship=options["ship"])
        if weakness := weakness_of(found.record, DEPLOYED, moment=now()):
            self.stderr.write(f"The record vouches for no face: {weakness}.")

    def _people(self, folders: Sequence[Path], engine: Engine) -> Iterator[Person]:
        cache = cache_folder().parent / "evaluation"
        for folder in folders:
            yield from read_people(folder, engine, cache=cache, progress=self.tell)

    def _predict(self, folders: Sequence[Path], engine: Engine) -> None:
        cache = cache_folder().parent / "evaluation"
        people = [
            one for folder in folders for one in read_rated(folder, engine, cache=cache, progress=self.tell)
        ]
        self.stdout.write(as_table(predict(people)))

    def _store(self, found: Evaluation, out: Path, *, ship: bool) -> None:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{found.record.id}.svg").write_text(as_svg(found.curve), encoding="utf-8")
        self.keep(found, out, ship=ship)
