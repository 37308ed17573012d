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
from authsvc.core.texts import Text
from authsvc.management.attempts.reasons import reason_text
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import SignInRequest
from authsvc.transactions.services import NOT_FOLLOWED

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


def _tell_declined(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    return Told(_("The person continued without their face"), "good")


def _tell_too_old(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    text = _("It counts as absent until the person renews it. The passkey goes on alone.")
    return Told(_("The face was set up or renewed over two years ago"), "warn", text)


def _tell_renewed(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    facts = [(_("Moments that count now"), _words(str(event.details.get("moments", ""))))]
    return Told(_("A moment was added to the reference"), "good", facts=_present(facts))


def _tell_challenge(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
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


def _tell_verdict(_transaction: Transaction, capture: Capture | None, event: AuditEvent) -> Told:
    outcome = str(event.details.get("outcome", ""))
    title, kind = {
        Capture.State.ACCEPTED.value: (_("The face was accepted"), "good"),
        Capture.State.AGAIN.value: (_("The pictures were too poor to judge"), "warn"),
        Capture.State.EXPIRED.value: (_("No verdict came in time"), "bad"),
    }.get(outcome, (_("The face was refused"), "bad"))
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
    return Told(title, kind, facts=[*facts, *_judged_by(event)])


def _judged_by(event: AuditEvent) -> Facts:
    """Return how each stage ended, and what judged it."""
    details = event.details
    stages = details.get("stages") or {}
    facts = [
        (_("Stages"), "; ".join(f"{stage} {band}" for stage, band in stages.items())),
        (_("Engine"), str(details.get("engine", ""))),
        (_("Policy"), str(details.get("policy", ""))),
        (_("Evaluation record"), str(details.get("record", ""))),
    ]
    return _present(facts)


def _tell_verdict_refused(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(_("A verdict was not believed"), "bad", _("It changed nothing."), _reason(event))


def _tell_erased(_transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
    return Told(_("The sample was erased"))


def _tell_agent_refused(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(_("A step of the sign-in page was refused"), "bad", facts=_reason(event))


def _tell_consumed(transaction: Transaction, _capture: Capture | None, _event: AuditEvent) -> Told:
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


def _tell_refusal(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(_("A request was refused"), "bad", facts=_reason(event))


def _tell_other(_transaction: Transaction, _capture: Capture | None, event: AuditEvent) -> Told:
    return Told(tag_text(event.tag), facts=_reason(event))


def tag_text(tag: str) -> str:
    """Return `source:subject:action` as words: "Subject action"."""
    _, _, rest = tag.partition(":")
    return rest.replace(":", " ").replace("-", " ").capitalize() or tag


_TELLERS: Mapping[str, Callable[[Transaction, Capture | None, AuditEvent], Told]] = {
    Tag.TRANSACTION_OPENED: _tell_opened,
    Tag.DEVICE_PROVEN: _tell_device,
    Tag.DEVICE_REFUSED: _tell_device_refused,
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
    Tag.TOKEN_REFUSED: _tell_refusal,
    Tag.REQUEST_REFUSED: _tell_refusal,
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
