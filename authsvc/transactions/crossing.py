"""By which application model a transaction goes, and what its agent is so asked to send beside its frames."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from authsvc.audit.tags import Tag
from authsvc.core.application_models import ApplicationModel, Flow, Place
from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.policy.services import allowed_models, policy_stands
from authsvc.privacy.consent import live_consent
from authsvc.privacy.models import ConsentReceipt
from authsvc.privacy.notice import Purpose
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Capture, Transaction
from authsvc.vault.chosen import model_for_new, model_of_reference

_OPENING = (Transaction.Kind.AUTHENTICATE, Transaction.Kind.BIND, Transaction.Kind.RENEW)


@dataclass(frozen=True)
class KeptThere:
    """Which reference, of those that a phone may keep, is wanted: its pseudonym and version."""

    id: str
    version: int


@dataclass(frozen=True)
class Wanted:
    """What a sample is to hold: a share, what the phone keeps of a reference, and a key to answer to.

    `compare` says that the phone compares: in a sign-in it asks for the reference before each challenge, and
    sends what it found; what lets it do so, its receiving key, it names when it enrols. What is not wanted is
    refused where it comes all the same (S6.3-01).
    """

    share: bool
    reference: KeptThere | None
    receiver: bool
    compare: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as an agent is told; `compare` where it is so, as the releases before read it."""
        said = asdict(self)
        if not self.compare:
            del said["compare"]
        return said


def model_of_person(subject: Subject | None) -> ApplicationModel | None:
    """Return the model of a person's reference, or the allowed one that keeps none and that they agreed to.

    None where they have neither. Nobody comes from one to the other but by an enrolment, in which they agree
    to it: the newest consent counts.
    """
    if subject is None or subject.has_face:
        return model_of_reference(subject)
    return model_agreed_to(live_consent(subject))


def model_agreed_to(agreed: ConsentReceipt | None) -> ApplicationModel | None:
    """Return the allowed model that keeps no reference, where a consent that holds is to that."""
    if agreed is None or agreed.purpose != Purpose.PRESENCE:
        return None
    return next((row for row in allowed_models() if not row.keeps), None)


def noticed_model(row: Transaction) -> ApplicationModel | None:
    """Return the model whose notice the person reads: None, for that of new references, where one is made."""
    return None if row.kind == Transaction.Kind.ENROL else model_of_person(row.subject)


def model_of_transaction(row: Transaction) -> ApplicationModel:
    """Return the model of what an enrolment makes, or else that of the person.

    Who has none goes by that of new references, which opens nothing of theirs. Raises BrokenPolicy where
    there is no policy to go by.
    """
    return noticed_model(row) or model_for_new()


def wanted_from(row: Transaction) -> Wanted:
    """Return what the agent of a transaction is asked to send in its sample; raises BrokenPolicy.

    Where nobody is known there is nothing to open: of a session of liveness come frames alone.
    """
    if row.kind == Transaction.Kind.LIVENESS:
        return Wanted(share=False, reference=None, receiver=False)
    model, subject = model_of_transaction(row), row.subject
    keeps, sends = model.stored is Place.PHONE, Flow.REFERENCE in model.crossing.up
    kept = None
    if sends and row.kind in _OPENING and subject is not None and subject.has_face:
        kept = KeptThere(subject.reference, subject.reference_version)
    return Wanted(
        share=Flow.SHARE in model.crossing.up,
        reference=kept,
        receiver=keeps and row.kind in Transaction.LEAVING,
        compare=model.sends_to_phone,
    )


def wanted_in(row: Transaction, capture: Capture) -> Wanted:
    """Return what the answer to one challenge is to hold; raises BrokenPolicy.

    Where the phone compares, the share goes up for the reference's release, and the result with the pictures.
    """
    wanted = wanted_from(row)
    if not wanted.compare:
        return wanted
    signs_in = row.kind == Transaction.Kind.AUTHENTICATE
    return replace(wanted, share=capture.releases or not signs_in, compare=signs_in and not capture.releases)


def comes_down(row: Transaction) -> bool:
    """Whether a worker may leave something for the agent, by the application model; raises BrokenPolicy."""
    model = model_of_transaction(row)
    if model.sends_to_phone:
        return row.kind == Transaction.Kind.AUTHENTICATE
    return Flow.REFERENCE in model.crossing.down


def phone_compares(row: Transaction) -> bool:
    """Whether it is a sign-in in which the phone is to compare; raises BrokenPolicy."""
    return row.kind == Transaction.Kind.AUTHENTICATE and model_of_transaction(row).sends_to_phone


def not_this_model(said: Text, *, detail: str, status: int) -> Refused:
    """Return the refusal and event of a flow that the model does not list: 400 up, 403 down (S6.3-01)."""
    return Refused("not-this-model", said, detail=detail, status=status, tag=Tag.FLOW_REFUSED)


def is_in_vain(row: Transaction) -> bool:
    """Whether the phone would have to compare in a sign-in, now or after this enrolment, and may not.

    Before device proof nobody knows. Raises BrokenPolicy.
    """
    if row.kind not in (Transaction.Kind.AUTHENTICATE, Transaction.Kind.ENROL) or row.evidence.agent is None:
        return False
    return model_of_transaction(row).sends_to_phone and not phone_may_compare(row)


def phone_may_compare(row: Transaction) -> bool:
    """Whether the reference may be sent to the transaction's agent, to be compared.

    Something vouches for the agent's keys, or it is a page before a tenant without real people, where what it
    says is no face (ADR 0471). It has a key to receive by, and its passkey releases a share that the model
    takes. Raises BrokenPolicy.
    """
    agent, device = row.evidence.agent, row.device
    if agent is None or device is None or not device.receiving_key:
        return False
    if not (agent.is_native or (agent.is_page and row.tenant.lets_simulators_in)):
        return False
    return device.share_kind in model_of_transaction(row).shares


def pages_may_compare(tenant: Tenant) -> bool:
    """Whether a page of the tenant in scope may have to compare; without a policy to go by it has not.

    What it loads for that is offered there alone.
    """
    if not tenant.lets_simulators_in or not policy_stands():
        return False
    return any(model.sends_to_phone for model in allowed_models())
