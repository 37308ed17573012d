"""Finding people and relying parties by what somebody types, with accents and without."""

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
    rows = RelyingParty.objects.unchecked().only("name", "client_id", "status").order_by("name", "id")[:_READ]
    found = (row for row in rows if _has(row, wanted, text.strip()))
    return [row for row, _ in zip(found, range(most), strict=False)]


def _has(row: RelyingParty, wanted: list[str], text: str) -> bool:
    name = folded(row.name)
    return row.client_id == text or all(word in name for word in wanted)
