"""`manage.py setup`: a guided set-up, which can be run again, and by a program with `--from`."""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.installing import answers, steps
from config.installing.answers import AnswerProblem, Answers
from config.installing.layout import Layout
from config.installing.steps import Installation, SetupProblem


class Command(BaseCommand):
    """Writes secrets and environments, makes database, tables and first organisation, and checks each role.

    What is there stays: secrets always, files of variables unless `--overwrite`.
    """

    help = "Set an installation up, step by step; VISOR_ENVIRONMENT=production, and no other variable."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the answers come from, and what it is for."""
        parser.add_argument("--from", dest="file", type=Path, help="answers as TOML, and no questions")
        parser.add_argument("--for", dest="way", default="systemd", choices=["systemd", "compose"])
        parser.add_argument(
            "--folder", type=Path, default=Path("/etc/visor"), help="of variables and secrets"
        )
        parser.add_argument(
            "--state", type=Path, default=Path("/var/lib/visor"), help="of processes' own files"
        )
        parser.add_argument("--overwrite", action="store_true", help="change files of variables that differ")

    def handle(
        self, *_: Any, file: Path | None, way: Any, folder: Path, state: Path, overwrite: bool, **__: Any
    ) -> None:
        """Do every step, or say in words which one cannot be done and why."""
        try:
            said = answers.from_file(file) if file is not None else self._asked()
            at = Layout(way, folder.absolute(), state.absolute())
            self._set_up(Installation(said, at, self.stdout.write, overwrite))
        except (AnswerProblem, SetupProblem, OSError) as problem:
            raise CommandError(str(problem)) from None

    def _asked(self) -> Answers:
        if not sys.stdin.isatty():
            raise AnswerProblem("nobody is here to answer: name a file with --from (docs/installing.md)")
        return answers.asked(input, getpass.getpass, self.stdout.write)

    def _set_up(self, site: Installation) -> None:
        steps.write_secrets(site)
        steps.write_environments(site)
        if site.at.way == "compose":
            self.stdout.write("Next, beside compose.yaml: docs/installing-containers.md.")
            return
        if not steps.make_database(site):
            return
        steps.make_tables(site)
        steps.lay_out_files(site)
        if found := list(steps.problems(site)):
            raise SetupProblem("not ready yet:\n  " + "\n  ".join(found))
        steps.make_organisation(site)
        self.stdout.write(f"Ready: start the processes, and open {site.said.base_url}/portal/.")
