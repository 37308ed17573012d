"""Whether `manage.py collectstatic` has laid out the files of pages: without them nobody signs in (O13)."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders

from config.safety import UnsafeSettings


def refuse_without_files() -> None:
    """Raise UnsafeSettings where files of pages are not there, or are those of another release."""
    found = absent() if settings.PRODUCTION else []
    if found:
        raise UnsafeSettings(
            f"refusing to start: {len(found)} files of pages are not in {settings.STATIC_ROOT} as this "
            f"release has them, {found[0]} among them: "
            "run `manage.py collectstatic --noinput` without VISOR_ROLES"
        )


def absent() -> list[str]:
    """Return the pages' files that were not collected as this release has them."""
    place = settings.STATIC_ROOT
    return [] if place is None else sorted(_absent(Path(place)))


def _absent(place: Path) -> Iterator[str]:
    left_out = StaticFilesConfig.ignore_patterns
    for finder in get_finders():
        for name, storage in finder.list(left_out):
            laid_out = place / name
            if not laid_out.is_file() or laid_out.stat().st_size != storage.size(name):
                yield name
