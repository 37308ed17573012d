"""Sealing and opening references: all of it needs the tenant's vault key, and runs in a worker only.

The data key of a reference is wrapped under a key that needs the share which the phone's passkey releases
and a server share which is itself sealed under the tenant's vault key (S6.3-02), and then wrapped under the
reference's own key, which lies in the key service (ownkeys.py). The database, the vault key and the worker's
image together, without the live phone, open nothing; and once the own key is destroyed, nothing does. What
any process may do to a reference is in lifecycle.py.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.envelope import CannotOpen, context, derive, seal, unseal, unseal_any
from authsvc.keys.service.chosen import key_service
from authsvc.keys.service.interface import CannotUnwrap, KeyGone, KeyServiceProblem
from authsvc.keys.vaultkeys import NoVaultKey, open_vault_key, open_vault_keys
from authsvc.tenancy.scope import current_tenant_id
from authsvc.vault.models import DeviceWrap, Moment, Reference
from authsvc.vault.ownkeys import key_of

SHARE_BYTES = 32
_BATCH = 200


class CannotOpenReference(Exception):
    """Reference, device share or vault key does not fit; the message says which, for auditors."""


@dataclass(frozen=True)
class Renewed:
    """How many wraps were sealed anew, and how many open under no key that is there."""

    done: int
    closed: int


@dataclass(frozen=True)
class OpenedReference:
    """A reference in a worker's memory: the serialised template of each moment, and what made them."""

    templates: tuple[bytes, ...]
    engine: str
    version: int
    share_kind: str


def _template_context(row: Reference) -> bytes:
    return context("reference", str(current_tenant_id()), row.pseudonym, row.model, row.engine, row.version)


def _moment_context(row: Reference, moment: str) -> bytes:
    return _template_context(row) + context("moment", moment)


def _wrap_context(row: Reference, device: str, share_kind: str) -> bytes:
    return context(
        "wrap", str(current_tenant_id()), row.pseudonym, row.model, row.version, device, share_kind
    )


def _wrapping_key(device_share: bytes, server_share: bytes, aad: bytes) -> bytes:
    return derive(device_share, server_share, info=b"visor/wrap/v1" + aad)


@transaction.atomic
def create_reference(
    *,
    model: str,
    template: bytes,
    engine: str,
    quality: int,
    consent: str,
    device: str,
    device_share: bytes,
    share_kind: str,
    version: int = 1,
) -> Reference:
    """Seal a template under a fresh data key for one device, and return the row.

    `model` is the letter of its application model, `device_share` 32 bytes, `share_kind` "prf" or
    "browser". A new reference always has a new pseudonym, so that two of one person cannot be linked in the
    store (S9.2-11). Raises CannotOpenReference on a share that is no share.
    """
    _check_share(device_share)
    vault_key = open_vault_key(create=True)
    row = Reference(model=model, engine=engine, version=version, quality=quality, consent=consent)
    row.tenant_id = current_tenant_id()
    data_key = os.urandom(32)
    row.sealed_template = seal(data_key, template, _template_context(row))
    row.save(force_insert=True)
    _wrap(row, data_key, vault_key, device=device, device_share=device_share, share_kind=share_kind)
    record(Tag.REFERENCE_CREATED, reference=row.pseudonym, engine=engine, version=version, model=model)
    return row


def _check_share(device_share: bytes) -> None:
    if len(device_share) != SHARE_BYTES or not any(device_share):
        raise CannotOpenReference("the device's share is not 32 bytes")


def _wrap(
    row: Reference, data_key: bytes, vault_key: bytes, *, device: str, device_share: bytes, share_kind: str
) -> None:
    aad = _wrap_context(row, device, share_kind)
    server_share = os.urandom(SHARE_BYTES)
    DeviceWrap.objects.update_or_create(
        reference=row,
        device=device,
        defaults={
            "share_kind": share_kind,
            "sealed_server_share": _under_own_key(row, seal(vault_key, server_share, aad), aad),
            "under_key": True,
            "wrapped_key": seal(_wrapping_key(device_share, server_share, aad), data_key, aad),
        },
    )


def _under_own_key(row: Reference, sealed_share: bytes, aad: bytes) -> bytes:
    """Wrap a sealed server share under the reference's own key, which is made where there is none."""
    name = key_of(row.pseudonym)
    try:
        key_service().create(name)
        return key_service().wrap(name, sealed_share, aad)
    except KeyServiceProblem as problem:
        raise CannotOpenReference(str(problem)) from None


def _server_share(wrap: DeviceWrap, aad: bytes) -> bytes:
    return unseal_any(open_vault_keys(), _without_own_key(wrap, aad), aad)


def _without_own_key(wrap: DeviceWrap, aad: bytes) -> bytes:
    """Return the server share as it is sealed under the vault key."""
    sealed = bytes(wrap.sealed_server_share)
    return key_service().unwrap(key_of(wrap.reference_id), sealed, aad) if wrap.under_key else sealed


def wrap_under_own_keys() -> int:
    """Let every wrap of a release before need its reference's own key, and return how many did not.

    Of the tenant in scope. Neither phones nor the vault key are needed, and nobody's reference is opened.
    Raises CannotOpenReference where the key service fails.
    """
    without = DeviceWrap.objects.filter(under_key=False).select_related("reference")
    return sum(map(_rewrap, without.iterator()))


def _rewrap(wrap: DeviceWrap) -> bool:
    aad = _wrap_context(wrap.reference, wrap.device, wrap.share_kind)
    before = bytes(wrap.sealed_server_share)
    still = DeviceWrap.objects.filter(pk=wrap.pk, under_key=False, sealed_server_share=before)
    return bool(still.update(sealed_server_share=_under_own_key(wrap.reference, before, aad), under_key=True))


def seal_under_newest() -> Renewed:
    """Seal every server share under the newest version of the vault key, while that is rotated.

    Of the tenant in scope. Each stays under its reference's own key, which is made for none: what was erased
    stays so. No phone is needed, and nobody's reference is opened. Raises NoVaultKey and KeyServiceProblem.
    """
    keys, done, closed = open_vault_keys(), 0, 0
    for wrap in DeviceWrap.objects.select_related("reference").order_by("pk").iterator(_BATCH):
        try:
            done += _renew(wrap, keys)
        except (CannotOpen, CannotUnwrap, KeyGone):
            closed += 1
    return Renewed(done, closed)


def _renew(wrap: DeviceWrap, keys: list[bytes]) -> bool:
    aad = _wrap_context(wrap.reference, wrap.device, wrap.share_kind)
    sealed = _without_own_key(wrap, aad)
    with suppress(CannotOpen):
        unseal(keys[0], sealed, aad)
        return False
    fresh = seal(keys[0], unseal_any(keys[1:], sealed, aad), aad)
    if wrap.under_key:
        fresh = key_service().wrap(key_of(wrap.reference_id), fresh, aad)
    unchanged = DeviceWrap.objects.filter(pk=wrap.pk, sealed_server_share=bytes(wrap.sealed_server_share))
    return bool(unchanged.update(sealed_server_share=fresh))


def _data_key(row: Reference, *, device: str, device_share: bytes) -> tuple[bytes, str]:
    _check_share(device_share)
    wrap = DeviceWrap.objects.filter(reference=row, device=device).first()
    if wrap is None:
        raise CannotOpenReference("the reference is not wrapped for this device")
    aad = _wrap_context(row, device, wrap.share_kind)
    try:
        server_share = _server_share(wrap, aad)
        key = unseal(_wrapping_key(device_share, server_share, aad), bytes(wrap.wrapped_key), aad)
    except (CannotOpen, CannotUnwrap):
        raise CannotOpenReference("the shares do not open the data key") from None
    except (NoVaultKey, KeyServiceProblem) as problem:
        raise CannotOpenReference(str(problem)) from None
    return key, wrap.share_kind


def _active(pseudonym: str, version: int) -> Reference:
    row = Reference.objects.filter(pseudonym=pseudonym, status=Reference.Status.ACTIVE).first()
    if row is None:
        raise CannotOpenReference("no active reference")
    if row.version != version:
        raise CannotOpenReference(f"version {row.version} is stored, {version} is expected")
    return row


def open_reference(
    *, pseudonym: str, version: int, device: str, device_share: bytes, moments: Sequence[str] = ()
) -> OpenedReference:
    """Return the templates of a reference, opened with both shares.

    `version` is the one that the identity side expects: an old row put back is refused (S8.1-05). `moments`
    are the ids of those that count there, the pseudonym standing for the reference's own template; without
    any it is that one alone. Raises CannotOpenReference, also where one of several does not open.
    """
    row = _active(pseudonym, version)
    key, share_kind = _data_key(row, device=device, device_share=device_share)
    templates = tuple(_opened(row, key, moment) for moment in moments or (pseudonym,))
    Reference.objects.filter(pk=row.pk).update(last_opened_at=now())
    return OpenedReference(templates, engine=row.engine, version=row.version, share_kind=share_kind)


def _opened(row: Reference, key: bytes, moment: str) -> bytes:
    sealed, aad = bytes(row.sealed_template), _template_context(row)
    if moment != row.pseudonym:
        kept = row.moments.filter(pk=moment).first()
        if kept is None:
            raise CannotOpenReference("a moment that counts is not there")
        sealed, aad = bytes(kept.sealed_template), _moment_context(row, moment)
    try:
        return unseal(key, sealed, aad)
    except CannotOpen:
        raise CannotOpenReference("the template was altered or belongs to another reference") from None


@transaction.atomic
def add_moment(
    *, pseudonym: str, version: int, device: str, device_share: bytes, template: bytes, quality: int
) -> Moment:
    """Seal the template of a further moment under a reference's data key, and return its row.

    It counts for nothing before the person's row names it. Every device that opens the reference opens it
    too. Raises CannotOpenReference where this device's share does not open the reference.
    """
    row = _active(pseudonym, version)
    key, _ = _data_key(row, device=device, device_share=device_share)
    moment = Moment(reference=row, quality=quality)
    moment.tenant_id = current_tenant_id()
    moment.sealed_template = seal(key, template, _moment_context(row, moment.id))
    moment.save(force_insert=True)
    record(Tag.MOMENT_ADDED, reference=pseudonym, moment=moment.id)
    return moment


@transaction.atomic
def wrap_for_device(
    *,
    pseudonym: str,
    version: int,
    device: str,
    device_share: bytes,
    new_device: str,
    new_share: bytes,
    new_share_kind: str,
) -> None:
    """Let a second device of the same person open the reference, by way of the first one's share.

    Raises CannotOpenReference where the first device cannot open it itself.
    """
    row = _active(pseudonym, version)
    key, _ = _data_key(row, device=device, device_share=device_share)
    _check_share(new_share)
    _wrap(row, key, open_vault_key(), device=new_device, device_share=new_share, share_kind=new_share_kind)
    record(Tag.REFERENCE_SHARED, reference=pseudonym, device=new_device)
