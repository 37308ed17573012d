"""One agent's way through a transaction: which ceremony is due, and what comes after it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from authsvc.assurance.acr import level_of
from authsvc.assurance.evidence import Agent
from authsvc.assurance.levels import Level
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.capture.agents import read_agent
from authsvc.capture.ceremonies import (
    begin_making,
    begin_proving,
    finish_making,
    finish_proving,
    own_passkeys,
)
from authsvc.capture.challenge import expects_light
from authsvc.clients.settings.face import requires_face
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.policy.services import policy_stands
from authsvc.privacy.consent import covers_capture, give_consent, live_consent
from authsvc.privacy.notice import current_notice
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import EnrolmentRequest, SignInRequest
from authsvc.transactions.services import (
    decline_face,
    face_needed,
    hold_to_key,
    lock_of,
    open_ceremony,
    record_device_refusal,
)
from authsvc.vault.ageing import is_absent

Kind = Transaction.Kind


def describe(transaction: Transaction) -> dict[str, Any]:
    """Return what an agent needs to know at the start (`GET agent/<txn>/` of docs/protocol.md)."""
    client = transaction.client
    return {
        "kind": transaction.kind,
        "state": transaction.state,
        "rp": {"name": client.name if client else transaction.tenant.name},
        "expires_in": max(0, int((transaction.expires_at - now()).total_seconds())),
        "notice_version": current_notice(transaction.tenant).version,
        "face": {
            "offered": face_offered(transaction),
            "required": transaction.kind in {Kind.ENROL, Kind.RENEW} or face_needed(transaction),
            "demanded": face_demanded(transaction),
            "light": face_offered(transaction) and expects_light(transaction),
            "locked": None if transaction.kind == Kind.ENROL else lock_of(transaction),
        },
        "passkeys": len(own_passkeys(transaction)),
        "bind_required": transaction.kind == Kind.BIND,
    }


def face_offered(transaction: Transaction) -> bool:
    """Whether the face can be used here: the partner offers it, and who is known has one and agreed.

    Without a policy to judge by it cannot, and the passkey goes on alone (T24).
    """
    return _is_offered(transaction) and policy_stands()


def _is_offered(transaction: Transaction) -> bool:
    if transaction.kind in Transaction.WITHOUT_CAMERA:
        return False
    if transaction.kind == Kind.BIND:
        return face_needed(transaction)
    if transaction.kind == Kind.ENROL:
        return EnrolmentRequest.from_json(transaction.request).face
    if _is_too_old(transaction):
        return False
    return _is_offered_at_any_age(transaction)


def _is_offered_at_any_age(transaction: Transaction) -> bool:
    if transaction.client is not None and not transaction.client.face_offered:
        return False
    if transaction.device is not None and transaction.device.recovered:
        return False
    subject = transaction.subject
    return subject is None or (subject.has_face and live_consent(subject) is not None)


def _is_too_old(transaction: Transaction) -> bool:
    """Whether the person's face counts as absent in a sign-in before it is renewed."""
    return transaction.kind == Kind.AUTHENTICATE and is_absent(transaction.subject)


def face_demanded(transaction: Transaction) -> bool:
    """Whether a sign-in without the face does not answer the relying party, whatever else is proven."""
    if transaction.kind != Kind.AUTHENTICATE or transaction.client is None:
        return False
    return SignInRequest.from_json(transaction.request).face or requires_face(transaction.client)


def recovered_is_too_little(transaction: Transaction) -> bool:
    """Whether the passkey was made with a recovery code, and the relying party takes no less than L2.

    An essential acr that is known to nobody here is refused long before.
    """
    if transaction.device is None or not transaction.device.recovered or transaction.client is None:
        return False
    essential = SignInRequest.from_json(transaction.request).essential_acr
    enough = essential is None or any(level_of(acr) == Level.L1 for acr in essential)
    return Level[transaction.client.floor_level] > Level.L1 or not enough


def passkey_options(transaction: Transaction, *, session_key: Any, passkey: Any = None) -> dict[str, Any]:
    """Return the options of the ceremony that is due now; raises Refused.

    `passkey` is "existing" where a person who enrols uses a passkey that they have, else None.
    """
    if passkey not in (None, "existing"):
        raise Refused("bad-passkey", _("Please reload the page."), detail=f"passkey {passkey!r}")
    hold_to_key(transaction, session_key)
    if _waits_for_the_face(transaction):
        raise _no_passkey_now()
    if _creates(transaction) and not (passkey and transaction.kind == Kind.ENROL):
        return begin_making(transaction, session_key=session_key)
    return begin_proving(transaction, session_key=session_key)


def complete_passkey(
    transaction: Transaction, *, credential: Any, agent: Any, browser_key: str
) -> dict[str, str]:
    """Take the answer of the ceremony and return what comes next.

    From now on the transaction is that of the browser with the key alone. Raises Refused, after recording
    why; nothing of the person's face tries is touched by a failure.
    """
    try:
        described = read_agent(agent)
        if not isinstance(credential, dict):
            raise Refused("bad-credential", _("Please try again."), detail="credential is not an object")
        return _complete(transaction, credential, described, browser_key)
    except Refused as refused:
        record_device_refusal(transaction, reason=refused.code, detail=refused.detail)
        raise


def _waits_for_the_face(transaction: Transaction) -> bool:
    """Whether a second passkey takes the face, and no face can be judged: then none is added (T24).

    To add it without the face would let a broken policy open what the face guards.
    """
    return face_needed(transaction) and not policy_stands()


def _no_passkey_now() -> Refused:
    return Refused(
        "face-closed",
        _("No passkey can be added at the moment. Yours works as before. Please try again later."),
        detail="a second passkey takes the face, and there is no policy to judge one by",
        status=409,
    )


def _creates(transaction: Transaction) -> bool:
    """Whether a passkey is made next; an enrolment makes one, which a reloaded page then proves."""
    if transaction.kind == Kind.BIND:
        return transaction.device is not None
    return transaction.kind in Transaction.MAKING and transaction.device is None


def _complete(
    transaction: Transaction, credential: dict[str, Any], agent: Agent, browser_key: str
) -> dict[str, str]:
    proves = not _creates(transaction) or _proves(transaction)
    finish = finish_proving if proves else finish_making
    finish(transaction, credential=credential, agent=agent, browser_key=browser_key)
    transaction.refresh_from_db()
    return _after_proof(transaction) if proves else _after_creation(transaction)


def _proves(transaction: Transaction) -> bool:
    """Tell whether the person who enrols asked to use a passkey that they have."""
    return transaction.kind == Kind.ENROL and open_ceremony(transaction) == "get"


def _after_proof(transaction: Transaction) -> dict[str, str]:
    if _waits_for_the_face(transaction):
        # Before a second passkey is made in vain.
        return {"next": "face-closed"}
    if transaction.kind == Kind.BIND:
        return {"next": "create"}
    if transaction.kind in Transaction.MAKING:
        return _after_creation(transaction)
    if recovered_is_too_little(transaction):
        # Said before the relying party hears of it; the person goes back, or leaves.
        return {"next": "recovered"}
    if face_offered(transaction):
        return _before_the_face(transaction)
    if transaction.kind == Kind.RENEW:
        return {"next": "no-renewal"}
    if _is_too_old(transaction) and _is_offered_at_any_age(transaction):
        record(Tag.FACE_TOO_OLD, transaction=transaction.id, subject=str(transaction.subject_id))
        return {"next": "renew"}
    if face_demanded(transaction):
        # Said before the relying party hears of it; the agent goes on without the face, or leaves.
        return {"next": "demanded"}
    return finish_without_face(transaction)


def _before_the_face(transaction: Transaction) -> dict[str, str]:
    assert transaction.subject is not None
    if covers_capture(transaction.subject):
        return _to_the_face(transaction)
    version = current_notice(transaction.tenant).version
    record(Tag.NOTICE_SHOWN, transaction=transaction.id, subject=str(transaction.subject_id), notice=version)
    return {"next": "agree"}


def _to_the_face(transaction: Transaction) -> dict[str, str]:
    """Let the person choose; whoever renews their face has chosen."""
    return {"next": "capture" if transaction.kind == Kind.RENEW else "choose"}


def agree(transaction: Transaction, *, notice_version: Any) -> dict[str, str]:
    """Take a known person's consent to a notice that is new to them, and return what comes next.

    Raises Refused before device proof, where the face is not offered, and where the notice has changed again.
    """
    if transaction.state != Transaction.State.PROVEN or transaction.subject is None:
        raise Refused(
            "not-proven", _("Use your passkey first."), detail=f"state {transaction.state}", status=409
        )
    if transaction.kind not in {Kind.AUTHENTICATE, Kind.RENEW} or not face_offered(transaction):
        raise Refused(
            "face-closed", _("Continue without your face."), detail="no face is offered here", status=409
        )
    give_consent(subject=transaction.subject, notice_version=str(notice_version))
    return _to_the_face(transaction)


def _after_creation(transaction: Transaction) -> dict[str, str]:
    return {"next": "capture"} if face_offered(transaction) else finish_without_face(transaction)


def finish_without_face(transaction: Transaction) -> dict[str, str]:
    """Decide by the passkey alone and return where the browser goes; raises Refused before device proof."""
    decline_face(transaction)
    return {"next": "done", "continue_url": transaction.continue_path}
