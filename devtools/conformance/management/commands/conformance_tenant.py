"""`manage.py conformance_tenant`: a sandbox tenant for the OpenID Foundation's suite, and its files."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.oidc.offering.problems import OptionRefused
from devtools.conformance.conformance import build_conformance

LOCAL_SUITE = "https://localhost.emobix.co.uk:8443"


class Command(BaseCommand):
    """Creates or renews the tenant; each run gives its relying parties fresh secrets and keys."""

    help = "Create the tenant for the OpenID conformance suite and write one configuration a plan."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare where the suite is, and where its configurations go."""
        parser.add_argument("--suite", default=LOCAL_SUITE, help=f"the suite's address; {LOCAL_SUITE}")
        parser.add_argument("--folder", type=Path, default=settings.DATA_DIR / "conformance")

    def handle(self, *_: Any, suite: str, folder: Path, **__: Any) -> None:
        """Create what is missing, and write what to paste into the suite."""
        if settings.PRODUCTION:
            raise CommandError("a tenant of test persons has no place in production")
        try:
            files = build_conformance(suite=suite.rstrip("/"))
        except OptionRefused as refused:
            raise CommandError(str(refused)) from None
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, content in files.items():
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(json.dumps(content, indent=2), encoding="utf-8")
            self.stdout.write(f"wrote {path}")
