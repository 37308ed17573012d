"""`manage.py challenge_space DIR`: how many challenges the judge tells apart, measured on perfect answers."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, get_args

from django.core.management.base import BaseCommand

from authsvc.biometrics.challenges import Part
from authsvc.biometrics.engines.loading import load_engine
from devtools.laboratory.space import Share, measure
from devtools.laboratory.subjects import load_subjects


class Command(BaseCommand):
    """Has people answer challenges, judges each answer for others, and prints what of the space is left."""

    help = "Measure how many challenges the judge tells apart."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("photographs", type=Path, metavar="DIR", help="photographs, a folder a person")
        parser.add_argument("--mix", nargs="+", choices=get_args(Part), default=["turn"], help="parts (turn)")
        parser.add_argument("--answers", type=int, default=60, help="challenges that are answered (60)")
        parser.add_argument("--subjects", type=int, default=60, help="most people to use (60)")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *_: Any, **options: Any) -> None:
        """Measure, and print."""
        engine = load_engine()
        subjects = load_subjects(options["photographs"], "test", engine, options["subjects"])
        numbers = range(options["answers"])
        space = measure(subjects, tuple(options["mix"]), numbers, engine, options["seed"])
        self.stdout.write(
            f"mix {' + '.join(space.mix)}: {space.drawn} of {space.asked} answers pass for their own"
        )
        self._write("passes with one movement changed", space.movements)
        self._write("passes with one colour changed", space.colours)
        self._write("passes for another one drawn", space.pairs)
        told = f"the judge tells 2^{space.bits:.1f} apart (at least 2^{space.least_bits:.1f})"
        self.stdout.write(f"2^{space.all_bits:.1f} are drawn; {told}")

    def _write(self, what: str, share: Share) -> None:
        if share.tries:
            self.stdout.write(
                f"{what}: {share.passed} of {share.tries} ({share.value:.2%}, at most {share.most:.1%}, "
                f"at worst {share.at_worst:.1%})"
            )
