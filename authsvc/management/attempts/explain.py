"""One attempt, told step by step from its transaction, its captures and its audit events.

Nothing here knows a score: none is stored (S7-02, S9.4-11). A step says which rule decided, what came
and what was expected.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.levels import Evidence, assess
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.application_models import ApplicationModel, application_model
from authsvc.core.components import WORDS
from authsvc.core.texts import Text
from authsvc.management.attempts.reasons import reason_text
from authsvc.management.keeping import compared, kept
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import LivenessRequest, SignInRequest
from authsvc.transactions.services import LOST, NOT_FOLLOWED, RELEASED

Facts = list[tuple[Text, Text]]


@dataclass(frozen=True)
class Step:
    """What happened: `kind` is good, bad, warn or empty; `facts` are pairs of a name and a value."""

    title: Text
    at: datetime
    kind: str = ""
    text: Text = ""
    facts: Facts = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """A step without its time, as the tellers below give it."""

    title: Text
    kind: str = ""
    text: Text = ""
    facts: Facts = field(default_factory=list)


def explain(
    transaction: Transaction, captures: Iterable[Capture], events: Sequence[AuditEvent]
) -> list[Step]:
    """Return the steps of an attempt in their order, from the request to the tokens."""
    by_id = {capture.id: capture for capture in captures}
    steps = []
    for event in events:
        tell = _TELLERS.get(event.tag, _tell_other)
        told = tell(transaction, by_id.get(str(event.details.get("capture", ""))), event)
        steps.append(Step(told.title, event.at, told.kind, told.text, told.facts))
    return steps


_BEGINNINGS = {
    Transaction.Kind.ENROL.value: _("An enrolment began"),
    Transaction.Kind.BIND.value: _("Adding a passkey began"),
    Transaction.Kind.OWN_PAGE.value: _("Opening the own page began"),
    Transaction.Kind.RECOVER.value: _("A recovery began"),
    Transaction.Kind.RENEW.value: _("Renewing the face began"),
}
_COUNTED = {"good": _("yes; the failures before it are forgotten"), "warn": _("no")}


def _tell_opened(transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    if transaction.kind == Transaction.Kind.LIVENESS:
        return _tell_session(transaction)
    if transaction.kind != Transaction.Kind.AUTHENTICATE:
        return Told(_BEGINNINGS[transaction.kind])
    asked = SignInRequest.from_json(transaction.request)
    name = transaction.client.name if transaction.client else _("a relying party")
    facts = [
        (_("Assurance asked for"), _words(asked.essential_acr) or _words(asked.acr_values)),
        (_("Face"), _("demanded by the request") if asked.face else ""),
        (_("Redirect URI"), asked.redirect_uri),
        (_("Scope"), _words(asked.scope)),
        (_("Max age"), "" if asked.max_age is None else _in_seconds(asked.max_age)),
    ]
    return Told(_("%(name)s asked to sign a person in") % {"name": name}, facts=_present(facts))


def _tell_session(transaction: Transaction) -> Told:
    name = transaction.client.name if transaction.client else _("a relying party")
    asked = LivenessRequest.from_json(transaction.request)
    facts = [
        (_("Key of its page"), asked.jkt),
        (_("A developer’s choice, without a camera"), asked.sandbox),
    ]
    title = _("%(name)s asked whether a living person is before a camera") % {"name": name}
    return Told(
        title, text=_("It is about nobody in particular, and nothing is compared."), facts=_present(facts)
    )


_HANDED_ON: Mapping[str, tuple[Text, str, Text]] = {
    Tag.HANDOFF_NEAR: (
        _("The phone’s passkey answered at the computer, over Bluetooth"),
        "good",
        _("Its holder was near."),
    ),
    Tag.HANDOFF_OPENED: (_("A code for a second device was shown"), "", ""),
    Tag.HANDOFF_MET: (_("A second device opened the code, and was asked for the number"), "", ""),
    Tag.HANDOFF_TAKEN: (
        _("It typed the right number and took over"),
        "good",
        _("L2 is the most from here on."),
    ),
    Tag.HANDOFF_WRONG: (
        _("It typed another number"),
        "bad",
        _("There is no second try, and no second code in this attempt."),
    ),
    Tag.HANDOFF_DENIED: (
        _("Whoever opened the code had no such screen before them"),
        "bad",
        _("Somebody may have sent it to them."),
    ),
}


def _tell_handoff(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    title, kind, text = _HANDED_ON[event.tag]
    return Told(title, kind, text)


def _tell_device(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    kinds = {
        "hwk": _("hardware, as its attestation proves (hwk)"),
        "swk": _("not proven to be hardware, so it may have been copied (swk)"),
    }
    agent = event.details.get("agent") or {}
    facts = [
        (_("Passkey"), kinds.get(str(event.details.get("kind")), "")),
        (_("User verified on the device"), _("yes") if event.details.get("user_verified") else _("no")),
        (_("Agent"), _words([agent.get("type"), agent.get("build")])),
    ]
    return Told(_("The passkey was proven"), "good", facts=_present(facts))


def _tell_device_refused(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    text = _("No face was asked for, and none of the person's tries was used.")
    return Told(_("The passkey was refused"), "bad", text, _reason(event))


def _tell_key(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    agent = event.details.get("agent") or {}
    facts = [(_("Agent"), _words([agent.get("type"), agent.get("build")]))]
    return Told(_("The page proved the key that the site had named"), "good", facts=_present(facts))


def _tell_key_refused(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    text = _("No camera was asked for.")
    return Told(_("The page did not prove the key that the site had named"), "bad", text, _reason(event))


def _tell_declined(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    return Told(_("The person continued without their face"), "good")


def _tell_too_old(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    text = _("It counts as absent until the person renews it. The passkey goes on alone.")
    return Told(_("The face was set up or renewed over two years ago"), "warn", text)


def _tell_renewed(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    facts = [(_("Moments that count now"), _words(str(event.details.get("moments", ""))))]
    return Told(_("A moment was added to the reference"), "good", facts=_present(facts))


def _tell_challenge(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    if event.details.get("asks"):
        return Told(_("The phone asked for the reference, to compare it"))
    number, cues = event.details.get("number", 1), event.details.get("cues", [])
    return Told(
        _("Challenge %(number)s was issued") % {"number": number},
        facts=_present([(_("Asked for"), ", ".join(map(str, cues)))]),
    )


def _tell_sample(_transaction: Transaction, capture: Capture | None, event: AuditEvent) -> Told:
    size = _("%(size)d KiB, encrypted") % {"size": int(event.details.get("size", 0)) // 1024}
    facts: Facts = [(_("Size"), size)]
    if capture is not None and capture.submitted_at is not None:
        facts.append((_("After the challenge"), _seconds(capture.issued_at, capture.submitted_at)))
    return Told(_("A sealed sample arrived"), facts=facts)


def _tell_sample_refused(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(_("A sample was refused on arrival"), "bad", facts=_reason(event))


def _tell_verdict(transaction: Transaction, capture: Capture | None, event: AuditEvent) -> Told:
    outcome = str(event.details.get("outcome", ""))
    title, kind = {
        Capture.State.ACCEPTED.value: (_accepted(transaction, capture), "good"),
        Capture.State.AGAIN.value: (_("The pictures were too poor to judge"), "warn"),
        Capture.State.EXPIRED.value: (_("No verdict came in time"), "bad"),
    }.get(outcome, (_("The face was refused"), "bad"))
    if capture is not None and capture.hint == LOST:
        title, kind = _("No verdict came in time, and the person was asked again"), "warn"
    if capture is not None and capture.reason == RELEASED:
        title = _("The reference was sealed for the phone, which compares")
    if capture is not None and capture.reason == NOT_FOLLOWED:
        title, kind = _("The person did not follow the cues, and was asked again"), "bad"
    facts = [] if kind == "good" else _reason(event)
    if capture is not None and capture.submitted_at and capture.decided_at:
        facts.append((_("Verdict after"), _seconds(capture.submitted_at, capture.decided_at)))
    if capture is not None and capture.hint:
        facts.append((_("Hint shown to the person"), capture.hint))
    if capture is not None and capture.charged:
        counted = _COUNTED.get(kind, _("yes"))
        facts.append((_("Counted as a try"), counted))
    return Told(title, kind, facts=[*facts, *_whereabouts(transaction, capture), *_judged_by(event)])


def _accepted(transaction: Transaction, capture: Capture | None) -> Text:
    row = _model_of(transaction, capture)
    nobody = transaction.kind == Transaction.Kind.LIVENESS
    if not nobody and (row is None or row.compares):
        return _("The face was accepted")
    return _("A living person was before the camera, and was compared with nothing")


def _whereabouts(transaction: Transaction, capture: Capture | None) -> Facts:
    """Return where the reference lay and where it was compared, of the face that this capture proved."""
    row = _model_of(transaction, capture)
    return [] if row is None else [(_("Reference"), kept(row)), (_("Compared"), compared(row))]


def _model_of(transaction: Transaction, capture: Capture | None) -> ApplicationModel | None:
    """Return the application model by which this capture was accepted, None where it was not."""
    face = transaction.evidence.face
    return application_model(face.model) if face and capture and face.capture == capture.pk else None


def _judged_by(event: AuditEvent) -> Facts:
    """Return how each stage ended, and what judged it."""
    details = event.details
    stages = details.get("stages") or {}
    facts = [
        (_("Stages"), "; ".join(f"{stage} {band}" for stage, band in stages.items())),
        (_("Engine"), str(details.get("engine", ""))),
        (_("Policy"), str(details.get("policy", ""))),
        (_("Evaluation record"), str(details.get("record", ""))),
        (_("Camera, as the page says"), str(details.get("camera", ""))),
        (_("Worked with"), "; ".join(_part(each) for each in details.get("components") or [])),
    ]
    return _present(facts)


def called(kind: str, name: str) -> str:
    """Return what a part of the installation is called: its kind, and of a worker its pool."""
    return " ".join([gettext(WORDS[kind]), *([name] if name else [])])


def _part(stored: Mapping[str, str]) -> str:
    """Return a declared part in words, as an event has it."""
    said = [stored["grade"], *([stored["region"]] if stored["region"] else [])]
    return f"{called(stored['kind'], stored['name'])} ({', '.join(said)})"


def _tell_verdict_refused(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(_("A verdict was not believed"), "bad", _("It changed nothing."), _reason(event))


def _tell_erased(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    return Told(_("The sample was erased"))


def _tell_agent_refused(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(_("A step of the sign-in page was refused"), "bad", facts=_reason(event))


def _tell_consumed(transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    if transaction.kind == Transaction.Kind.LIVENESS:
        return Told(_("The site took the signed result, once"), "good")
    if transaction.kind != Transaction.Kind.AUTHENTICATE:
        return Told(_("The result was taken over, once"), "good")
    assessment = assess(Evidence.from_record(transaction.evidence))
    facts = [
        (_("Level reached"), assessment.level.name),
        (_("Methods"), " ".join(assessment.amr)),
        (_("Not higher because"), "; ".join(gettext(reason) for reason in assessment.reasons)),
    ]
    return Told(_("The result was handed over, once"), "good", facts=_present(facts))


def _tell_expired(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    return Told(_("The time was over"), "warn", facts=[(_("Allowed"), _("300 s from the request"))])


def _tell_cancelled(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    return Told(_("The person left"), "warn")


def _tell_code(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    facts = [("acr", str(event.details.get("acr", ""))), ("amr", _words(event.details.get("amr")))]
    return Told(_("An authorization code was issued"), "good", facts=_present(facts))


def _tell_token(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    return Told(_("The code was exchanged for tokens"), "good")


def _tell_test(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    return Told(_("The token was made, read and shown in the portal; nobody was signed in"), "good")


def _tell_refusal(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(_("A request was refused"), "bad", facts=_reason(event))


def _tell_other(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(tag_text(event.tag), facts=_reason(event))


_WAYS = {"push": _("a push to a device"), "mail": _("mail")}
_NOT_TOLD = {
    "quiet-hours": _("It was in their quiet hours; their own page shows it meanwhile."),
    "no-way": _("No device takes pushes, and no mail reaches them."),
}


def _tell_asked(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    return Told(_("The relying party asked, without a browser"))


def _tell_told(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(_("The person was told"), "good", facts=_way(event))


def _tell_not_told(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    answer = [] if event.reason in _NOT_TOLD else [(_("Because"), event.reason)]
    facts = [*_way(event), *answer]
    return Told(_("The person was not told"), "warn", _NOT_TOLD.get(event.reason, ""), _present(facts))


def _way(event: AuditEvent) -> Facts:
    way = _WAYS.get(str(event.details.get("way", "")), "")
    return _present([(_("By"), way)])


def tag_text(tag: str) -> str:
    """Return `source:subject:action` as words: "Subject action"."""
    _, _, rest = tag.partition(":")
    return rest.replace(":", " ").replace("-", " ").capitalize() or tag


_TELLERS: Mapping[str, Callable[[Transaction, Capture | None, AuditEvent], Told]] = {
    Tag.TRANSACTION_OPENED: _tell_opened,
    **dict.fromkeys(_HANDED_ON, _tell_handoff),
    Tag.BACKCHANNEL_ASKED: _tell_asked,
    Tag.PERSON_TOLD: _tell_told,
    Tag.PERSON_NOT_TOLD: _tell_not_told,
    Tag.DEVICE_PROVEN: _tell_device,
    Tag.DEVICE_REFUSED: _tell_device_refused,
    Tag.KEY_PROVEN: _tell_key,
    Tag.KEY_REFUSED: _tell_key_refused,
    Tag.FACE_DECLINED: _tell_declined,
    Tag.FACE_TOO_OLD: _tell_too_old,
    Tag.FACE_RENEWED: _tell_renewed,
    Tag.CHALLENGE_ISSUED: _tell_challenge,
    Tag.SAMPLE_ACCEPTED: _tell_sample,
    Tag.SAMPLE_REFUSED: _tell_sample_refused,
    Tag.SAMPLE_ERASED: _tell_erased,
    Tag.VERDICT_RECORDED: _tell_verdict,
    Tag.VERDICT_REFUSED: _tell_verdict_refused,
    Tag.AGENT_REFUSED: _tell_agent_refused,
    Tag.TRANSACTION_CONSUMED: _tell_consumed,
    Tag.TRANSACTION_EXPIRED: _tell_expired,
    Tag.TRANSACTION_CANCELLED: _tell_cancelled,
    Tag.CODE_ISSUED: _tell_code,
    Tag.CODE_REUSED: _tell_refusal,
    Tag.TOKEN_ISSUED: _tell_token,
    Tag.TEST_SIGNED_IN: _tell_test,
    Tag.TOKEN_REFUSED: _tell_refusal,
    Tag.REQUEST_REFUSED: _tell_refusal,
    Tag.LIVENESS_REFUSED: _tell_refusal,
}


def _reason(event: AuditEvent) -> Facts:
    facts = [(_("Rule"), event.reason), (_("What it means"), reason_text(event.reason))]
    for label, name in (
        (_("What came"), "came"),
        (_("What was expected"), "expected"),
        (_("Detail"), "detail"),
    ):
        facts.append((label, str(event.details.get(name) or "")))
    return _present(facts)


def _present(facts: Iterable[tuple[Text, Text]]) -> Facts:
    return [(label, value) for label, value in facts if value]


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(str(item) for item in value if item)
    return str(value or "")


def _seconds(start: datetime, end: datetime) -> str:
    return _in_seconds(f"{(end - start).total_seconds():.1f}")


def _in_seconds(number: object) -> str:
    return _("%(number)s s") % {"number": number}
