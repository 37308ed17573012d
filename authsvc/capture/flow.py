"""One agent's way through a transaction: which ceremony is due, and what comes after it."""

from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from authsvc.assurance.acr import level_of
from authsvc.assurance.levels import Level
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.capture.agents import Described, read_agent
from authsvc.capture.ceremonies import (
    begin_making,
    begin_proving,
    finish_making,
    finish_proving,
    own_passkeys,
)
from authsvc.capture.challenge import expects_light, spares_the_turn
from authsvc.clients.settings.assurance import floor_of
from authsvc.clients.settings.face import requires_face
from authsvc.clients.settings.presence import prefers_presence, requires_presence
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.policy.services import handoff_digits, handoff_needs_nearness, policy_stands
from authsvc.privacy.consent import covers_capture, give_consent, live_consent
from authsvc.privacy.notice import Purpose, current_notice
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import EnrolmentRequest, SignInRequest
from authsvc.transactions.services import (
    decline_face,
    face_needed,
    hold_to_key,
    is_crowded,
    is_in_vain,
    lock_of,
    model_of_person,
    model_of_transaction,
    not_this_model,
    noticed_model,
    open_ceremony,
    record_device_refusal,
    require_passkey_kind,
    wanted_from,
)
from authsvc.vault.ageing import is_absent

Kind = Transaction.Kind
Nearness = Literal["none", "offered", "needed"]
_CAMERA_ALONE = (Kind.ENROL, Kind.RENEW, Kind.LIVENESS)


def describe(transaction: Transaction) -> dict[str, Any]:
    """Return what an agent needs to know at the start (`GET agent/<txn>/` of docs/protocol.md)."""
    client, offered = transaction.client, face_offered(transaction)
    return {
        "kind": transaction.kind,
        "state": transaction.state,
        "rp": {"name": client.name if client else transaction.tenant.name},
        "expires_in": max(0, int((transaction.expires_at - now()).total_seconds())),
        "notice_version": notice_version_of(transaction),
        "face": {
            "offered": offered,
            "required": transaction.kind in _CAMERA_ALONE or face_needed(transaction),
            "demanded": face_demanded(transaction),
            "light": offered and expects_light(transaction),
            "locked": None if transaction.kind == Kind.ENROL else lock_of(transaction),
            "crowded": offered and is_crowded(transaction),
            "want": wanted_from(transaction).to_json() if offered else None,
        },
        "passkeys": len(own_passkeys(transaction)),
        "bind_required": transaction.kind == Kind.BIND,
    }


def notice_version_of(transaction: Transaction) -> str:
    """Return which notice a person agrees to here, "" in a session of liveness, which has none of ours."""
    if transaction.kind == Kind.LIVENESS:
        return ""
    return current_notice(transaction.tenant, noticed_model(transaction)).version


def face_offered(transaction: Transaction) -> bool:
    """Whether the face can be used here: the partner offers it, and who is known has one and agreed.

    Without a policy to judge by it cannot, and the passkey goes on alone (T24).
    """
    return policy_stands() and _is_offered(transaction)


def _is_offered(transaction: Transaction) -> bool:
    if transaction.kind in Transaction.WITHOUT_CAMERA:
        return False
    if transaction.kind == Kind.LIVENESS:
        return True
    if transaction.kind == Kind.BIND:
        return face_needed(transaction)
    if transaction.kind == Kind.ENROL:
        agreed = EnrolmentRequest.from_json(transaction.request).face
        return agreed and model_of_transaction(transaction).keeps and not is_in_vain(transaction)
    if _is_too_old(transaction):
        return False
    return _is_offered_at_any_age(transaction)


def _is_offered_at_any_age(transaction: Transaction) -> bool:
    if transaction.client is not None and not transaction.client.face_offered:
        return False
    if transaction.device is not None and transaction.device.recovered:
        return False
    subject = transaction.subject
    if subject is None or subject.has_face:
        if is_in_vain(transaction):
            return False
        return subject is None or live_consent(subject, Purpose.FACE) is not None
    return _presence_is_asked_for(transaction) and model_of_person(subject) is not None


def _presence_is_asked_for(transaction: Transaction) -> bool:
    """Whether a living person before the camera, whoever it is, is something to the relying party.

    Nobody is asked to show themselves for less; nor where a face has to be compared, which that would not be.
    """
    client, asked = transaction.client, SignInRequest.from_json(transaction.request)
    if transaction.kind != Kind.AUTHENTICATE or client is None or asked.face or requires_face(client):
        return False
    return asked.presence or requires_presence(client) or prefers_presence(client)


def _is_too_old(transaction: Transaction) -> bool:
    """Whether the person's face counts as absent in a sign-in before it is renewed."""
    return transaction.kind == Kind.AUTHENTICATE and is_absent(transaction.subject)


def handoff_digits_for(transaction: Transaction) -> int:
    """Return how many digits the number has by which a second device takes this over; 0 where none may.

    An approval has come to the person's phone already, and what a passkey has begun stays where it is.
    """
    begun = transaction.state != Transaction.State.OPEN or transaction.device_id is not None
    approval = bool(SignInRequest.from_json(transaction.request).backchannel)
    handoff = transaction.handoff
    over = handoff is not None and handoff.is_over
    if transaction.kind not in Transaction.HANDED_ON or begun or approval or over:
        return 0
    return handoff_digits()


def nearness_of(transaction: Transaction) -> Nearness:
    """Return whether the desk has to hear the phone's passkey before it hands a sign-in on, may, or cannot.

    Who enrols has no passkey yet that a desk could hear.
    """
    if transaction.kind != Kind.AUTHENTICATE:
        return "none"
    return "needed" if handoff_needs_nearness() else "offered"


def face_demanded(transaction: Transaction) -> bool:
    """Whether a sign-in without a camera does not answer the relying party, whatever else is proven."""
    if transaction.kind != Kind.AUTHENTICATE or transaction.client is None:
        return False
    asked, client = SignInRequest.from_json(transaction.request), transaction.client
    return asked.face or asked.presence or requires_face(client) or requires_presence(client)


def recovered_is_too_little(transaction: Transaction) -> bool:
    """Whether the passkey was made with a recovery code, and the relying party takes no less than L2.

    An essential acr that is known to nobody here is refused long before.
    """
    if transaction.device is None or not transaction.device.recovered or transaction.client is None:
        return False
    asked = SignInRequest.from_json(transaction.request)
    essential = asked.essential_acr
    enough = essential is None or any(level_of(acr) == Level.L1 for acr in essential)
    return floor_of(transaction.client, asked.scope) > Level.L1 or not enough


def passkey_options(
    transaction: Transaction,
    *,
    session_key: Any,
    passkey: Any = None,
    agent: Any = None,
    receiving_key: Any = None,
) -> dict[str, Any]:
    """Return the options of the ceremony that is due now; raises Refused.

    `passkey` is "existing" where a person who enrols uses a passkey that they have, else None. `agent`
    describes itself, or is None as in the release before: a page that is too old is told so before it has a
    passkey made. `receiving_key` is the phone's own, where references are to be sealed to it.
    """
    require_passkey_kind(transaction)
    if passkey not in (None, "existing"):
        raise Refused("bad-passkey", _("Please reload the page."), detail=f"passkey {passkey!r}")
    if agent is not None:
        read_agent(agent)
    hold_to_key(transaction, session_key)
    if _waits_for_the_face(transaction):
        raise _no_passkey_now()
    creates = _creates(transaction) and not (passkey and transaction.kind == Kind.ENROL)
    if receiving_key is not None:
        _require_receiving(transaction, creates=creates)
    begin = begin_making if creates else begin_proving
    return begin(transaction, session_key=session_key, receiving_key=receiving_key)


def _require_receiving(transaction: Transaction, *, creates: bool) -> None:
    """Refuse a receiving key where nothing would be sealed to it, and where a sign-in would change it."""
    if wanted_from(transaction).compare and (creates or transaction.kind == Kind.ENROL):
        return
    raise not_this_model(
        _("Your face is not compared on this device."),
        detail="a receiving key, which the application model does not take, or not here",
        status=400,
    )


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
    transaction: Transaction, credential: dict[str, Any], agent: Described, browser_key: str
) -> dict[str, str]:
    proves = not _creates(transaction) or _proves(transaction)
    finish = finish_proving if proves else finish_making
    current = finish(transaction, credential=credential, agent=agent, browser_key=browser_key)
    return _after_proof(current) if proves else _after_creation(current)


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
        following = _before_the_face(transaction)
        if following is not None:
            return following
    if transaction.kind == Kind.RENEW:
        return {"next": "no-renewal"}
    if _is_too_old(transaction) and _is_offered_at_any_age(transaction) and not spares_the_turn(transaction):
        record(Tag.FACE_TOO_OLD, transaction=transaction.id, subject=str(transaction.subject_id))
        return {"next": "renew"}
    if face_demanded(transaction):
        # Said before the relying party hears of it; the agent goes on without the face, or leaves.
        return {"next": "demanded"}
    return finish_without_face(transaction)


def _before_the_face(transaction: Transaction) -> dict[str, str] | None:
    """Let the person agree to a new notice, or choose.

    None where a person whom no challenge fits would have to agree before a sign-in: they are left in peace.
    """
    assert transaction.subject is not None
    model, spared = noticed_model(transaction), spares_the_turn(transaction)
    if covers_capture(transaction.subject, model):
        return _to_the_face(transaction, spared=spared)
    if spared and transaction.kind == Kind.AUTHENTICATE:
        return None
    version = current_notice(transaction.tenant, model).version
    record(Tag.NOTICE_SHOWN, transaction=transaction.id, subject=str(transaction.subject_id), notice=version)
    return {"next": "agree"}


def _to_the_face(transaction: Transaction, *, spared: bool) -> dict[str, str]:
    """Let the person choose, the way without first for whom the turn is spared; who renews has chosen."""
    if transaction.kind == Kind.RENEW:
        return {"next": "capture"}
    model = noticed_model(transaction)
    shown = {} if model is None or model.compares else {"shows": "presence"}
    return {"next": "choose", **({"first": "passkey"} if spared else {}), **shown}


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
    give_consent(
        subject=transaction.subject,
        notice_version=str(notice_version),
        model=noticed_model(transaction),
    )
    return _to_the_face(transaction, spared=spares_the_turn(transaction))


def _after_creation(transaction: Transaction) -> dict[str, str]:
    return {"next": "capture"} if face_offered(transaction) else finish_without_face(transaction)


def finish_without_face(transaction: Transaction) -> dict[str, str]:
    """Decide by the passkey alone and return where the browser goes; raises Refused before device proof."""
    decline_face(transaction)
    return {"next": "done", "continue_url": transaction.agents_way_on}
