"""Proving a passkey (WebAuthn Level 3 section 7.2)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from django.utils.translation import gettext_lazy as _
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    UserVerificationRequirement,
)

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u, unb64u
from authsvc.core.proven import note_proof
from authsvc.devices.models import Device
from authsvc.devices.relying_party import descriptor, prf_extension, relying_party
from authsvc.seals.written import Given, Written
from authsvc.subjects.amending import PersonSuspended, is_suspended
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.rows import store

_PERSON = _("That passkey was not accepted. Try again, or use another passkey.")

_ACTIVE: Final = Written(
    lambda: (
        Device.objects.select_for_update(of=("self",), no_key=True)
        .select_related("subject__tenant")
        .filter(credential_id=Given("credential"), status=Device.Status.ACTIVE)
        .order_by("pk")[:1]
    )
)


def assertion_options(
    tenant: Tenant, *, challenge: bytes, devices: Iterable[Device] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return request options in JSON, and the state that `verify_assertion` needs.

    Any discoverable passkey may answer, or one of `devices` where they are given; with user verification,
    and PRF is asked for.
    """
    options, state = relying_party(tenant.pk).authenticate_begin(
        [descriptor(device.credential_id) for device in devices] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
        extensions=prf_extension(tenant),
    )
    return dict(options), state


def verify_assertion(
    state: Mapping[str, str],
    credential: dict[str, Any],
    *,
    subject: Subject | None,
    transaction: str = "",
    pending: Device | None = None,
) -> Device:
    """Return the device whose passkey answered, its counter moved on; call inside a database transaction.

    `transaction` is the id that the audit log ties a counter that went back to.
    Raises Refused, always with the same sentence, for an unknown or revoked passkey, one of somebody
    else than `subject`, a bad signature, challenge, origin or user handle, a missing user verification,
    or a signature counter that went back where the passkey is bound to its device. Where `pending` is given,
    which an unfinished enrolment made, that passkey alone is taken: it lets nobody in anywhere else. Raises
    PersonSuspended to who has proven to be somebody who may not sign in for the time being.
    """
    response = _read(credential)
    device = _find_device(response, subject) if pending is None else _find_pending(response, pending)
    _verify(state, device, response)
    if is_suspended(device.subject):
        raise PersonSuspended(device.subject)
    _move_counter(device, response.response.authenticator_data.counter, transaction)
    note_proof()
    return device


def _refused(detail: str) -> Refused:
    return Refused("passkey-refused", _PERSON, detail=detail, status=403)


def _read(credential: dict[str, Any]) -> AuthenticationResponse:
    try:
        return AuthenticationResponse.from_dict(credential)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as problem:
        raise _refused(f"malformed assertion: {type(problem).__name__}") from None


def _find_device(response: AuthenticationResponse, subject: Subject | None) -> Device:
    device = _ACTIVE.row(credential=b64u(response.raw_id))
    if device is None:
        raise _refused("no active device with this credential id")
    handle = response.response.user_handle
    # Whoever is known already may be answered for without one (section 7.2, step 6).
    if handle != bytes(device.subject.user_handle) and (handle or subject is None):
        raise _refused("the user handle is not the device's subject's")
    # Of who is suspended it is said below, to who has proven to be them.
    if device.subject.status not in (Subject.Status.ACTIVE, Subject.Status.SUSPENDED):
        raise _refused(f"the subject is {device.subject.status}")
    if subject is not None and subject.pk != device.subject_id:
        raise _refused("the passkey is another subject's")
    return device


def _find_pending(response: AuthenticationResponse, pending: Device) -> Device:
    device = Device.objects.select_for_update(of=("self",), no_key=True).select_related("subject__tenant")
    found = device.filter(pk=pending.pk).exclude(status=Device.Status.REVOKED).first()
    if found is None or found.credential_id != b64u(response.raw_id):
        raise _refused("another passkey than the enrolment's own")
    if response.response.user_handle not in {None, bytes(found.subject.user_handle)}:
        raise _refused("the user handle is not the enrolment's subject's")
    if found.subject.status == Subject.Status.CLOSED:
        raise _refused(f"the subject is {found.subject.status}")
    return found


def _verify(state: Mapping[str, str], device: Device, response: AuthenticationResponse) -> None:
    try:
        relying_party(device.tenant_id).authenticate_complete(state, [_known(device)], response)
    except ValueError as problem:
        raise _refused(str(problem)) from None


def _known(device: Device) -> AttestedCredentialData:
    key = CoseKey.parse(cast(dict[int, Any], cbor.decode(bytes(device.public_key))))
    aaguid = device.aaguid.bytes if device.aaguid else bytes(16)
    return AttestedCredentialData.create(aaguid, unb64u(device.credential_id), key)


def _move_counter(device: Device, counter: int, transaction: str) -> None:
    """Keep the counter that came; one that goes back is a signal (WebAuthn Level 3 section 6.1.1).

    A passkey that its maker copies to other devices has no one counter, so that it says nothing of a clone.
    """
    if (counter or device.sign_count) and counter <= device.sign_count:
        if not device.syncable:
            raise _refused(f"the signature counter went from {device.sign_count} to {counter}")
        record(
            Tag.DEVICE_COUNTER_BACK,
            transaction=transaction,
            subject=str(device.subject_id),
            device=device.id,
            before=device.sign_count,
            counter=counter,
        )
    device.sign_count, device.last_used_at = counter, now()
    store(device, "sign_count", "last_used_at")
