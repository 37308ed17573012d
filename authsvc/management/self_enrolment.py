"""People who enrol by themselves: at which provider they sign in for it, and the rule of who may."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.errors import Refused
from authsvc.keys.receiving import seal_for
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.seals.rows import believed
from authsvc.self_enrolment.models import PeopleProvider
from authsvc.self_enrolment.provider import RECEIVER, bound_to

MOST_VALUES: Final = 200
"""So many values of a claim may let somebody enrol, and so many acr values may be taken."""


class NotSetUp(Refused):
    """There is no provider to change."""

    def __init__(self) -> None:
        text = _("No provider is set up any more; nothing was changed.")
        super().__init__("not-set-up", text, status=409)


@act
def configure(
    *,
    by: Actor,
    name: str,
    issuer: str,
    client_id: str,
    scopes: str,
    external_id_claim: str,
    name_claim: str,
    email: str,
    everybody: bool,
    gate_claim: str,
    gate_values: Sequence[str],
    acr_values: Sequence[str],
    max_age: int,
    newcomers: bool,
    enabled: bool,
) -> PeopleProvider:
    """Set where people sign in to enrol, what is taken of its word, and who may.

    Raises ValueError for what is wrong.
    Whom an issuer from before knows keeps its name for them, in case it comes back. Its secret is forgotten.
    """
    gated = bool(gate_claim and gate_values)
    if max(len(gate_values), len(acr_values)) > MOST_VALUES or not (everybody or gated):
        raise ValueError("either everybody, or a claim with some values")
    row = _locked() or PeopleProvider(issuer=issuer)
    if row.issuer != issuer:
        row.sealed_secret = None
    values: dict[str, Any] = {
        "name": name,
        "issuer": issuer,
        "client_id": client_id,
        "scopes": scopes,
        "external_id_claim": external_id_claim,
        "name_claim": name_claim,
        "email": PeopleProvider.Email(email).value,
        "everybody": everybody,
        "gate_claim": gate_claim,
        "gate_values": list(gate_values),
        "acr_values": list(acr_values),
        "max_age": max_age,
        "newcomers": newcomers,
        "enabled": enabled,
    }
    for field, value in values.items():
        setattr(row, field, value)
    # The portal may not write every column: no row moves to another tenant.
    row.save(update_fields=None if row._state.adding else [*values, "sealed_secret"])
    record(Tag.PEOPLE_PROVIDER_SET, actor=by.name, **values)
    return row


@act
def set_secret(*, by: Actor, secret: str) -> None:
    """Store the secret by which web is known at the provider: sealed, so that web alone opens it.

    Raises NotSetUp.
    """
    row = _locked()
    if row is None:
        raise NotSetUp
    row.sealed_secret = seal_for(RECEIVER, secret.encode(), bound_to(row))
    row.save(update_fields=["sealed_secret"])
    record(Tag.PEOPLE_PROVIDER_SECRET_SET, actor=by.name, issuer=row.issuer)


@act
def remove(*, by: Actor) -> None:
    """Take the provider's word no more; people who came by it stay as they are. Raises NotSetUp."""
    row = PeopleProvider.objects.unchecked().select_for_update().first()
    if row is None:
        raise NotSetUp
    record(Tag.PEOPLE_PROVIDER_REMOVED, actor=by.name, issuer=row.issuer)
    row.delete()


def _locked() -> PeopleProvider | None:
    """Return the provider of the tenant in scope until the end of the transaction.

    A row that nobody vouched for is as if absent, and makes room for a true one.
    """
    found = PeopleProvider.objects.unchecked().select_for_update().first()
    if found is None or believed(found):
        return found
    found.delete()
    return None
