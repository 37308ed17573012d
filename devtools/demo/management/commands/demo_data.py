"""`manage.py demo_data`: a sandbox tenant with everything that the demonstration needs."""

import json
import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.policy.evaluate import DEFAULT
from devtools.demo.data import build_demo


class Command(BaseCommand):
    """Creates the demo tenant once, and a fresh enrolment link at each run."""

    help = "Create the demo data and write var/demo.json."

    def handle(self, *_: Any, **__: Any) -> None:
        """Create what is missing and write where everything is."""
        if settings.PRODUCTION:
            raise CommandError("demo data have no place in production")
        partner = os.environ.get("PARTNER_BASE_URL", "http://127.0.0.1:8001").rstrip("/")
        path = settings.DATA_DIR / "demo.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        model = os.environ.get("MODEL", DEFAULT["models"][0])
        try:
            places = build_demo(partner_url=partner, known=known, model=model)
        except ValueError as problem:
            raise CommandError(f"MODEL={model}: {problem}") from None
        path.touch(mode=0o600)
        path.write_text(json.dumps(places, indent=2), encoding="utf-8")
        self.stdout.write(f"wrote {path}")
