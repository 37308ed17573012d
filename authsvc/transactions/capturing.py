"""Challenges, samples and what becomes of them; one sample a challenge, one verdict a sample."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.db import transaction as database
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import signed as signed_event
from authsvc.audit.tags import Tag
from authsvc.core.application_models import ApplicationModel
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.measures import count_face
from authsvc.keys.samples import held_keys, still_held
from authsvc.policy.services import pinned_region
from authsvc.privacy.consent import is_covered, live_consent
from authsvc.privacy.models import ConsentReceipt
from authsvc.privacy.notice import current_notice, purpose_of
from authsvc.seals.written import Given, Written
from authsvc.subjects.models import Subject
from authsvc.tenancy.rows import change_of, insert
from authsvc.transactions import tries
from authsvc.transactions.crossing import is_in_vain, model_of_transaction
from authsvc.transactions.crowding import require_room_in_the_queue
from authsvc.transactions.drawing import (
    COMPARING,
    LOST,
    end_waiting,
    is_waiting,
    open_challenge,
    require_room,
    say_drawn,
)
from authsvc.transactions.lifecycle import BESIDE, LIFE, locked
from authsvc.transactions.models import AttemptCounter, Capture, SealedSample, Transaction
from authsvc.transactions.records import NO_FINDINGS, Findings, Verdict
from authsvc.transactions.releasing import RELEASED, require_releasable, require_released
from authsvc.transactions.telling import told_of
from authsvc.transactions.verdict import check_verdict, verdict_refused
from authsvc.vault.ageing import is_absent

CHALLENGE_LIFE = timedelta(seconds=120)
VERDICT_WITHIN = timedelta(seconds=60)
FORGIVEN = 20
"""So many samples of a person that we did not judge in time cost no try within a day."""

NOT_FOLLOWED = "cues-not-followed"
"""A verdict's reason: nobody did what was asked before the camera. The person is asked again, and has had a
try (T07).
"""

_FAILED = (Capture.State.REFUSED, Capture.State.EXPIRED)
OUTDATED = frozenset({"reference-of-another-engine", "reference-too-old", "model-not-allowed"})
"""Why a reference cannot be compared at all: nothing was judged, and no further try would help."""
UNMEASURED = "engine-not-measured"
"""Why no face can be: the installation's face network was never measured."""
_UNJUDGED = OUTDATED | {UNMEASURED}


@database.atomic
def issue_capture(
    row: Transaction, *, challenge: dict[str, Any], offered_to: Sequence[str] | None = None
) -> Capture:
    """Store a fresh challenge for a proven device, or return the one that waits for its answer.

    `challenge` is what is asked where none waits, `offered_to` the ids of the sample keys that the answer may
    be sealed to. Call `count_overdue` before. Raises Refused before device proof (409), without the person's
    consent, when the face is locked, after too many challenges (423), or when the transaction has used its
    three match tries or ten quality retries, and where its sample would wait too long (503). A sign-in and a
    renewal need consent to the notice as it stands now, and a sign-in a face that is not too old; a recovery
    and a way to the own page take no face. Where nothing of a face is kept, a sign-in alone has a capture; a
    session of liveness, in which nobody is known, always has; where the phone compares, each of its
    challenges takes a release before it (releasing.py).
    """
    current = locked(row.pk, "subject__tenant", "device")
    _require_proven(current)
    releasing = challenge.get("asks") == Capture.REFERENCE
    if releasing:
        require_releasable(current)
    counter = tries.begin_counting(current.subject) if current.subject is not None else None
    drawn, offered = _drawn_in(current), None if offered_to is None else list(offered_to)
    _require_capture(current, drawn, counter)
    waiting = open_challenge(drawn)
    if waiting is None or waiting.releases != releasing:
        if not releasing:
            require_released(current)
        require_room_in_the_queue(current)
        _make_room(current, drawn, counter)
        waiting = _new_capture(current, challenge, offered, number=len(drawn) + 1)
    else:
        _offer_again(current, waiting, offered)
    return waiting


def _drawn_in(current: Transaction) -> list[Capture]:
    """Return all challenges of a transaction."""
    drawn = _DRAWN.rows(transaction=current.pk)
    for capture in drawn:
        capture.transaction = current
    return drawn


_DRAWN: Final = Written(lambda: Capture.objects.filter(transaction_id=Given("transaction")))


def _offer_again(current: Transaction, waiting: Capture, offered: list[str] | None) -> None:
    if waiting.offered_to != offered:
        waiting.offered_to = offered
        waiting.save(update_fields=["offered_to"])
    if current.state != Transaction.State.CHALLENGED:
        current.state = Transaction.State.CHALLENGED
        current.save(update_fields=["state"])


def _make_room(current: Transaction, drawn: Sequence[Capture], counter: AttemptCounter | None) -> None:
    """End the challenge whose place another takes, and refuse that one where the person may have no more."""
    if any(map(is_waiting, drawn)):
        end_waiting(current)
        if counter is not None:
            counter.refresh_from_db()
    if counter is not None:
        require_room(current, counter)


def _new_capture(
    current: Transaction, challenge: dict[str, Any], offered: list[str] | None, *, number: int
) -> Capture:
    moment = now()
    capture = Capture(
        tenant_id=current.tenant_id,
        transaction=current,
        number=number,
        challenge=challenge,
        issued_at=moment,
        expires_at=min(moment + CHALLENGE_LIFE, current.expires_at),
        offered_to=offered,
    )
    say_drawn(capture)
    issued = signed_event(
        Tag.CHALLENGE_ISSUED,
        **told_of(current),
        capture=capture.pk,
        number=capture.number,
        cues=[step["cue"] for step in challenge.get("steps", [])],
        **({"asks": challenge["asks"]} if capture.releases else {}),
    )
    current.state = Transaction.State.CHALLENGED
    insert([issued], capture, along=change_of(current, "state"))
    return capture


def _require_proven(current: Transaction) -> None:
    if current.state not in Transaction.BEFORE_THE_CAMERA:
        raise Refused("not-proven", _("Use your passkey first."), detail=f"state {current.state}", status=409)


def _require_capture(current: Transaction, drawn: Sequence[Capture], counter: AttemptCounter | None) -> None:
    if current.face_closed or tries_used(current, drawn) or _has_no_capture(current):
        raise Refused(
            "face-closed",
            _("Continue without your face, or start again."),
            detail="every try is used, or none is offered",
            status=409,
        )
    if current.kind != Transaction.Kind.LIVENESS:
        _require_agreed_face(current, counter)


def _require_agreed_face(current: Transaction, counter: AttemptCounter | None) -> None:
    subject, model = current.subject, model_of_transaction(current)
    consent = live_consent(subject, purpose_of(model)) if subject is not None else None
    if subject is None or consent is None or counter is None:
        raise Refused(
            "no-consent", _("Please agree to the notice first."), detail="no live consent", status=403
        )
    if current.kind in {Transaction.Kind.AUTHENTICATE, Transaction.Kind.RENEW}:
        _require_usable_face(subject, model, consent)
        tries.refuse_if_closed(counter)
        _require_young_face(current.kind, subject)
    elif current.kind == Transaction.Kind.BIND:
        tries.refuse_if_closed(counter)


def _has_no_capture(current: Transaction) -> bool:
    """Whether nothing is ever shown to a camera in it: by its kind, or in vain."""
    if current.kind in Transaction.WITHOUT_CAMERA or is_in_vain(current):
        return True
    if current.kind == Transaction.Kind.LIVENESS:
        return False
    return current.kind != Transaction.Kind.AUTHENTICATE and not model_of_transaction(current).keeps


def _require_usable_face(subject: Subject, model: ApplicationModel, consent: ConsentReceipt) -> None:
    if model.keeps and not subject.has_face:
        raise Refused(
            "no-face", _("No face is enrolled. Continue without it."), detail="no reference", status=409
        )
    if not is_covered(consent, current_notice(subject.tenant, model)):
        raise Refused(
            "notice-changed",
            _("Please read the notice first."),
            detail="consent to another notice, or one that is about to end",
            status=403,
        )


def _require_young_face(kind: str, subject: Subject) -> None:
    if kind == Transaction.Kind.AUTHENTICATE and is_absent(subject):
        raise Refused(
            "face-too-old",
            _("Your face has to be renewed first. Continue without it."),
            detail="the newest moment of the reference is too old",
            status=409,
        )


@database.atomic
def accept_sample(row: Transaction, body: bytes) -> Capture:
    """Store the one sealed sample that answers the open challenge, and reserve the try that it costs.

    The server cannot read it. Raises Refused: before device proof, on a second upload, or before the cues
    can have been followed (409); late (410), locked (423).
    """
    current = locked(row.pk)
    capture = _open_in(current)
    if current.state != Transaction.State.CHALLENGED or capture is None:
        raise Refused(
            "no-challenge",
            _("This step is already done."),
            detail=f"state {current.state}, no open challenge",
            status=409,
        )
    moment = now()
    if capture.expires_at <= moment:
        raise Refused(
            "late", _("That took too long. Please try again."), detail="the challenge is over", status=410
        )
    left = capture.issued_at + cues_take(capture.challenge) - moment
    if left > timedelta(0):
        raise Refused(
            "early",
            _("Please follow what the page asks to its end."),
            detail=f"{left.total_seconds():.1f} s before the cues are over",
            status=409,
            retry_after=max(1, math.ceil(left.total_seconds())),
        )
    if current.kind in COMPARING and current.subject_id is not None and not capture.releases:
        tries.reserve_try(current.subject_id)
        capture.charged = True
    capture.state, capture.submitted_at = Capture.State.SUBMITTED, moment
    capture.deadline = moment + VERDICT_WITHIN
    capture.sample_digest = hashlib.sha256(body).hexdigest()
    capture.judge = next_judge(capture)
    current.state = Transaction.State.SUBMITTED
    accepted = signed_event(
        Tag.SAMPLE_ACCEPTED,
        **told_of(current),
        capture=capture.pk,
        sample=capture.sample_digest,
        size=len(body),
    )
    answered = change_of(capture, "state", "submitted_at", "deadline", "sample_digest", "judge", "charged")
    sample = SealedSample(capture=capture, body=body, received_at=moment)
    insert([accepted], sample, along=[answered, change_of(current, "state")])
    return capture


def _open_in(current: Transaction) -> Capture | None:
    """Return the newest challenge of a transaction that waits for its answer."""
    capture = _OPEN.row(transaction=current.pk)
    if capture is not None:
        capture.transaction = current
    return capture


def _open() -> QuerySet[Capture]:
    issued = Capture.objects.filter(transaction_id=Given("transaction"), state=Capture.State.ISSUED)
    return issued.order_by("-number")[:1]


_OPEN: Final = Written(_open)


def cues_take(challenge: Mapping[str, Any]) -> timedelta:
    """Return how long the cues of a challenge take at least: nobody has followed them sooner.

    A step that ends when it is followed counts by its least.
    """
    milliseconds = sum(step.get("least", step["ms"]) for step in challenge.get("steps", []))
    return settings.CUE_SHARE * timedelta(milliseconds=milliseconds)


@database.atomic
def record_verdict(capture_id: str, signed: str, *, findings: Findings = NO_FINDINGS) -> bool:
    """Take the worker's signed verdict on a capture, once; True when it changed anything.

    Late or doubled verdicts change nothing (S6.4-04). The sample is erased in the same step. Raises
    Refused for a forged or cross-wired verdict, which changes nothing either; whoever called records it,
    since what is written here is rolled back. `findings` are for the audit log.
    """
    current, capture = _locked_by(capture_id)
    if capture.state != Capture.State.SUBMITTED or current.state != Transaction.State.SUBMITTED:
        return False
    verdict = check_verdict(signed, capture=capture)
    capture.verdict, capture.hint = signed, verdict.hint or ""
    if verdict.outcome == "accepted":
        _require_kind(capture, verdict)
        _accept(current, verdict)
    _conclude(current, capture, state=verdict.outcome, reason=verdict.reason, findings=findings)
    return True


def _locked_by(capture_id: str) -> tuple[Transaction, Capture]:
    """Return a capture as it stands, and its transaction locked for update."""
    rows = Transaction.objects.select_for_update(of=("self",), no_key=True)
    current = rows.get(captures=capture_id)
    return current, current.captures.get(pk=capture_id)


def next_judge(capture: Capture) -> str:
    """Return the key by which a sample is to be opened: the first whose worker is there, "" where none is."""
    offered = capture.offered_to or []
    held = still_held(offered, region=pinned_region())
    return next((kid for kid in offered if kid in held), "")


@database.atomic
def hand_over(capture_id: str) -> bool:
    """Give a waiting sample whose worker is gone to the other that can open it; True where there is one.

    Where there is none, the person is asked again, and has the try back: nobody has judged anything
    (`_end_unjudged`).
    """
    current, capture = _locked_by(capture_id)
    judge = next_judge(capture)
    if capture.state != Capture.State.SUBMITTED or judge == capture.judge != "":
        return False
    if judge:
        Capture.objects.filter(pk=capture.pk).update(judge=judge)
        return True
    _end_unjudged(current, capture, reason="sample-lost")
    return False


@database.atomic
def expire_capture(capture_id: str) -> bool:
    """End a capture whose verdict did not come in time, and leave nothing of it: the person is asked again.

    That we were late costs them no try (`_end_unjudged`).
    """
    current, capture = _locked_by(capture_id)
    if capture.state != Capture.State.SUBMITTED:
        return False
    _end_unjudged(current, capture, reason="deadline")
    return True


def _end_unjudged(current: Transaction, capture: Capture, *, reason: str) -> None:
    """Ask again for what nobody has judged, and give the try back, up to FORGIVEN a day.

    Beyond that it counts as one that failed: nobody goes on for ever by sending what cannot be judged.
    """
    if forgiven_today(current) < FORGIVEN:
        capture.hint = LOST
        _conclude(current, capture, state=Capture.State.AGAIN, reason=reason)
    else:
        _conclude(current, capture, state=Capture.State.EXPIRED, reason=reason)


def forgiven_today(current: Transaction) -> int:
    """Return how many samples of the person nobody has judged within a day, in whichever attempts."""
    since = now() - timedelta(days=1)
    lost = Capture.objects.filter(hint=LOST, issued_at__gt=since)
    if current.subject_id is None:
        return lost.filter(transaction=current).count()
    # Attempts of a day, by the index of a person's attempts.
    theirs = {"transaction__subject": current.subject_id, "transaction__created_at__gt": since - LIFE}
    return lost.filter(**theirs).count()


def watched(transaction_id: str) -> tuple[Transaction | None, bool]:
    """Return a transaction as `find_live` takes it, and whether its sample waits in vain; by one statement.

    So it costs little to ask again and again whether there is a verdict.
    """
    region = pinned_region()
    row = _watching(is_pinned=bool(region)).row(id=transaction_id, moment=now(), region=region)
    return row, bool(getattr(row, _IN_VAIN, False))


_IN_VAIN: Final = "sample_waits_in_vain"


@cache
def _watching(*, is_pinned: bool) -> Written[Transaction]:
    def write() -> QuerySet[Transaction]:
        its_key = held_keys(Given("region") if is_pinned else "", moment=Given("moment"))
        # As `look_after` asks.
        gone = Q(offered_to__isnull=False) & ~Exists(its_key.filter(kid=OuterRef("judge")))
        waiting = Capture.objects.filter(transaction_id=OuterRef("pk"), state=Capture.State.SUBMITTED)
        in_vain = waiting.filter(Q(deadline__lte=Given("moment")) | gone)
        rows = Transaction.objects.select_related(*BESIDE).filter(pk=Given("id"))
        return rows.annotate(**{_IN_VAIN: Exists(in_vain)})[:1]

    return Written(write)


def look_after(row: Transaction) -> Capture | None:
    """Settle the transaction's sample if it waits in vain: the person need not wait for a sweeper.

    It is asked for again where its verdict is overdue, or nobody is left to open it. Returns
    the capture where another worker can, and has not heard of it.
    """
    if row.state != Transaction.State.SUBMITTED:
        return None
    its_key = held_keys(pinned_region()).filter(kid=OuterRef("judge"))
    waiting = row.captures.filter(state=Capture.State.SUBMITTED).annotate(is_held=Exists(its_key)).first()
    if waiting is None:
        return None
    if waiting.deadline is not None and waiting.deadline <= now():
        handed_over = False
        expire_capture(waiting.pk)
    elif waiting.offered_to is None or waiting.is_held:
        return None
    else:
        handed_over = hand_over(waiting.pk)
        waiting.refresh_from_db()
    row.refresh_from_db()
    return waiting if handed_over else None


def _require_kind(capture: Capture, verdict: Verdict) -> None:
    """Refuse a verdict that accepts a release as a face, or the other way round."""
    if capture.releases != (verdict.reason == RELEASED) or (capture.releases and verdict.face is not None):
        raise verdict_refused("a release that is none, or a face that is one")


def _accept(current: Transaction, verdict: Verdict) -> None:
    if verdict.reason == RELEASED:
        return  # it decides nothing
    current.state, current.decided_at = Transaction.State.DECIDED, now()
    current.evidence = replace(current.evidence, face=verdict.face)
    made = verdict.reference
    if current.kind in Transaction.KEEPING and made is None:
        raise verdict_refused(f"{current.kind} without a reference")
    if (current.kind == Transaction.Kind.RENEW) != bool(made and made.moment):
        raise verdict_refused(f"{current.kind} with a moment, or a renewal without one")


def _conclude(
    current: Transaction, capture: Capture, *, state: str, reason: str, findings: Findings = NO_FINDINGS
) -> None:
    capture.state, capture.reason, capture.decided_at = state, reason, now()
    erased = SealedSample.objects.filter(capture=capture).delete()[0]
    _settle(current, capture)
    if current.state == Transaction.State.SUBMITTED:
        current.state = Transaction.State.PROVEN
        others = current.captures.exclude(pk=capture.pk)
        current.face_closed = tries_used(current, [*others, capture])
    if state in _FAILED:
        current.refused_for = reason
    told = told_of(current)
    said: dict[str, Any] = {
        "capture": capture.pk,
        "outcome": state,
        "agent": _agent(current),
        **findings.told(),
    }
    events = [signed_event(Tag.VERDICT_RECORDED, **told, reason=reason, **said)]
    if erased:
        events.append(signed_event(Tag.SAMPLE_ERASED, **told, capture=capture.pk))
    decided = change_of(capture, "state", "reason", "decided_at", "verdict", "hint")
    found = change_of(current, "state", "decided_at", "stored_evidence", "face_closed", "refused_for")
    insert(events, along=[decided, found])
    waited = capture.decided_at - (capture.submitted_at or capture.decided_at)
    count_face(current.kind, state, reason, waited.total_seconds())


def _agent(current: Transaction) -> dict[str, str]:
    agent = current.evidence.agent
    return agent.to_json() if agent is not None else {}


def _settle(current: Transaction, capture: Capture) -> None:
    if not capture.charged or current.subject_id is None:
        return
    if capture.state == Capture.State.ACCEPTED:
        tries.settle_success(current.subject_id)
    elif capture.hint == LOST or capture.reason in _UNJUDGED:
        tries.settle_unjudged(current.subject_id)
    elif capture.state == Capture.State.AGAIN and capture.reason != NOT_FOLLOWED:
        tries.settle_poor(current.subject_id)
    else:
        tries.settle_failure(current.subject_id)


def tries_used(current: Transaction, drawn: Iterable[Capture] | None = None) -> bool:
    """Whether a transaction has had its tries, a release being none, or no further one would help.

    `drawn` are its captures, where they have been read.
    """
    captures = list(current.captures.all() if drawn is None else drawn)
    tried = [each for each in captures if not each.releases]
    failed = sum(each.state in _FAILED or each.reason == NOT_FOLLOWED for each in tried)
    again = (each for each in tried if each.state == Capture.State.AGAIN)
    retried = sum(each.reason != NOT_FOLLOWED for each in again)
    unjudged = any(each.reason in _UNJUDGED for each in captures)
    return failed >= tries.MATCH_TRIES or retried >= tries.QUALITY_RETRIES or unjudged
