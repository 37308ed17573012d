"""References that a phone keeps: sealed and opened here, in a worker's memory, and kept here in no form.

A *bundle* is the template of one moment, sealed under a key that needs the device's share and the server's.
The phone keeps it and sends it with each capture; of it the database has the digest alone. An older bundle,
another person's, another device's or another tenant's has another digest, and another context besides.
"""

import hashlib
from collections.abc import Mapping, Sequence

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.envelope import CannotOpen, context, derive, seal, unseal
from authsvc.tenancy.scope import current_tenant_id
from authsvc.vault.models import Bundle, Moment, Reference
from authsvc.vault.opening import (
    CannotOpenReference,
    active,
    check_share,
    in_region,
    new_row,
    new_server_share,
    server_share_for,
)


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
) -> tuple[Reference, bytes]:
    """Seal a template for one device, and return the row and the bundle, which the device is to keep.

    Parameters and errors are those of opening.create_reference; the row has no template.
    """
    check_share(device_share, share_kind)
    row = new_row(model=model, engine=engine, version=version, quality=quality, consent=consent)
    row.sealed_template = b""
    row.save(force_insert=True)
    server_share = new_server_share(row, device=device, share_kind=share_kind)
    key = _key(row, device, share_kind, device_share, server_share)
    bundle = _sealed(row, key, device=device, moment=row.pseudonym, template=template)
    record(Tag.REFERENCE_CREATED, reference=row.pseudonym, engine=engine, version=version, model=model)
    return row, bundle


@transaction.atomic
def add_moment(
    *, pseudonym: str, version: int, device: str, device_share: bytes, template: bytes, quality: int
) -> tuple[Moment, bytes]:
    """Seal the template of a further moment for one device, and return its row and the bundle.

    Other devices of the person do not have it: nothing is kept that could be sealed for them. Raises
    CannotOpenReference where the device keeps no part of this reference.
    """
    row = active(pseudonym, version)
    key = _key_of(row, device, device_share)
    moment = Moment(reference=row, sealed_template=b"", quality=quality)
    moment.tenant_id = current_tenant_id()
    moment.save(force_insert=True)
    bundle = _sealed(row, key, device=device, moment=moment.id, template=template)
    record(Tag.MOMENT_ADDED, reference=pseudonym, moment=moment.id)
    return moment, bundle


def open_bundles(
    *,
    pseudonym: str,
    version: int,
    device: str,
    device_share: bytes,
    bundles: Sequence[bytes],
    moments: Sequence[str],
) -> dict[str, bytes]:
    """Return the templates of the moments that a device keeps, by moment, opened with both shares.

    `version` and `moments` are those that the identity side expects, as in opening.open_reference. Of each
    moment that was sealed for the device its bundle must have come; what came besides is passed over. Raises
    CannotOpenReference.
    """
    row = active(pseudonym, version)
    key = _key_of(row, device, device_share)
    sent = {hashlib.sha256(bundle).digest(): bundle for bundle in bundles}
    digests = _digests(pseudonym, device, moments)
    if not digests:
        raise CannotOpenReference("no moment that counts was sealed for this device")
    templates = {
        moment: _opened(row, key, device, moment, sent.get(digest)) for moment, digest in digests.items()
    }
    Reference.objects.filter(pk=row.pk).update(last_opened_at=now())
    return templates


def counting(
    *, pseudonym: str, device: str, bundles: Sequence[bytes], moments: Sequence[str]
) -> tuple[bytes, ...]:
    """Return those of the bundles that are of these moments and of this device, in the moments' order."""
    sent = {hashlib.sha256(bundle).digest(): bundle for bundle in bundles}
    return tuple(sent[each] for each in _digests(pseudonym, device, moments).values() if each in sent)


@transaction.atomic
def seal_for_device(
    *,
    pseudonym: str,
    version: int,
    templates: Mapping[str, bytes],
    new_device: str,
    new_share: bytes,
    new_share_kind: str,
) -> tuple[bytes, ...]:
    """Seal a reference's templates, by moment, for a second device of the same person; return the bundles.

    Raises CannotOpenReference on a share that is no share.
    """
    row = active(pseudonym, version)
    check_share(new_share, new_share_kind)
    server_share = new_server_share(row, device=new_device, share_kind=new_share_kind)
    key = _key(row, new_device, new_share_kind, new_share, server_share)
    bundles = tuple(
        _sealed(row, key, device=new_device, moment=moment, template=template)
        for moment, template in templates.items()
    )
    record(Tag.REFERENCE_SHARED, reference=pseudonym, device=new_device)
    return bundles


def _key_of(row: Reference, device: str, device_share: bytes) -> bytes:
    server_share, share_kind = server_share_for(row, device=device)
    check_share(device_share, share_kind)
    return _key(row, device, share_kind, device_share, server_share)


def _key(row: Reference, device: str, share_kind: str, device_share: bytes, server_share: bytes) -> bytes:
    info = b"visor/bundle/v1" + _context(row, device) + context(share_kind)
    return derive(device_share, server_share, info=info)


def _context(row: Reference, device: str) -> bytes:
    tenant = str(current_tenant_id())
    return context("bundle", tenant, row.pseudonym, row.model, row.engine, row.version, device) + in_region(
        row
    )


def _sealed(row: Reference, key: bytes, *, device: str, moment: str, template: bytes) -> bytes:
    bundle = seal(key, template, _context(row, device) + context("moment", moment))
    Bundle.objects.update_or_create(
        reference=row,
        device=device,
        moment=moment,
        defaults={"digest": hashlib.sha256(bundle).digest()},
    )
    return bundle


def _digests(pseudonym: str, device: str, moments: Sequence[str]) -> dict[str, bytes]:
    """Return the digests of what a device keeps of these moments, in their order."""
    found = Bundle.objects.filter(reference_id=pseudonym, device=device).values_list("moment", "digest")
    kept = {moment: bytes(digest) for moment, digest in found}
    return {moment: kept[moment] for moment in moments if moment in kept}


def _opened(row: Reference, key: bytes, device: str, moment: str, bundle: bytes | None) -> bytes:
    if bundle is None:
        raise CannotOpenReference("a bundle that counts did not come, or is another one")
    try:
        return unseal(key, bundle, _context(row, device) + context("moment", moment))
    except CannotOpen:
        raise CannotOpenReference(
            "the shares do not open the bundle, or it is of another reference"
        ) from None
