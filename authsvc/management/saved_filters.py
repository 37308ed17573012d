"""Filters of the portal's lists that members save under a name, each for themselves."""

from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.models import SavedFilter

MOST: Final = 20
"""So many a member may have of each list."""


class TooMany(Refused):
    """A member has as many saved filters of a list as they may have."""

    def __init__(self) -> None:
        super().__init__(
            "too-many-saved-filters",
            _("You have %(most)s saved filters of this list already. Remove one first.") % {"most": MOST},
            status=409,
        )


@act
def keep(*, by: Actor, of: str, name: str, query: str) -> SavedFilter:
    """Save what filters a list under a name; one of the same name is replaced. Raises TooMany."""
    own = saved_of(by.name, of)
    if own.exclude(name=name).count() >= MOST:
        raise TooMany
    saved, _made = SavedFilter.objects.update_or_create(
        of=of, saved_by=by.name, name=name, defaults={"query": query, "saved_at": now()}
    )
    record(Tag.FILTER_SAVED, actor=by.name, reason=of)
    return saved


@act
def drop(*, by: Actor, of: str, name: str) -> None:
    """Drop a saved filter of one's own; nothing happens where there is none."""
    dropped, _each = saved_of(by.name, of).filter(name=name).delete()
    if dropped:
        record(Tag.FILTER_DROPPED, actor=by.name, reason=of)


def saved_of(member: str, of: str) -> QuerySet[SavedFilter]:
    """Return the filters of a list that a member saved, in the order of their names."""
    return SavedFilter.objects.filter(saved_by=member, of=of).order_by("name")
