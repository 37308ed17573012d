"""Makes anew what was made with a key that is being rotated: in batches, and from where it stopped.

What is under the newest key already is passed over, and a row that changes meanwhile is left to whoever
changes it. A row that no accepted key opens is nobody's, and stays as it is.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import models

from authsvc.biometrics.records.record import is_signed, sign_record, stored
from authsvc.core.envelope import CannotOpen
from authsvc.evaluation.storing import write_record
from authsvc.keys.contexts import sealed_context
from authsvc.keys.kek import TOKEN, VAULT, kek
from authsvc.keys.models import SigningKey, VaultKey
from authsvc.keys.receiving import sealed_anew
from authsvc.keys.samples import sign_anew
from authsvc.keys.service.chosen import key_service
from authsvc.keys.service.file import FileKeys
from authsvc.keys.vouching import private_context, public_context
from authsvc.management.single_sign_on import seal_anew
from authsvc.oidc.ciba.ping import callback_context
from authsvc.oidc.models import BackchannelRequest, Provider
from authsvc.oidc.offering.provider import pairwise_context
from authsvc.reach.keys import private_context as push_context
from authsvc.reach.models import PushKey, Subscription
from authsvc.reach.subscriptions import sealed_context as address_context
from authsvc.seals.renewal import renew_seals
from authsvc.self_enrolment.models import PeopleProvider
from authsvc.self_enrolment.provider import RECEIVER, bound_to
from authsvc.tenancy.memberships.models import SingleSignOn
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.adapter import MfaAdapter

BATCH: Final = 200


@dataclass(frozen=True)
class Renewed:
    """How much was made anew; `lines` name it where an operator should read which it was."""

    count: int = 0
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a tenant's rows that is sealed under a key, and what it is bound to."""

    key: str
    model: type[models.Model]
    name: str
    context: Callable[[Any], bytes]


COLUMNS: Final = (
    Column(TOKEN, SigningKey, "sealed_private", private_context),
    Column(TOKEN, SigningKey, "public_seal", public_context),
    Column(TOKEN, Provider, "sealed_pairwise_secret", lambda row: pairwise_context(row.tenant_id)),
    Column(TOKEN, BackchannelRequest, "sealed_callback", lambda row: callback_context(row.pk)),
    Column(TOKEN, PushKey, "sealed_private", lambda row: push_context(row.tenant_id)),
    Column(TOKEN, Subscription, "sealed", address_context),
    Column(VAULT, VaultKey, "sealed", lambda row: sealed_context(row.tenant_id)),
    Column(VAULT, VaultKey, "previous", lambda row: sealed_context(row.tenant_id)),
)


def token_keys() -> Renewed:
    """Rewrap what is sealed under the key of whoever issues tokens."""
    return Renewed(_rewrap(TOKEN))


def vault_keys() -> Renewed:
    """Rewrap the tenants' vault keys."""
    return Renewed(_rewrap(VAULT))


def received() -> Renewed:
    """Seal what was sealed for web alone anew, for its newest key."""
    return Renewed(sum(_renew_received(tenant) for tenant in Tenant.objects.order_by("pk")))


def _renew_received(tenant: Tenant) -> bool:
    with tenant_scope(tenant.id):
        row = PeopleProvider.objects.unchecked().exclude(sealed_secret=None).first()
        fresh = sealed_anew(RECEIVER, bytes(row.sealed_secret or b""), bound_to(row)) if row else None
        if row is None or fresh is None:
            return False
        same = PeopleProvider.objects.unchecked().filter(pk=row.pk, sealed_secret=row.sealed_secret)
        return bool(same.update(sealed_secret=fresh))


def stored_keys() -> Renewed:
    """Seal the files of the key service anew."""
    service = key_service()
    return Renewed(service.reseal() if isinstance(service, FileKeys) else 0)


def signed() -> Renewed:
    """Sign anew what a worker signed for longer than a sign-in: sample keys and evaluation records."""
    return Renewed(sign_anew() + _records())


def seals() -> Renewed:
    """Seal anew the rows that the role whose keys are held vouched for, and list them."""
    found = [(kind, slug, ids) for kind, tenants in renew_seals().items() for slug, ids in tenants.items()]
    return Renewed(
        sum(len(ids) for _, _, ids in found),
        tuple(f"{kind} {slug}: {' '.join(ids)}" for kind, slug, ids in found),
    )


def _records() -> int:
    folder, private = settings.DATA_DIR / "evaluation", settings.SECRETS["verdict_private_key"]
    public, old = settings.SECRETS["verdict_public_key"], settings.SECRETS.get("verdict_public_key.previous")
    stale = [one for one in stored(folder) if old and is_signed(one, old) and not is_signed(one, public)]
    for record in stale:
        write_record(sign_record(record, private), folder)
    return len(stale)


def second_factors() -> Renewed:
    """Seal what administrators' second factors hold anew, and the secrets of organisations' own providers."""
    factors = sum(_renew_factor(row) for row in Authenticator.objects.order_by("pk").iterator(BATCH))
    return Renewed(factors + sum(_renew_provider(tenant) for tenant in Tenant.objects.order_by("pk")))


def _renew_provider(tenant: Tenant) -> bool:
    with tenant_scope(tenant.id):
        row = SingleSignOn.objects.first()
        fresh = None if row is None else seal_anew(row)
        if row is None or fresh is None:
            return False
        return bool(
            SingleSignOn.objects.filter(pk=row.pk, sealed_secret=row.sealed_secret).update(
                sealed_secret=fresh
            )
        )


def _renew_factor(row: Authenticator) -> bool:
    adapter = MfaAdapter()

    def renewed(value: Any) -> Any:
        if isinstance(value, list):
            return [renewed(one) for one in value]
        if not isinstance(value, str) or adapter.is_current(value):
            return value
        with suppress(CannotOpen, ValueError):
            return adapter.encrypt(adapter.decrypt(value))
        return value

    before = row.data
    sealed = {name: renewed(before[name]) for name in _SEALED if name in before}
    changed = {**before, **sealed}
    if changed == before:
        return False
    return bool(Authenticator.objects.filter(pk=row.pk, data=before).update(data=changed))


# Where allauth keeps what its adapter encrypts.
_SEALED: Final = ("secret", "seed", "migrated_codes")


def _rewrap(key: str) -> int:
    columns = [column for column in COLUMNS if column.key == key]
    count = 0
    for tenant in Tenant.objects.order_by("pk"):
        with tenant_scope(tenant.id):
            count += sum(_renew(column, row) for column in columns for row in _rows(column))
    return count


def _rows(column: Column) -> Iterator[Any]:
    rows = column.model._default_manager.exclude(**{f"{column.name}__isnull": True}).order_by("pk")
    return rows.iterator(BATCH)


def _renew(column: Column, row: Any) -> bool:
    sealed, aad = bytes(getattr(row, column.name)), column.context(row)
    if not sealed or kek(column.key).is_current(sealed, aad):
        return False
    try:
        fresh = kek(column.key).wrap(kek(column.key).unwrap(sealed, aad), aad)
    except CannotOpen:
        return False
    unchanged = column.model._default_manager.filter(**{"pk": row.pk, column.name: sealed})
    return bool(unchanged.update(**{column.name: fresh}))
