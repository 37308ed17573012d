"""What a list shows of the filters that a member saved of it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from authsvc.management.models import SavedFilter
from authsvc.management.saved_filters import saved_of
from portal.ui.listing import Listing


@dataclass(frozen=True)
class Saved:
    """The filters that a member saved of a list, with which of them is chosen, and what can be saved now.

    `query` is "" where nothing is set that is saved.
    """

    of: str
    query: str
    choices: list[tuple[SavedFilter, bool]]


def saved_in(member: str, of: str, form: Listing[Any]) -> Saved:
    """Return what a list shows of saved filters, in one statement."""
    given = dict(parse_qsl(form.to_save))
    is_whole = given == dict(parse_qsl(urlencode(form.set_by_hand)))
    rows = saved_of(member, of)
    return Saved(of, form.to_save, [(row, is_whole and dict(parse_qsl(row.query)) == given) for row in rows])
