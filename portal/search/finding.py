"""What one field finds, as far as who asks may see it."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from authsvc.audit.models import AuditEvent
from authsvc.core.words import folded, looked_for
from authsvc.management.permissions import Permission
from authsvc.management.receipts import events_under, explained_by
from authsvc.management.search import parties_called, people_called
from authsvc.transactions.models import Transaction
from portal.accounts.requests import PortalRequest
from portal.search.acts import doable

LONGEST: Final = 120
_SHOWN: Final = 5
# An attempt's or a refusal's id, a token's, an act's receipt, a place in the log.
_NUMBER: Final = re.compile(r"[\w-]{24}(?:\.[\w-]+)?|[\w-]{10}|#?[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True)
class Hit:
    """Something that was found: what kind of thing it is, its name, what tells it apart, and where it is."""

    kind: str
    label: str
    detail: str
    url: str


def place_of(request: PortalRequest, number: str) -> str:
    """Return the address of the page that explains a number, "" where none is known, or may be seen."""
    number = number.strip().removeprefix("#")
    if not number or "\0" in number:
        return ""
    found = explained_by(number)
    if isinstance(found, Transaction) and Permission.SEE_ATTEMPTS in request.may:
        return _at(request, "attempt", transaction=found.pk)
    if found is None or Permission.SEE_AUDIT not in request.may:
        return ""
    if isinstance(found, AuditEvent) and len(events_under(number)) == 1:
        return _at(request, "audit-event", event=found.pk)
    return f"{_at(request, 'audit')}?{urlencode({'reference': number})}"


def find(request: PortalRequest, text: str, *, most: int = _SHOWN) -> list[Hit]:
    """Return what a text finds, what fits best first; up to so many people and so many relying parties."""
    text = text.strip()[:LONGEST].replace("\0", "")
    if not text:
        return []
    return [
        *_numbers(request, text),
        *_to_do(request, text),
        *_rows(request, text, most),
        *_lists(request, text),
    ]


def as_json(hits: list[Hit]) -> list[dict[str, str]]:
    """Return hits for a script."""
    return [asdict(hit) for hit in hits]


def _numbers(request: PortalRequest, text: str) -> Iterator[Hit]:
    if not _NUMBER.fullmatch(text):
        return
    if place := place_of(request, text):
        yield Hit(_("Number"), text, _("What it stands for"), place)


def _to_do(request: PortalRequest, text: str) -> Iterator[Hit]:
    wanted = looked_for(text)
    for screen in request.screens:
        if _fits(str(screen.label), wanted):
            yield Hit(_("Screen"), str(screen.label), "", _at(request, screen.name))
    for act in doable(request.may):
        if _fits(str(act.label), wanted):
            yield Hit(_("Do"), str(act.label), "", f"{_at(request, act.route)}{act.query}")


def _fits(label: str, wanted: list[str]) -> bool:
    words = folded(label).split()
    return bool(wanted) and all(any(word.startswith(each) for word in words) for each in wanted)


def _rows(request: PortalRequest, text: str, most: int) -> Iterator[Hit]:
    if Permission.SEE_RELYING_PARTIES in request.may:
        for party in parties_called(text, most=most):
            place = _at(request, "relying-party", party=party.pk)
            yield Hit(_("Relying party"), party.name, party.client_id, place)
    if Permission.SEE_PEOPLE in request.may:
        for person in people_called(text, most=most):
            place = _at(request, "person", subject=person.pk)
            yield Hit(_("Person"), person.name, person.external_id, place)


def _lists(request: PortalRequest, text: str) -> Iterator[Hit]:
    """Lead to the lists narrowed by the text, where all that is found stands."""
    if Permission.SEE_ATTEMPTS in request.may:
        place = f"{_at(request, 'attempts')}?{urlencode({'person': text})}"
        yield Hit(_("Attempts"), _("Attempts of “%(text)s”") % {"text": text}, "", place)


def _at(request: PortalRequest, route: str, **named: object) -> str:
    return reverse(route, kwargs={"tenant": request.tenant.slug, **named})
