"""The passkey ceremonies of a transaction: making a passkey, and proving one."""

from typing import Any

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.evidence import Agent
from authsvc.capture.agents import agent_of, require_agent_allowed
from authsvc.core.errors import Refused
from authsvc.devices.assertion import assertion_options, verify_assertion
from authsvc.devices.models import Device
from authsvc.devices.registration import add_device, creation_options, verify_creation
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import Ceremony
from authsvc.transactions.services import (
    DeviceProof,
    new_device_challenge,
    record_device_proof,
    remember_bound,
    remember_ceremony,
    take_ceremony,
)


def begin_making(transaction: Transaction, *, session_key: dict[str, Any]) -> dict[str, Any]:
    """Return options for a new passkey of the transaction's subject; raises Refused for a bad session key."""
    subject = _subject(transaction)
    options, state = creation_options(subject, challenge=new_device_challenge(transaction, session_key))
    remember_ceremony(transaction, Ceremony("create", **state))
    return options


def finish_making(
    transaction: Transaction, *, credential: dict[str, Any], agent: Agent, browser_key: str
) -> None:
    """Store the new passkey, pending until what it is made for is finished; raises Refused.

    An enrolment and a recovery are proven by it, a binding keeps it in mind. The browser with the key alone
    may go on.
    """
    ceremony = take_ceremony(transaction, "create")
    device = verify_creation(ceremony.state, credential, subject=_subject(transaction))
    described = agent_of(agent, device)
    with database.atomic():
        require_agent_allowed(transaction.tenant, described.type)
        add_device(device, transaction=transaction.id)
        if transaction.kind in Transaction.MAKING:
            proof = DeviceProof(device, described, ceremony.challenge)
            record_device_proof(transaction, proof, browser_key=browser_key)
        else:
            remember_bound(transaction, device, browser_key=browser_key)


def begin_proving(transaction: Transaction, *, session_key: dict[str, Any]) -> dict[str, Any]:
    """Return options for any passkey of the tenant's people; where one is made, for one of the person's own.

    Raises Refused for a bad session key, and where there is none yet.
    """
    devices = own_passkeys(transaction)
    if transaction.kind in Transaction.MAKING and not devices:
        raise Refused("no-passkey", _("Please make a passkey first."), detail="none is active", status=409)
    challenge = new_device_challenge(transaction, session_key)
    options, state = assertion_options(transaction.tenant, challenge=challenge, devices=devices)
    remember_ceremony(transaction, Ceremony("get", **state))
    return options


def finish_proving(
    transaction: Transaction, *, credential: dict[str, Any], agent: Agent, browser_key: str
) -> None:
    """Accept the passkey's answer and bind its device and subject to the transaction; raises Refused.

    The browser with the key alone may go on with it.
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
        described = agent_of(agent, device)
        require_agent_allowed(transaction.tenant, described.type)
        proof = DeviceProof(device, described, ceremony.challenge)
        record_device_proof(transaction, proof, browser_key=browser_key)


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
