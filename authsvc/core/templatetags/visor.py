"""`{% load visor %}`: the components of templates/components as tags, for every part's templates.

Block tags: card, message, details, dialog, empty. Single tags: icon, badge, button, code, when,
zone_attribute. Filters: breakable, share, to_the_second.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from authsvc.core.clock import now, zones

register = template.Library()


def _component(name: str, /, **context: Any) -> SafeString:
    return render_to_string(f"components/{name}.html", context)


@register.filter
def breakable(text: str) -> SafeString:
    """Let a narrow screen break an event's tag or an address after its punctuation, not inside a word."""
    parts = re.findall(r"[^:@./]*[:@./]+|[^:@./]+", text)
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in parts))


@register.filter
def share(rate: float) -> str:
    """Return a rate from 0 to 1 in per cent, with as many digits as it needs: 0.00002 is 0.002 %.

    The point is the reader's language's, and the sign stays with the number.
    """
    percent = rate * 100
    rounded = Decimal(f"{percent:.2g}" if percent >= 0.001 or not rate else f"{percent:.5f}")
    return f"{number_format(rounded)}\N{NO-BREAK SPACE}%"


@register.filter
def to_the_second(at: datetime) -> str:
    """Return a moment with its seconds, the day as the reader's language writes it."""
    return f"{date_format(at, 'SHORT_DATE_FORMAT')} {at:%H:%M:%S}"


def _day(at: datetime) -> str:
    return date_format(at, "MONTH_DAY_FORMAT" if at.year == now().year else "SHORT_DATE_FORMAT")


def _zone_of_reader(context: Context) -> str:
    return getattr(getattr(context.get("request"), "user", None), "zone", "")


@register.simple_tag(takes_context=True)
def zone_attribute(context: Context) -> SafeString:
    """Name the zone that the reader chose, for scripts; on pages that may know who reads."""
    zone = _zone_of_reader(context)
    return format_html(' data-zone="{}"', zone) if zone else SafeString("")


@register.simple_tag(takes_context=True)
def when(context: Context, at: datetime) -> SafeString:
    """Show a moment, with the year where it is not this one: in the viewer's time, with UTC beside it.

    Their time is that of the zone that they chose; where they chose none, a script knows their browser's.
    """
    zone = _zone_of_reader(context)
    local = at.astimezone(ZoneInfo(zone)) if zone in zones() else at
    shown = f"{_day(local)} {local:%H:%M:%S}"
    utc = "UTC" if local is at else f"{_day(at.astimezone(UTC))} {at.astimezone(UTC):%H:%M} UTC"
    return format_html(
        '<time class="when" datetime="{}" data-when>{} <small>{}</small></time>', at.isoformat(), shown, utc
    )


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw an icon that says nothing to a screen reader; the word beside it does."""
    return _drawn_icon(name, size)


# A list draws the same few in each of its rows.
@lru_cache(maxsize=256)
def _drawn_icon(name: str, size: str) -> SafeString:
    return _component("icon", name=f"components/icons/{name}.svg", size=size)


@register.simple_tag
def badge(text: object, kind: str = "", icon: str = "") -> SafeString:
    """Show a state in a word; `kind` is good, bad, warn, info or empty."""
    return _drawn_badge(str(text), kind, icon)


# By the type of its text too: one that is safe is not escaped.
@lru_cache(maxsize=1024, typed=True)
def _drawn_badge(text: str, kind: str, icon: str) -> SafeString:
    return _component("badge", text=text, kind=kind, icon=icon)


@register.simple_tag
def button(text: str, **options: Any) -> SafeString:
    """Show a button, or a link that looks like one where `href` is given.

    Options: href, kind (quiet, plain, danger, small, wide; several with blanks), icon, name, value,
    type (submit), id, opens (id of a dialog or popover), disabled.
    """
    return _component("button", text=text, **options)


@register.simple_tag
def code(text: str, label: str, id: str = "") -> SafeString:  # noqa: A002 - the HTML attribute's name
    """Show text to copy, with a copy button where script runs; `label` names it."""
    return _component("code", text=text, label=label, id=id)


@register.simple_block_tag
def card(content: SafeString, title: str = "", **options: Any) -> SafeString:
    """Frame a part of a page. Options: kind (flush, attention), id, level (2), note."""
    return _component("card", content=content, title=title, **options)


@register.simple_block_tag
def message(content: SafeString, kind: str = "info", title: str = "") -> SafeString:
    """Say what happened or what to know; `kind` is good, bad, warn or info."""
    return _component("message", content=content, kind=kind, title=title)


@register.simple_block_tag
def details(content: SafeString, summary: str, *, opened: bool = False) -> SafeString:
    """Fold away what few people need."""
    return _component("details", content=content, summary=summary, opened=opened)


@register.simple_block_tag
def dialog(content: SafeString, id: str, title: str) -> SafeString:  # noqa: A002 - the HTML attribute's name
    """Hold a question that opens over the page through `{% button opens=id %}`."""
    return _component("dialog", content=content, id=id, title=title)


@register.simple_block_tag
def empty(content: SafeString, title: str, icon: str = "info") -> SafeString:
    """Say that a list has nothing yet, and what to do about it."""
    return _component("empty", content=content, title=title, icon=icon)
