"""Finding people and relying parties by what somebody types, with accents and without."""

from itertools import islice
from typing import Final

from authsvc.clients.models import RelyingParty
from authsvc.core.words import folded, looked_for
from authsvc.subjects import finding
from authsvc.subjects.models import Subject

_READ: Final = 5_000
"""So many relying parties of a tenant are looked through at most: they are few, and folded here."""


def people_called(text: str, *, most: int) -> list[Subject]:
    """Return up to so many people of whom every word begins a word of name, address or number."""
    return finding.first_found(
        Subject.objects.unchecked().only("name", "external_id", "status"), text, most=most
    )


def parties_called(text: str, *, most: int) -> list[RelyingParty]:
    """Return up to so many relying parties whose name or client id has every word, by name."""
    wanted = looked_for(text)
    if not wanted:
        return []
    rows = RelyingParty.objects.unchecked().order_by("name", "id")
    named = rows.values_list("pk", "name", "client_id")[:_READ]
    found = (pk for pk, name, client_id in named if client_id == text.strip() or _has(name, wanted))
    return list(rows.only("name", "client_id", "status").filter(pk__in=list(islice(found, most))))


def _has(name: str, wanted: list[str]) -> bool:
    plain = folded(name)
    return all(word in plain for word in wanted)
