"""`manage.py words`: lets everybody be found whom the release before entered while this one came."""

from typing import Any

from django.core.management.base import BaseCommand

from authsvc.subjects.finding import fill
from authsvc.subjects.models import Subject, Word
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope


class Command(BaseCommand):
    """Stores the words of people who have none, whom the release before entered."""

    help = "Store the words that people are found by, for those who have none."

    def handle(self, *_: Any, **__: Any) -> None:
        """Fill them in, one tenant after the other."""
        count = 0
        for tenant in Tenant.objects.order_by("slug"):
            with tenant_scope(tenant.pk):
                count += fill(Subject.objects.unchecked(), Word.objects.all())
        self.stdout.write(f"{count} people")
