"""`manage.py seal_rows`: an operator vouches, once, for the rows of a release before seals (ADR 0265)."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.keys.models import SigningKey
from authsvc.keys.vouching import adopt
from authsvc.policy.services import store_shipped_policy
from authsvc.seals.adoption import VouchedBefore, kinds_here, vouch_for
from authsvc.seals.checking import kinds_checked_here, look_at
from authsvc.seals.kinds import Kind
from authsvc.tenancy.each import in_each_tenant

_ACTOR = "manage.py seal_rows"


class Command(BaseCommand):
    """Seals what has no seal, and lists it; whoever runs this says that these rows are right."""

    help = "Seal the rows of an earlier release, once, with the keys of the role that VISOR_ROLES names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --again and --check."""
        parser.add_argument(
            "--again",
            action="store_true",
            help="Vouch also where that was done before: a row without a seal may be an intruder's.",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Seal nothing: name the rows that this process does not believe.",
        )

    def handle(self, *_: Any, again: bool, check: bool, **__: Any) -> None:
        """Seal what this process's roles decide, and say what it was; or check what they believe."""
        if check:
            self._check()
            return
        kinds = kinds_here()
        if not kinds:
            raise CommandError(
                "no role's keys are here: name each in turn, VISOR_ROLES=web and VISOR_ROLES=portal"
            )
        for kind in kinds:
            self._vouch(kind, again=again)
        if "web" in settings.ROLES:
            in_each_tenant(self._adopt_keys)
        if "portal" in settings.ROLES:
            in_each_tenant(_store_shipped_policy)

    def _check(self) -> None:
        doubted = 0
        for kind in kinds_checked_here():
            found = look_at(kind)
            doubted += sum(map(len, found.doubted.values()))
            self.stdout.write(f"{kind.name}: {found.whole} hold")
            for slug, ids in found.doubted.items():
                self.stdout.write(f"  {slug}: not believed: {' '.join(ids)}")
        if doubted:
            raise CommandError(f"{doubted} rows are not believed")

    def _vouch(self, kind: Kind, *, again: bool) -> None:
        try:
            found = vouch_for(kind, again=again)
        except VouchedBefore:
            self.stdout.write(f"{kind.name}: vouched for before; --again vouches for what came since")
            return
        self.stdout.write(f"{kind.name}: {sum(map(len, found.values()))}")
        for slug, ids in found.items():
            self.stdout.write(f"  {slug}: {' '.join(ids)}")

    def _adopt_keys(self) -> None:
        kids = [key.kid for key in SigningKey.objects.order_by("kid") if adopt(key)]
        if kids:
            self.stdout.write(f"signing-key: {' '.join(kids)}")


def _store_shipped_policy() -> None:
    store_shipped_policy(published_by=_ACTOR)
