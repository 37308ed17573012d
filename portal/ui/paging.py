"""Keyset pagination: a page costs the same at the millionth row as at the first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest

from authsvc.core.ids import b64u, unb64u
from authsvc.core.strictjson import parse_json

Row = TypeVar("Row", bound=Model)
SIZE = 25
COUNTED: Final = 1_000
"""So many rows are counted; of more it is said that they are more."""
_PLACES: Final = ("after", "before")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Up to `SIZE` rows, how many pass the filters, and the queries of the pages around ("" for none).

    `count` is one more than COUNTED where there are more.
    """

    rows: list[Row]
    count: int
    next_query: str
    previous_query: str
    first_query: str

    @property
    def counted(self) -> int:
        """How many there are at least."""
        return min(self.count, COUNTED)

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > COUNTED


def page_of(
    request: HttpRequest, rows: QuerySet[Row], *, key: Sequence[str], count: int | None = None
) -> Page[Row]:
    """Return the page that the request's `after` or `before` parameter asks for.

    `key` are field names that order the rows and together are unique, each with "-" for descending, all
    in one direction. `count` is that of the rows of `first_of`, where it is known already. Raises Http404
    for a position that this code did not make.
    """
    names, descending = [name.lstrip("-") for name in key], key[0].startswith("-")
    back = bool(request.GET.get("before"))
    position = request.GET.get("before" if back else "after", "")
    ordered = rows.order_by(*([_turned(name) for name in key] if back else key))
    try:
        if position:
            ordered = ordered.filter(_beyond(names, _read(position, len(names)), below=descending != back))
        found = list(ordered[: SIZE + 1])
    except (ValidationError, ValueError):
        raise Http404("no such page") from None
    more, shown = len(found) > SIZE, found[:SIZE]
    if back:
        shown.reverse()
    ahead, behind = (bool(position), more) if back else (more, bool(position))
    return Page(
        shown,
        _count(rows, count) if position or more else len(shown),
        _query(request, after=_write(shown[-1], names)) if ahead and shown else "",
        _query(request, before=_write(shown[0], names)) if behind and shown else "",
        _query(request) if behind else "",
    )


def first_of(rows: QuerySet[Row], most: int | None = None) -> QuerySet[Row, dict[str, Any]]:
    """Return so many of some rows, else COUNTED, and one more, to count: a column of each, in no order."""
    # What every index begins with, so that one is enough where it has what the filters ask for.
    return rows.order_by().select_related(None).values("tenant")[: (COUNTED if most is None else most) + 1]


def _count(rows: QuerySet[Row], known: int | None) -> int:
    return first_of(rows).count() if known is None else known


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(names: Sequence[str], values: Sequence[Any], *, below: bool) -> Q:
    comparison, condition, equal = ("lt" if below else "gt"), Q(), Q()
    for name, value in zip(names, values, strict=True):
        condition |= equal & Q(**{f"{name}__{comparison}": value})
        equal &= Q(**{name: value})
    # What the index can be entered by: no database sees it in the alternatives.
    return Q(**{f"{names[0]}__{comparison}e": values[0]}) & condition


def _write(row: Model, names: Sequence[str]) -> str:
    values = [getattr(row, name) for name in names]
    return b64u(json.dumps(values, cls=_Exact).encode())


class _Exact(DjangoJSONEncoder):
    """Keeps the microseconds that Django's own encoder cuts off: a page must not begin twice."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def _read(position: str, count: int) -> list[Any]:
    try:
        values = parse_json(unb64u(position))
    except ValueError:
        raise Http404("no such page") from None
    if (
        not isinstance(values, list)
        or len(values) != count
        or not all(isinstance(v, str | int) for v in values)
    ):
        raise Http404("no such page")
    return values


def _query(request: HttpRequest, **place: str) -> str:
    kept = {name: value for name, value in request.GET.items() if name not in _PLACES and value}
    return "?" + urlencode({**kept, **place})
