"""Sealing and opening references: all of it needs the tenant's vault key, and runs in a worker only.

The data key of a reference is wrapped under a key that needs the share which the phone's passkey releases
and a server share which is itself sealed under the tenant's vault key (S6.3-02), and then wrapped under the
reference's own key, which lies in the key service (ownkeys.py). The database, the vault key and the worker's
image together, without the live phone, open nothing; and once the own key is destroyed, nothing does.
References that a phone keeps are in bundles.py, what any process may do to one in lifecycle.py.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.envelope import CannotOpen, context, derive, seal, unseal, unseal_any
from authsvc.core.installation import away_from, region_of
from authsvc.keys.service.chosen import key_service
from authsvc.keys.service.interface import CannotUnwrap, KeyGone, KeyServiceDown, KeyServiceProblem
from authsvc.keys.vaultkeys import NoVaultKey, open_vault_key, open_vault_keys
from authsvc.policy.services import pinned_region
from authsvc.tenancy.scope import current_tenant_id
from authsvc.vault.due import lock_reference, put_later
from authsvc.vault.models import DeviceWrap, Moment, Part, Reference
from authsvc.vault.outside import sealed_of
from authsvc.vault.ownkeys import key_of
from authsvc.vault.stores.interface import NotThere, StoreAway, Untrue

SHARE_BYTES = 32
NO_KIND = ""
"""The kind of share of a reference that the server opens alone; its one wrap is of no device."""
_BATCH = 200


class CannotOpenReference(Exception):
    """Reference, device share or vault key does not fit; the message says which, for auditors.

    `tag` is what the log calls it, `how` in one word why, where there is one.
    """

    def __init__(self, said: str, *, tag: Tag = Tag.REFERENCE_ALARM, how: str = "") -> None:
        super().__init__(said)
        self.tag, self.how = tag, how


class StoreUntrue(CannotOpenReference):
    """The object store has lost what it was given, or gave back something else."""

    def __init__(self, problem: Untrue) -> None:
        super().__init__(str(problem), tag=Tag.STORE_UNTRUE, how=problem.how)


class StoreNotReached(CannotOpenReference):
    """The object store does not answer; nothing is wrong with the reference."""

    def __init__(self, problem: StoreAway) -> None:
        super().__init__(str(problem), tag=Tag.STORE_AWAY)


class KeptElsewhere(CannotOpenReference):
    """The organisation pinned a region, and store, key service or reference are of another one (S10-12)."""


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
    named = ("reference", str(current_tenant_id()), row.pseudonym, row.model, row.engine, row.version)
    return context(*named) + in_region(row)


def _moment_context(row: Reference, moment: str) -> bytes:
    return _template_context(row) + context("moment", moment)


def _wrap_context(row: Reference, device: str, share_kind: str) -> bytes:
    named = ("wrap", str(current_tenant_id()), row.pseudonym, row.model, row.version, device, share_kind)
    return context(*named) + in_region(row)


def in_region(row: Reference) -> bytes:
    """Return what binds something sealed to a reference's region; nothing where none is named, as before."""
    return context("region", row.region) if row.region else b""


def require_region(row: Reference) -> None:
    """Raise KeptElsewhere where the organisation pinned another region than that of store, keys or reference.

    One that was written before its store's region was named stays where it is, and counts.
    """
    pinned = pinned_region()
    away = away_from(pinned) if pinned else ""
    if not away and pinned and row.region not in ("", pinned):
        away = f"the reference is of {row.region}"
    if away:
        raise KeptElsewhere(f"pinned to {pinned}: {away}")


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
    "browser"; of a model that takes no share all three of the device are empty. A new reference always has a
    new pseudonym, so that two of one person cannot be linked in the store (S9.2-11). Raises
    CannotOpenReference on a share that is no share.
    """
    check_share(device_share, share_kind)
    vault_key = open_vault_key(create=True)
    row = new_row(model=model, engine=engine, version=version, quality=quality, consent=consent)
    data_key = os.urandom(32)
    row.sealed_template = seal(data_key, template, _template_context(row))
    row.save(force_insert=True)
    put_later(row)
    _wrap(row, data_key, vault_key, device=device, device_share=device_share, share_kind=share_kind)
    record(Tag.REFERENCE_CREATED, reference=row.pseudonym, engine=engine, version=version, model=model)
    return row


def new_row(**fields: Any) -> Reference:
    """Return a reference's row that is not stored yet, of the store's region; raises KeptElsewhere."""
    row = Reference(**fields, region=region_of("store"))
    row.tenant_id = current_tenant_id()
    require_region(row)
    return row


def check_share(device_share: bytes, share_kind: str) -> None:
    """Raise CannotOpenReference on what is no share of its kind: 32 bytes, not all nought; of none, empty."""
    if share_kind == NO_KIND and not device_share:
        return
    if share_kind == NO_KIND or len(device_share) != SHARE_BYTES or not any(device_share):
        raise CannotOpenReference("the device's share is not 32 bytes")


def _wrap(
    row: Reference, data_key: bytes, vault_key: bytes, *, device: str, device_share: bytes, share_kind: str
) -> None:
    aad, server_share = _wrap_context(row, device, share_kind), os.urandom(SHARE_BYTES)
    wrapped = seal(_wrapping_key(device_share, server_share, aad), data_key, aad)
    _store_wrap(row, vault_key, server_share, device=device, share_kind=share_kind, wrapped_key=wrapped)


def _store_wrap(
    row: Reference, vault_key: bytes, server_share: bytes, *, device: str, share_kind: str, wrapped_key: bytes
) -> None:
    aad = _wrap_context(row, device, share_kind)
    DeviceWrap.objects.update_or_create(
        reference=row,
        device=device,
        defaults={
            "share_kind": share_kind,
            "sealed_server_share": _under_own_key(row, seal(vault_key, server_share, aad), aad),
            "under_key": True,
            "wrapped_key": wrapped_key,
        },
    )


def new_server_share(row: Reference, *, device: str, share_kind: str) -> bytes:
    """Keep a fresh server share for a device that keeps the reference itself, and return it: 32 bytes.

    It is sealed as one that wraps a data key is, and goes with the reference's own key.
    """
    server_share = os.urandom(SHARE_BYTES)
    vault_key = open_vault_key(create=True)
    _store_wrap(row, vault_key, server_share, device=device, share_kind=share_kind, wrapped_key=b"")
    return server_share


def server_share_for(row: Reference, *, device: str) -> tuple[bytes, str]:
    """Return the server share that is kept for a device, and the kind of share that it goes with.

    Raises CannotOpenReference, and KeyServiceDown, which says nothing of the reference.
    """
    wrap = _wrap_of(row, device)
    try:
        return _server_share(wrap, _wrap_context(row, device, wrap.share_kind)), wrap.share_kind
    except (CannotOpen, CannotUnwrap):
        raise CannotOpenReference("the server's share does not open") from None
    except KeyServiceDown:
        raise
    except (NoVaultKey, KeyServiceProblem) as problem:
        raise CannotOpenReference(str(problem)) from None


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
    wrap = _wrap_of(row, device)
    check_share(device_share, wrap.share_kind)
    aad = _wrap_context(row, device, wrap.share_kind)
    try:
        server_share = _server_share(wrap, aad)
        key = unseal(_wrapping_key(device_share, server_share, aad), bytes(wrap.wrapped_key), aad)
    except (CannotOpen, CannotUnwrap):
        raise CannotOpenReference("the shares do not open the data key") from None
    except KeyServiceDown:
        raise
    except (NoVaultKey, KeyServiceProblem) as problem:
        raise CannotOpenReference(str(problem)) from None
    return key, wrap.share_kind


def _wrap_of(row: Reference, device: str) -> DeviceWrap:
    wrap = DeviceWrap.objects.filter(reference=row, device=device).first()
    if wrap is None:
        raise CannotOpenReference("the reference is not wrapped for this device")
    return wrap


def active(pseudonym: str, version: int) -> Reference:
    """Return an active reference's row; raises CannotOpenReference for none, and for another version.

    KeptElsewhere is raised where its organisation's region is another.
    """
    rows = Reference.objects.filter(pseudonym=pseudonym, status=Reference.Status.ACTIVE)
    row = rows.defer("sealed_template").first()
    if row is None:
        raise CannotOpenReference("no active reference")
    if row.version != version:
        raise CannotOpenReference(f"version {row.version} is stored, {version} is expected")
    require_region(row)
    return row


def _lock_active(row: Reference) -> None:
    """Let no erasure go by while something is added; raises CannotOpenReference where one has."""
    lock_reference(row.pk)
    active(row.pk, row.version)


def open_reference(
    *, pseudonym: str, version: int, device: str, device_share: bytes, moments: Sequence[str] = ()
) -> OpenedReference:
    """Return the templates of a reference, opened with both shares.

    `version` is the one that the identity side expects: an old row put back is refused (S8.1-05). `moments`
    are the ids of those that count there, the pseudonym standing for the reference's own template; without
    any it is that one alone. Raises CannotOpenReference, also where one of several does not open.
    """
    row = active(pseudonym, version)
    key, share_kind = _data_key(row, device=device, device_share=device_share)
    templates = tuple(_opened(row, key, moment) for moment in moments or (pseudonym,))
    Reference.objects.filter(pk=row.pk).update(last_opened_at=now())
    return OpenedReference(templates, engine=row.engine, version=row.version, share_kind=share_kind)


def _opened(row: Reference, key: bytes, moment: str) -> bytes:
    part: Part | None = row
    aad = _template_context(row)
    if moment != row.pseudonym:
        part, aad = (
            row.moments.filter(pk=moment).defer("sealed_template").first(),
            _moment_context(row, moment),
        )
    if part is None:
        raise CannotOpenReference("a moment that counts is not there")
    try:
        return unseal(key, _sealed(part), aad)
    except CannotOpen:
        raise CannotOpenReference("the template was altered or belongs to another reference") from None


def _sealed(part: Part) -> bytes:
    """Return what is sealed of a part, from where it lies."""
    try:
        return sealed_of(part)
    except Untrue as problem:
        raise StoreUntrue(problem) from None
    except StoreAway as problem:
        raise StoreNotReached(problem) from None
    except NotThere as problem:
        raise CannotOpenReference(str(problem)) from None


@transaction.atomic
def add_moment(
    *, pseudonym: str, version: int, device: str, device_share: bytes, template: bytes, quality: int
) -> Moment:
    """Seal the template of a further moment under a reference's data key, and return its row.

    It counts for nothing before the person's row names it. Every device that opens the reference opens it
    too. Raises CannotOpenReference where this device's share does not open the reference.
    """
    row = active(pseudonym, version)
    key, _ = _data_key(row, device=device, device_share=device_share)
    _lock_active(row)
    moment = Moment(reference=row, quality=quality)
    moment.tenant_id = current_tenant_id()
    moment.sealed_template = seal(key, template, _moment_context(row, moment.id))
    moment.save(force_insert=True)
    put_later(moment)
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
    row = active(pseudonym, version)
    key, _ = _data_key(row, device=device, device_share=device_share)
    check_share(new_share, new_share_kind)
    _lock_active(row)
    _wrap(row, key, open_vault_key(), device=new_device, device_share=new_share, share_kind=new_share_kind)
    record(Tag.REFERENCE_SHARED, reference=pseudonym, device=new_device)
