"""What the commands share that measure a comparison: the gate, and where the record of it goes."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.biometrics.records.record import sign_record
from authsvc.evaluation.pad_evidence import failures
from authsvc.evaluation.storing import ship_record, write_record
from authsvc.evaluation.verification import Evaluation


class RecordingCommand(BaseCommand):
    """A command that ends with a record, or with what its gate refuses."""

    requires_system_checks: list[str] = []

    def gate(self, found: Evaluation) -> None:
        """Raise CommandError where a group, or a species of attack, is above what a record may say."""
        failing = [f"{one.group}: {one.failure}" for one in found.groups if one.failure]
        failing += failures(found.record.pad) if found.record.pad else []
        if failing:
            raise CommandError(f"nothing is signed, the gate refuses: {'; '.join(failing)}")

    def keep(self, found: Evaluation, out: Path, *, ship: bool) -> None:
        """Write the record into a folder, signed, or into the release; raises CommandError without a key."""
        if ship:
            path, sha256 = ship_record(found.record)
            self.stdout.write(f"pinned: {sha256}")
        elif key := settings.SECRETS.get("verdict_private_key"):
            path = write_record(sign_record(found.record, key), out)
        else:
            raise CommandError(
                "the record cannot be signed: run `manage.py generate_secrets` first, or use --ship"
            )
        self.stdout.write(f"record: {path}")

    def tell(self, done: int, count: int) -> None:
        """Say how many people are done, now and then."""
        if done % 100 == 0 or done == count:
            self.stderr.write(f"{done} of {count} people")
