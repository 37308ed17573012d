"""What the lists share: filters with presets, an order, a range of dates, and a table to take away."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, ClassVar, Final, Generic, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from authsvc.core.clock import now, zones
from authsvc.core.spreadsheets import line
from authsvc.core.texts import Text
from portal.ui.paging import Page, page_of

Row = TypeVar("Row", bound=Model)
Column = tuple[Text, Callable[[Any], Any]]
ALL: Final = ("", _("All"))
TAKEN: Final = 10_000
"""So many rows of a list at most are taken away as a table."""
# No filters of the list: where in it one is, and what a script knows of the browser.
_BESIDE: Final = ("order", "zone")


@dataclass(frozen=True)
class Preset:
    """Filters under a name: what they are set to, and for how many days back, where that is among them."""

    label: Text
    values: Mapping[str, str]
    days: int = 0

    def query(self, moment: datetime) -> dict[str, str]:
        """Return its filters as the form has them."""
        since = {"since": (moment - timedelta(days=self.days)).date().isoformat()} if self.days else {}
        return {**self.values, **since}


@dataclass(frozen=True)
class Choice:
    """A preset as the page shows it."""

    label: Text
    query: str
    is_chosen: bool


# Beyond them a day has no beginning in every zone.
DAYS: Final = (MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2999, 12, 31)))


def _day(label: Text) -> forms.DateField:
    shown = forms.DateInput(attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=shown, validators=DAYS)


class Listing(forms.Form, Generic[Row]):
    """Filters of a list; every field may stay empty, and what is not a valid value filters nothing.

    `first` names the field that stays outside the fold, `presets` filters under a name, `orders` the keys by
    which the rows can be ordered, the usual one first. `of_one` are the fields that say whom or which single
    thing somebody looks for: they are not saved under a name (docs/adr/0435).
    """

    first: ClassVar[str]
    of_one: ClassVar[Sequence[str]] = ()
    presets: ClassVar[Sequence[Preset]] = ()
    orders: ClassVar[Mapping[str, tuple[Text, Sequence[str]]]]

    since = _day(pgettext_lazy("the first day", "From"))
    until = _day(pgettext_lazy("the last day", "To"))
    order = forms.ChoiceField(label=_("Order"), required=False)
    zone = forms.CharField(label=_("Time zone"), required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, label) for name, (label, _key) in self.orders.items()]
        self.fields["order"].choices = choices  # type: ignore[attr-defined]
        self.is_valid()

    def all_rows(self) -> QuerySet[Row]:
        """Return the rows without filters, with the columns of the list alone."""
        raise NotImplementedError

    def narrowed(self, found: QuerySet[Row], wanted: Mapping[str, Any]) -> QuerySet[Row]:
        """Return the rows that pass the list's own filters."""
        raise NotImplementedError

    @property
    def wanted(self) -> dict[str, Any]:
        """The values of the filters that are set."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set."""
        return any(name not in _BESIDE for name in self.wanted)

    @property
    def leaves_out(self) -> bool:
        """Whether rows that would pass are not looked up, since too many begin with what was written."""
        return False

    @property
    def folded(self) -> list[forms.BoundField]:
        """The fields that a phone folds away."""
        return [field for field in self if field.name != self.first and not field.is_hidden]

    @property
    def folded_set(self) -> int:
        """How many of them are set."""
        return sum(field.name in self.wanted and field.name not in _BESIDE for field in self.folded)

    @property
    def key(self) -> Sequence[str]:
        """The fields that the rows are ordered by."""
        chosen = self.wanted.get("order")
        _label, key = self.orders[chosen] if chosen else next(iter(self.orders.values()))
        return key

    def rows(self) -> QuerySet[Row]:
        """Return the rows that pass."""
        return self.narrowed(self.all_rows(), self.wanted)

    def span(self) -> tuple[datetime | None, datetime | None]:
        """Return the first moment of the first day, and that of the day after the last one, as they are set.

        Days are those of the zone that the browser is in, and of UTC without a script.
        """
        since, until = self.wanted.get("since"), self.wanted.get("until")
        return (
            self.begin(since) if since else None,
            self.begin(until + timedelta(days=1)) if until else None,
        )

    @property
    def viewers_zone(self) -> tzinfo:
        """The zone that the browser is in, UTC without a script."""
        named = self.wanted.get("zone", "")
        return ZoneInfo(named) if named in zones() else UTC

    def begin(self, day: date) -> datetime:
        """Return the first moment of a day of the viewer's."""
        return datetime.combine(day, time(), self.viewers_zone)

    def within(self, found: QuerySet[Row], column: str) -> QuerySet[Row]:
        """Return the rows of which a column's time lies in the range of dates; as a range, for the index."""
        first, behind = self.span()
        found = found if first is None else found.filter(**{f"{column}__gte": first})
        return found if behind is None else found.filter(**{f"{column}__lt": behind})

    @property
    def set_by_hand(self) -> dict[str, str]:
        """What the filters are set to, as the form has it."""
        return {name: self.data[name] for name in self.wanted if name not in _BESIDE}

    @property
    def to_save(self) -> str:
        """The query of what is saved of the filters under a name, "" where nothing is."""
        return urlencode({name: value for name, value in self.set_by_hand.items() if name not in self.of_one})

    @property
    def table_query(self) -> str:
        """The query by which the list is taken away as a table: the same filters, and the same page."""
        kept = {name: value for name, value in self.data.items() if value}
        return f"?{urlencode({**kept, 'as': 'csv'})}"

    def choices(self) -> list[Choice]:
        """Return the presets, with which of them is chosen."""
        shown = {name: value for name, value in self.data.items() if value and name in self.fields}
        given = {name: value for name, value in shown.items() if name not in _BESIDE}
        offered = [Preset(_("Everything"), {}), *self.presets]
        queries = [(preset.label, preset.query(now())) for preset in offered]
        return [Choice(label, f"?{urlencode(query)}", query == given) for label, query in queries]


def shown(request: HttpRequest, form: Listing[Row], *, count: int | None = None) -> Page[Row]:
    """Return the page of a list that the request asks for; `count` is as `page_of` takes it."""
    return page_of(request, form.rows(), key=form.key, count=count)


def taken_away(name: str, columns: Sequence[Column], rows: Iterable[Any]) -> HttpResponse:
    """Answer with rows as a table for spreadsheets; its times are in UTC."""
    answer = HttpResponse("".join(_lines(columns, rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{now():%Y-%m-%d}.csv"'
    return answer


def is_taken_away(request: HttpRequest) -> bool:
    """Whether a list is asked for as a table."""
    return request.GET.get("as") == "csv"


def all_shown(form: Listing[Row]) -> list[Row]:
    """Return the rows that pass the filters, the first TAKEN of them, in the order of the list."""
    return list(form.rows().order_by(*form.key)[:TAKEN])


def _lines(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[str]:
    yield line(str(label) for label, _ in columns)
    for row in rows:
        yield line(_cell(value(row)) for _, value in columns)


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)
