"""Which relying parties somebody means who types a name into a filter."""

from typing import Final

from django.db.models import Q, QuerySet

from authsvc.clients.models import RelyingParty

_MOST: Final = 200


def called(text: str) -> QuerySet[RelyingParty]:
    """Return the relying parties that a name means, a part of one, or an id; without their settings."""
    meant = Q(pk=text) | Q(client_id=text) | Q(name__icontains=text)
    return RelyingParty.objects.unchecked().only("name", "client_id").filter(meant)


def keys_called(text: str) -> list[str]:
    """Return their keys."""
    return list(called(text).values_list("pk", flat=True)[:_MOST])


def client_ids_called(text: str) -> list[str]:
    """Return their client ids; an id that none of them has is meant as it stands."""
    return list(called(text).values_list("client_id", flat=True)[:_MOST]) or [text]


def names() -> list[str]:
    """Return names to choose from."""
    return list(RelyingParty.objects.unchecked().order_by("name").values_list("name", flat=True)[:_MOST])
