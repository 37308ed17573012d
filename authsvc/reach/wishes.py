"""How a person wants to be told, and when not; without a word of theirs, as their organisation does it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.quiet_hours import QuietHours, read_quiet_hours
from authsvc.policy.services import quiet_hours
from authsvc.reach.models import Preference
from authsvc.subjects.models import Subject

# Not a way to a person: it would leave their address in a log.
_CONSOLE = "django.core.mail.backends.console.EmailBackend"


def wish_of(subject: Subject) -> Preference:
    """Return what a person has chosen; a row that is not stored where they have not."""
    return Preference.objects.filter(subject=subject).first() or Preference(subject=subject)


@transaction.atomic
def keep_wish(subject: Subject, *, way: str, quiet_hours: str | None, actor: str) -> None:
    """Store how a person wants to be told; raises ValueError for hours that are none.

    `quiet_hours` is a line of core/quiet_hours.py, "" for none, None for those of the organisation.
    """
    read_quiet_hours(quiet_hours or "")
    Preference.objects.update_or_create(
        subject=subject, defaults={"way": Preference.Way(way), "quiet_hours": quiet_hours}
    )
    record(Tag.TELLING_CHANGED, actor=actor, subject=str(subject.pk), way=way)


def hours_of(subject: Subject) -> QuietHours | None:
    """Return a person's quiet hours, or those of the organisation in scope, None without any."""
    chosen = wish_of(subject).quiet_hours
    return quiet_hours() if chosen is None else read_quiet_hours(chosen)


def quiet_until(subject: Subject, moment: datetime) -> datetime | None:
    """Return when the quiet ends in which a person is not told anything; None outside of it."""
    hours = hours_of(subject)
    return hours.end_after(moment) if hours is not None else None


def mail_goes_out() -> bool:
    """Whether mail goes further than to the console."""
    return bool(settings.EMAIL_BACKEND != _CONSOLE)


def mail_address_of(subject: Subject) -> str:
    """Return where mail reaches a person, "" where it does not."""
    address = subject.claims.get("email")
    return address if isinstance(address, str) and mail_goes_out() else ""
