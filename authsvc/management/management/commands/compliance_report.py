"""`manage.py compliance_report TENANT --year 2026`: a year of faces by the audit log, as Markdown."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.core.clock import now
from authsvc.core.components import WORDS
from authsvc.management.compliance import Counted, Report, report_of
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope


class Command(BaseCommand):
    """Counts and names nobody: people, administrators and relying parties stand in the log itself."""

    help = "Print what the audit log says of a tenant's use of faces in one year."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("tenant", help="the tenant's slug")
        parser.add_argument(
            "--year", type=int, default=now().year - 1, help="in UTC; the last one without it"
        )

    def handle(self, *_: Any, tenant: str, year: int, **__: Any) -> None:
        """Print the report. Raises CommandError, after it, where the log is not whole."""
        row = Tenant.objects.filter(slug=tenant).first()
        if row is None:
            raise CommandError(f"no tenant {tenant!r}")
        if not 2000 <= year <= now().year:
            raise CommandError(f"{year} is no year of this log")
        with tenant_scope(row.id):
            report = report_of(year)
        self.stdout.write("\n".join(_lines(row, report)))
        if report.fault is not None:
            raise CommandError(f"of the log, {report.fault}")


def _lines(tenant: Tenant, report: Report) -> Iterator[str]:
    yield f"# Faces at {tenant.name} in {report.year}"
    yield ""
    if report.year == now().year:
        yield f"Up to {now():%Y-%m-%d %H:%M} UTC; the year is not over."
    yield f"From the audit log of `{tenant.slug}`: {_whole(report)}"
    for title, counted in report.chapters.items():
        yield ""
        yield f"## {title.capitalize()}"
        yield ""
        if title == "location":
            yield from _location(report)
        yield "| event | how often | reasons |"
        yield "|---|---|---|"
        for one in counted:
            yield _row(one)


def _whole(report: Report) -> str:
    if report.fault is not None:
        return f"**{report.fault}**, so that nothing below is certain."
    return f"{report.events} events, whole; its newest checkpoint has the root `{report.newest}`."


def _location(report: Report) -> Iterator[str]:
    for pin in report.pins:
        where = f"pinned to {pin.region}" if pin.region else "pinned to no region"
        yield f"- from {pin.since:%Y-%m-%d %H:%M} UTC: {where}"
    for (kind, region), count in report.regions.items():
        yield f"- {WORDS[kind]}, {region or 'no region declared'}: {count} attempts with a face"
    yield ""


def _row(one: Counted) -> str:
    reasons = ", ".join(f"{reason} {count}" for reason, count in one.reasons.items())
    return f"| {one.tag.words} `{one.tag.value}` | {one.count} | {reasons} |"
