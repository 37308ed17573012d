"""Whether `manage.py collectstatic` has laid out the files of pages: without them nobody signs in (O13)."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders

from config.safety import UnsafeSettings


def refuse_without_files() -> None:
    """Raise UnsafeSettings where files of pages are not there, or are those of another release."""
    place = settings.STATIC_ROOT
    if not settings.PRODUCTION or place is None:
        return
    found = sorted(absent(Path(place)))
    if found:
        raise UnsafeSettings(
            f"refusing to start: {len(found)} files of pages are not in {place} as this release has them, "
            f"{found[0]} among them: run `manage.py collectstatic --noinput` without VISOR_ROLES"
        )


def absent(place: Path) -> Iterator[str]:
    """Yield the files of pages that a folder lacks, or has as another release does."""
    left_out = StaticFilesConfig.ignore_patterns
    for finder in get_finders():
        for name, storage in finder.list(left_out):
            laid_out = place / name
            if not laid_out.is_file() or laid_out.stat().st_size != storage.size(name):
                yield name
