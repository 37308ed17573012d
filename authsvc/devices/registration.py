"""Making a passkey (WebAuthn Level 3 section 7.1)."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext_lazy as _
from fido2 import cbor
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.devices.models import Device
from authsvc.devices.relying_party import descriptor, prf_extension, relying_party
from authsvc.devices.worth import worth_of
from authsvc.subjects.models import Subject

_PERSON = _("That passkey was not accepted. Please try again.")
_CREDENTIAL_ID_BYTES = 256


def creation_options(subject: Subject, *, challenge: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """Return creation options in JSON, and the state that `verify_creation` needs.

    The passkey is to be discoverable, with user verification, and PRF is asked for. Those that the
    person has already are excluded.
    """
    options, state = relying_party(subject.tenant_id).register_begin(
        PublicKeyCredentialUserEntity(
            id=bytes(subject.user_handle), name=subject.name, display_name=subject.name
        ),
        credentials=_existing(subject),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
        extensions=prf_extension(subject.tenant),
    )
    return dict(options), state


def verify_creation(state: Mapping[str, str], credential: dict[str, Any], *, subject: Subject) -> Device:
    """Return the passkey that an authenticator made for a subject, verified and not stored yet.

    It is pending until the enrolment is finished. Raises Refused.
    """
    response, made = _verify(state, credential, subject)
    aaguid = uuid.UUID(bytes=bytes(made.aaguid))
    worth = worth_of(response, aaguid=aaguid)
    return Device(
        subject=subject,
        credential_id=b64u(made.credential_id),
        public_key=cbor.encode(made.public_key),
        aaguid=aaguid,
        sign_count=response.response.attestation_object.auth_data.counter,
        status=Device.Status.PENDING,
        name="Software phone" if worth.simulated else "Passkey",
        **asdict(worth),
    )


def add_device(device: Device, *, transaction: str) -> None:
    """Store a verified passkey; `transaction` is the id that the audit log ties it to.

    Raises Refused where the credential id is known already. Call inside a database transaction.
    """
    if Device.objects.filter(credential_id=device.credential_id).exists():
        raise _refused("the credential id exists already")
    device.save(force_insert=True)
    record(
        Tag.DEVICE_ADDED,
        transaction=transaction,
        subject=str(device.subject_id),
        device=device.id,
        kind=device.key_kind,
        share=device.share_kind,
    )


def _refused(detail: str) -> Refused:
    return Refused("passkey-refused", _PERSON, detail=detail, status=403)


def _existing(subject: Subject) -> list[PublicKeyCredentialDescriptor]:
    active = Device.objects.filter(subject=subject, status=Device.Status.ACTIVE)
    return [descriptor(value) for value in active.values_list("credential_id", flat=True)]


def _verify(
    state: Mapping[str, str], credential: dict[str, Any], subject: Subject
) -> tuple[RegistrationResponse, AttestedCredentialData]:
    try:
        response = RegistrationResponse.from_dict(credential)
        made = relying_party(subject.tenant_id).register_complete(state, response).credential_data
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as problem:
        raise _refused(str(problem)) from None
    if made is None or len(made.credential_id) > _CREDENTIAL_ID_BYTES:
        raise _refused("no credential, or an id that is too long")
    if b64u(made.credential_id) != credential.get("rawId"):
        raise _refused("rawId is not the attested credential's id")
    return response, made
