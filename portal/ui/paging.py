"""Keyset pagination: a page costs the same at the millionth row as at the first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest

from authsvc.core.ids import b64u, unb64u
from authsvc.core.strictjson import parse_json

Row = TypeVar("Row", bound=Model)
SIZE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Up to `SIZE` rows, and the queries of the page after and of the first page ("" where there is none)."""

    rows: list[Row]
    next_query: str
    first_query: str


def page_of(request: HttpRequest, rows: QuerySet[Row], *, key: Sequence[str]) -> Page[Row]:
    """Return the page that the request's `after` parameter asks for.

    `key` are field names that order the rows and together are unique, each with "-" for descending, all
    in one direction. Raises Http404 for a position that this code did not make.
    """
    names, descending = [name.lstrip("-") for name in key], key[0].startswith("-")
    position = request.GET.get("after", "")
    ordered = rows.order_by(*key)
    try:
        if position:
            ordered = ordered.filter(_beyond(names, _read(position, len(names)), descending=descending))
        found = list(ordered[: SIZE + 1])
    except (ValidationError, ValueError):
        raise Http404("no such page") from None
    more = len(found) > SIZE
    next_query = _query(request, after=_write(found[SIZE - 1], names)) if more else ""
    return Page(found[:SIZE], next_query, _query(request, after="") if position else "")


def _beyond(names: Sequence[str], values: Sequence[Any], *, descending: bool) -> Q:
    comparison, condition, equal = ("lt" if descending else "gt"), Q(), Q()
    for name, value in zip(names, values, strict=True):
        condition |= equal & Q(**{f"{name}__{comparison}": value})
        equal &= Q(**{name: value})
    return condition


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


def _query(request: HttpRequest, *, after: str) -> str:
    kept = {name: value for name, value in request.GET.items() if name != "after" and value}
    return "?" + urlencode({**kept, **({"after": after} if after else {})})
