"""The tiles of the overview: a number each, what is usual of it, and the list of what it counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from authsvc.core.texts import Text, grouped
from authsvc.management.hours import HOURS
from authsvc.management.overview import COUNTED, Overview
from authsvc.management.sign_ins import Figure, Hour, Party
from authsvc.transactions.models import Transaction
from portal.accounts.requests import PortalRequest
from portal.screens import screen_of
from portal.ui.chart import Value
from portal.ui.hours import FORMAT


@dataclass(frozen=True)
class Tile:
    """A number with its name; `kind` is bad or warn where it needs a look, `url` "" where one may not go."""

    label: Text
    value: Text
    note: Text = ""
    url: str = ""
    kind: str = ""


def tiles(request: PortalRequest, now: Overview) -> list[Tile]:
    """Return the numbers of the sign-ins, and those of what they run on."""
    return [*_sign_ins(request, now), *_machinery(request, now), *_registered(request, now)]


def attacks(request: PortalRequest, now: Overview) -> list[Tile]:
    """Return how often each kind of attack was seen, with what it is."""
    hours = _last_hours(now)
    return [
        Tile(
            seen.attack.label,
            grouped(seen.today),
            seen.attack.meaning,
            link(request, "audit", group=seen.name, **hours),
            "" if not seen.today else "bad" if seen.attack.is_sure else "warn",
        )
        for seen in now.noted.attacks
    ]


def levels(request: PortalRequest, now: Overview) -> list[Tile]:
    """Return how many sign-ins reached each level."""
    return [
        Tile(name, grouped(figure.today), _usually(figure), _attempts(request, now, level=name))
        for name, figure in now.sign_ins.levels
    ]


def parties(request: PortalRequest, now: Overview, found: list[Party]) -> list[tuple[Party, str]]:
    """Return relying parties with the address of their sign-ins."""
    return [(party, _attempts(request, now, party=party.client_id)) for party in found]


def bars(request: PortalRequest, hours: list[Hour]) -> list[Value]:
    """Return the hours as bars, every fourth with its label."""
    return [
        Value(
            f"{hour.start:%H}" if hour.start.hour % 4 == 0 else "",
            hour.accepted,
            hour.refused,
            hour.usual,
            _("%(hour)s UTC: %(accepted)s accepted, %(refused)s refused")
            % {"hour": f"{hour.start:%H:%M}", "accepted": hour.accepted, "refused": hour.refused},
            hour_link(request, hour) if hour.accepted or hour.refused else "",
        )
        for hour in hours
    ]


def hour_link(request: PortalRequest, hour: Hour) -> str:
    """Return the address of the sign-ins that began in an hour."""
    return link(
        request, "attempts", kind=Transaction.Kind.AUTHENTICATE, hour=f"{hour.start:{FORMAT}}", hours="1"
    )


def said(now: Overview) -> str:
    """Return in a sentence what changes most, for whoever hears the page."""
    waiting = now.counts.waiting
    return " ".join(
        [
            _("%(accepted)s sign-ins accepted and %(refused)s refused in the last 24 hours.")
            % {"accepted": now.sign_ins.accepted.today, "refused": now.sign_ins.refused},
            ngettext("%(count)s attack seen.", "%(count)s attacks seen.", now.noted.sure)
            % {"count": now.noted.sure},
            ngettext("%(count)s face waits to be checked.", "%(count)s faces wait to be checked.", waiting)
            % {"count": waiting},
        ]
    )


def link(request: PortalRequest, route: str, **filters: str) -> str:
    """Return the address of a list with its filters, "" where the member may not see it."""
    screen = screen_of(route)
    if screen is None or screen.permission not in request.may:
        return ""
    query = f"?{urlencode(filters)}" if filters else ""
    return reverse(route, args=[request.tenant.slug]) + query


def _sign_ins(request: PortalRequest, now: Overview) -> Iterator[Tile]:
    day, accepted = now.sign_ins, _attempts(request, now, outcome="accepted")
    yield Tile(_("Sign-ins accepted"), grouped(day.accepted.today), _usually(day.accepted), accepted)
    unknown = day.refused - day.refused_known.today
    of_known = _usually(day.refused_known)
    if unknown and of_known:
        of_known = _("%(count)s of people known, %(usually)s") % {
            "count": day.refused_known.today,
            "usually": of_known,
        }
    refused = _attempts(request, now, outcome="refused")
    yield Tile(_("Sign-ins refused"), grouped(day.refused), of_known, refused)
    yield Tile(_("Left unfinished"), grouped(day.left), "", _attempts(request, now, outcome="left"))
    usual = now.counts.usual_median
    note = pgettext("a length of time", "usually %(usual)s") % {"usual": _in_seconds(usual)} if usual else ""
    yield Tile(_("Median time to sign in"), _in_seconds(now.counts.median), note, accepted)


def _machinery(request: PortalRequest, now: Overview) -> Iterator[Tile]:
    wait = _("the oldest for %(wait)s") % {"wait": _in_seconds(now.oldest_wait)} if now.oldest_wait else ""
    running = link(request, "attempts", outcome="running")
    kind = "warn" if now.waits_long else ""
    yield Tile(_("Faces in the queue"), grouped(now.counts.waiting), wait, running, kind)
    unmet = link(request, "audit", reason="no-worker", **_last_hours(now))
    note = "" if now.workers else _("faces cannot be checked")
    yield Tile(_("Workers there"), grouped(now.workers), note, unmet, "" if now.workers else "bad")
    age = now.key_age
    days = "–" if age is None else ngettext("%(count)s day", "%(count)s days", age.days) % {"count": age.days}
    yield Tile(_("Oldest signing key"), days, _("rotated every 90 days"), link(request, "signing-keys"))


def _registered(request: PortalRequest, now: Overview) -> Iterator[Tile]:
    yield Tile(_("People"), _up_to(now.counts.people), "", link(request, "people"))
    parties_shown = link(request, "relying-parties")
    yield Tile(_("Relying parties"), _up_to(now.counts.relying_parties), "", parties_shown)


def _up_to(count: int) -> str:
    return f"{grouped(COUNTED)}+" if count > COUNTED else str(grouped(count))


def _attempts(request: PortalRequest, now: Overview, **filters: str) -> str:
    filters = {"kind": Transaction.Kind.AUTHENTICATE, **filters, **_last_hours(now)}
    return link(request, "attempts", **filters)


def _last_hours(now: Overview) -> dict[str, str]:
    return {"hour": f"{now.sign_ins.since:{FORMAT}}", "hours": str(HOURS)}


def _usually(figure: Figure) -> str:
    if figure.usual is None:
        return ""
    return pgettext("a number", "usually %(usual)s") % {"usual": grouped(round(figure.usual))}


def _in_seconds(length: timedelta | None) -> str:
    if length is None:
        return "–"
    return _("%(number)s s") % {"number": number_format(length.total_seconds(), 1)}
