"""The passkey ceremonies of a transaction: making a passkey, and proving one."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _

from authsvc.capture.agents import Described, agent_of, require_agent_allowed
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.devices.assertion import assertion_options, verify_assertion
from authsvc.devices.models import Device
from authsvc.devices.registration import add_device, creation_options, verify_creation
from authsvc.limits.limit import spend_all
from authsvc.limits.register import PASSKEY, PASSKEY_PERSON
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import Ceremony, CeremonyKind
from authsvc.transactions.services import (
    DeviceProof,
    begin_ceremony,
    desk_challenge,
    record_device_proof,
    record_nearness,
    remember_bound,
    remember_ceremony,
    require_covered,
    take_ceremony,
)


def begin_making(
    transaction: Transaction, *, session_key: dict[str, Any], receiving_key: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return options for a new passkey of the transaction's subject; raises Refused for a bad key."""
    subject = _subject(transaction)

    def begin(challenge: bytes) -> tuple[dict[str, Any], Ceremony]:
        options, state = creation_options(subject, challenge=challenge)
        return options, _ceremony("create", state, receiving_key)

    return begin_ceremony(transaction, session_key, receiving_key, begin)


def finish_making(
    transaction: Transaction, *, credential: dict[str, Any], agent: Described, browser_key: str
) -> Transaction:
    """Store the new passkey, pending until what it is made for is finished; raises Refused.

    An enrolment and a recovery are proven by it, a binding keeps it in mind. The browser with the key alone
    may go on. Return the transaction as it stands.
    """
    ceremony = take_ceremony(transaction, "create")
    device = verify_creation(ceremony.state, credential, subject=_subject(transaction))
    device.receiving_key = ceremony.receiving_key
    described = agent_of(agent, device, transaction)
    with database.atomic():
        require_agent_allowed(transaction.tenant, described.type)
        if transaction.kind in Transaction.MAKING:
            device.last_used_at = now()
            add_device(device, transaction=transaction.id)
            proof = DeviceProof(device, described, ceremony.challenge, receiving_key=ceremony.receiving_key)
            return record_device_proof(transaction, proof, browser_key=browser_key)
        add_device(device, transaction=transaction.id)
        require_covered(transaction, ceremony.challenge, ceremony.receiving_key)
        remember_bound(transaction, device, browser_key=browser_key)
        return transaction


def begin_proving(
    transaction: Transaction, *, session_key: dict[str, Any], receiving_key: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return options for any passkey of the tenant's people; where one is made, for one of the person's own.

    Raises Refused for a bad key, and where there is none yet.
    """
    devices = own_passkeys(transaction)
    if transaction.kind in Transaction.MAKING and not devices:
        raise Refused("no-passkey", _("Please make a passkey first."), detail="none is active", status=409)

    def begin(challenge: bytes) -> tuple[dict[str, Any], Ceremony]:
        options, state = assertion_options(transaction.tenant, challenge=challenge, devices=devices)
        return options, _ceremony("get", state, receiving_key)

    return begin_ceremony(transaction, session_key, receiving_key, begin)


def finish_proving(
    transaction: Transaction, *, credential: dict[str, Any], agent: Described, browser_key: str
) -> Transaction:
    """Accept the passkey's answer and bind its device and subject to the transaction; raises Refused.

    The browser with the key alone may go on with it. A receiving key that the answer covers is the device's
    from now on. Return the transaction as it stands.
    """
    ceremony = take_ceremony(transaction, "get")
    with database.atomic():
        device = verify_assertion(
            ceremony.state,
            credential,
            subject=transaction.subject,
            transaction=transaction.id,
            pending=transaction.device if transaction.kind in Transaction.MAKING else None,
        )
        # Of one that answered rightly: a stranger uses up nobody's.
        spend_all((PASSKEY, device.pk), (PASSKEY_PERSON, device.subject_id))
        if ceremony.receiving_key is not None:
            device.receiving_key = ceremony.receiving_key
            device.save(update_fields=["receiving_key"])
        described = agent_of(agent, device, transaction)
        require_agent_allowed(transaction.tenant, described.type)
        proof = DeviceProof(device, described, ceremony.challenge, receiving_key=ceremony.receiving_key)
        return record_device_proof(transaction, proof, browser_key=browser_key)


def begin_nearness(transaction: Transaction) -> dict[str, Any]:
    """Return options for a passkey that comes to the desk over hybrid transport; raises Refused."""
    options, state = assertion_options(transaction.tenant, challenge=desk_challenge(transaction))
    remember_ceremony(transaction, _ceremony("near", state))
    asked = {name: value for name, value in options["publicKey"].items() if name != "extensions"}
    return {"publicKey": {**asked, "hints": ["hybrid"]}}


def finish_nearness(transaction: Transaction, *, credential: Any) -> None:
    """Accept the answer of a passkey that is not the desk's own; raises Refused.

    That it came from beside the desk is the browser's word there, and the desk's browser is the one whose
    person is to be protected. A browser that lies has a passkey at hand all the same.
    """
    ceremony = take_ceremony(transaction, "near")
    if not isinstance(credential, dict):
        raise Refused("bad-credential", _("Please try again."), detail="credential is not an object")
    if credential.get("authenticatorAttachment") != "cross-platform":
        raise Refused(
            "not-near",
            _("That passkey is on this device. Use the one on your phone."),
            detail="authenticatorAttachment is not cross-platform",
            status=403,
        )
    with database.atomic():
        device = verify_assertion(
            ceremony.state, credential, subject=transaction.subject, transaction=transaction.id
        )
        record_nearness(transaction, device)


def own_passkeys(transaction: Transaction) -> list[Device]:
    """Return which passkeys may prove an enrolment: the one it made, or those that the person had before.

    A recovery is proven by the one it made alone; in any other transaction every passkey of the tenant's
    people may answer, and none is named.
    """
    if transaction.kind in Transaction.MAKING and transaction.device is not None:
        return [transaction.device]
    if transaction.kind != Transaction.Kind.ENROL:
        return []
    return list(Device.objects.filter(subject=transaction.subject, status=Device.Status.ACTIVE))


def _subject(transaction: Transaction) -> Subject:
    if transaction.subject is None:
        raise Refused(
            "not-proven",
            _("That passkey was not accepted. Please try again."),
            detail="the transaction has no subject yet",
            status=409,
        )
    return transaction.subject


def _ceremony(
    kind: CeremonyKind, state: Mapping[str, str], receiving_key: dict[str, Any] | None = None
) -> Ceremony:
    return Ceremony(kind, state["challenge"], state["user_verification"], receiving_key)
