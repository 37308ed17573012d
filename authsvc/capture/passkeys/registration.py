"""Making a passkey (WebAuthn Level 3 section 7.1)."""

import uuid
from typing import Any

from django.db import transaction as database
from fido2 import cbor
from fido2.webauthn import (
    AuthenticatorData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.capture.passkeys.agents import SIMULATOR_AAGUID, require_agent_allowed
from authsvc.capture.passkeys.relying_party import (
    prf_extension,
    relying_party,
    remember_ceremony,
    take_ceremony,
)
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u, unb64u
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import new_device_challenge

CEREMONY = "create"
_PERSON = "That passkey was not accepted. Please try again."
_CREDENTIAL_ID_BYTES = 256


def creation_options(transaction: Transaction, *, session_key: dict[str, Any]) -> dict[str, Any]:
    """Return creation options in JSON: discoverable, user verification required, PRF asked for.

    The person's passkeys that exist already are excluded. Raises Refused for a bad session key.
    """
    subject = _subject(transaction)
    challenge = new_device_challenge(transaction, session_key)
    options, state = relying_party().register_begin(
        PublicKeyCredentialUserEntity(
            id=bytes(subject.user_handle), name=subject.name, display_name=subject.name
        ),
        credentials=_existing(subject),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
        extensions=prf_extension(transaction.tenant),
    )
    remember_ceremony(transaction, CEREMONY, state)
    return dict(options)


def complete_registration(
    transaction: Transaction, *, credential: dict[str, Any], agent: dict[str, str]
) -> Device:
    """Store the new passkey of the transaction's subject and return it; it is pending until that is finished.

    A passkey that its maker may copy to other devices (backup-eligible) counts as software-held. The
    share kind is `prf` where the authenticator says that it has PRF, else `browser`. Raises Refused.
    """
    state = take_ceremony(transaction, CEREMONY)
    made = _verify(state, credential)
    with database.atomic():
        device = _new_device(_subject(transaction), made, credential)
        kind = "simulator" if device.simulated else agent["type"]
        require_agent_allowed(transaction.tenant, kind)
        if Device.objects.filter(credential_id=device.credential_id).exists():
            raise _refused("the credential id exists already")
        device.save(force_insert=True)
        record(
            Tag.DEVICE_ADDED,
            transaction=transaction.id,
            subject=str(device.subject_id),
            device=device.id,
            kind=device.key_kind,
            share=device.share_kind,
        )
    return device


def _refused(detail: str) -> Refused:
    return Refused("passkey-refused", _PERSON, detail=detail, status=403)


def _subject(transaction: Transaction) -> Subject:
    if transaction.subject is None:
        raise Refused("not-proven", _PERSON, detail="the transaction has no subject yet", status=409)
    return transaction.subject


def _existing(subject: Subject) -> list[PublicKeyCredentialDescriptor]:
    ids = subject.devices.filter(status=Device.Status.ACTIVE).values_list("credential_id", flat=True)
    return [
        PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=unb64u(value))
        for value in ids
    ]


def _verify(state: dict[str, Any], credential: dict[str, Any]) -> AuthenticatorData:
    try:
        made = relying_party().register_complete(state, credential)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as problem:
        raise _refused(str(problem)) from None
    if made.credential_data is None or len(made.credential_data.credential_id) > _CREDENTIAL_ID_BYTES:
        raise _refused("no credential, or an id that is too long")
    if b64u(made.credential_data.credential_id) != credential.get("rawId"):
        raise _refused("rawId is not the attested credential's id")
    return made


def _new_device(subject: Subject, made: AuthenticatorData, credential: dict[str, Any]) -> Device:
    assert made.credential_data is not None
    aaguid = uuid.UUID(bytes=bytes(made.credential_data.aaguid))
    simulated = aaguid == SIMULATOR_AAGUID
    return Device(
        subject=subject,
        credential_id=b64u(made.credential_data.credential_id),
        public_key=cbor.encode(made.credential_data.public_key),
        aaguid=aaguid,
        sign_count=made.counter,
        syncable=bool(made.flags & AuthenticatorData.FLAG.BE),
        share_kind="prf" if _has_prf(credential) else "browser",
        simulated=simulated,
        status=Device.Status.PENDING,
        name="Software phone" if simulated else "Passkey",
    )


def _has_prf(credential: dict[str, Any]) -> bool:
    results = credential.get("clientExtensionResults")
    prf = results.get("prf") if isinstance(results, dict) else None
    return isinstance(prf, dict) and prf.get("enabled") is True
