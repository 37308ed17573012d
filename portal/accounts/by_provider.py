"""Sessions that were opened at an organisation's own provider: whose word each rests on, and how far it goes.

django-allauth's records of a session say it, beside passwords and factors. A session that began with a
provider's word is that provider's tenant's alone: whoever runs a provider can make it say that somebody has
signed in, and must come by that neither into another tenant nor to the credentials of an account that has
more than this tenant (docs/adr/0447).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.http import HttpRequest

from authsvc.management.identities import came_by_provider
from authsvc.tenancy.memberships.models import SingleSignOn
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User

METHOD: Final = "provider"
# Where an account's credentials are shown and changed.
CREDENTIALS: Final = (
    "/account/2fa/",
    "/account/password/",
    "/account/reauthenticate/",
    "/account/recovery-codes/",
)


@dataclass(frozen=True)
class Word:
    """What a provider said in this session: of which tenant it is, and when somebody proved what it asks for.

    `proven_at` is None where that is nothing that stands for a second factor.
    """

    tenant_id: UUID
    issuer: str
    proven_at: datetime | None


def note(request: HttpRequest, user: User, row: SingleSignOn, *, auth_time: int | None) -> None:
    """Write down in the session that a provider vouched for a user."""
    record_authentication(
        request, user, METHOD, tenant=str(row.tenant_id), issuer=row.issuer, auth_time=auth_time
    )


def confined_to(request: HttpRequest, user: User) -> UUID | None:
    """Return the one tenant that a session may enter, None where it began with the account's own proof."""
    records = get_authentication_records(request, user)
    return _word(records[0]).tenant_id if records and records[0].get("method") == METHOD else None


def word_of(request: HttpRequest, user: User, row: SingleSignOn | None) -> Word | None:
    """Return the newest word of a tenant's provider in this session, None where there is none that counts."""
    if row is None:
        return None
    words = [word for word in _words(request, user) if word.tenant_id == row.tenant_id]
    return next((word for word in reversed(words) if word.issuer == row.issuer), None)


def proven_at(request: HttpRequest, user: User, tenant_id: UUID | None) -> datetime | None:
    """Return when a provider's sign-in last stood for a second factor; of one tenant's, where it is named."""
    moments = [
        word.proven_at
        for word in _words(request, user)
        if word.proven_at is not None and tenant_id in (None, word.tenant_id)
    ]
    return max(moments, default=None)


def keeps_from_credentials(request: HttpRequest, user: User) -> bool:
    """Whether a path is that of an account's credentials, and the session may not touch them.

    Whose account was made for them by the provider's word has nothing elsewhere that could be taken over.
    """
    if not request.path_info.startswith(CREDENTIALS):
        return False
    tenant_id = confined_to(request, user)
    if tenant_id is None:
        return False
    with tenant_scope(tenant_id):
        return not came_by_provider(user.pk)


def _words(request: HttpRequest, user: User) -> list[Word]:
    records = get_authentication_records(request, user)
    return [_word(record) for record in records if record.get("method") == METHOD]


def _word(record: dict[str, Any]) -> Word:
    at = record.get("auth_time")
    proven = None if at is None else datetime.fromtimestamp(at, UTC)
    return Word(UUID(record["tenant"]), record["issuer"], proven)
