"""Opening, finding, cancelling and consuming a transaction; each step happens once."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

from django.db import transaction as database
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from structlog.contextvars import bind_contextvars

from authsvc.assurance.levels import Evidence, assess
from authsvc.audit.services import record, signed
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.components import ComponentKind
from authsvc.core.errors import Refused
from authsvc.core.ids import new_id, secret_hash
from authsvc.core.measures import count_ended
from authsvc.core.records import NotARecord
from authsvc.devices.models import Device
from authsvc.seals.written import Given, Written
from authsvc.subjects.models import Subject
from authsvc.tenancy.rows import insert
from authsvc.transactions.drawing import end_waiting
from authsvc.transactions.models import Capture, SealedSample, Transaction
from authsvc.transactions.outgoing import forget, is_left, not_fetched
from authsvc.transactions.parties import Party, is_party, require_party
from authsvc.transactions.records import Requested
from authsvc.transactions.references import discard_reference
from authsvc.transactions.sql import use_up
from authsvc.transactions.telling import told_of
from authsvc.transactions.touching import as_begun, joined
from authsvc.transactions.verdict import check_verdict, evidence_altered

LIFE = timedelta(seconds=300)

BESIDE: Final = ("tenant", "client", "subject__tenant", "device")
"""Whom and what a step of a transaction asks for."""
_WITH_ALL: Final = Written(
    lambda: Transaction.objects.select_related(*BESIDE).filter(pk=Given("id"))[:1],
)


def open_transaction(
    *,
    kind: str,
    browser_key: str,
    continue_path: str,
    client: RelyingParty | None = None,
    request: Requested | None = None,
    subject: Subject | None = None,
    told_by: Collection[ComponentKind] = (),
) -> Transaction:
    """Open a transaction of 300 s; the browser with that key is its initiator and its agent.

    `continue_path` is where the browser goes at the end; "{id}" in it stands for the transaction's id.
    `request` is frozen here: nothing that comes later changes what was asked. `told_by` are the ways by which
    the person heard of it, where somebody else began it.
    """
    identifier, moment = new_id(), now()
    bind_contextvars(transaction=identifier)  # in the lines of the log
    row = Transaction(
        id=identifier,
        kind=kind,
        client=client,
        request=request.to_json() if request else {},
        subject=subject,
        browser_digest=secret_hash(browser_key),
        continue_path=continue_path.replace("{id}", identifier),
        stored_evidence=as_begun(joined((), told_by=told_by)),
        created_at=moment,
        expires_at=moment + LIFE,
    )
    opened = signed(
        Tag.TRANSACTION_OPENED,
        transaction=row.id,
        client=client.client_id if client else "",
        subject=str(subject.id) if subject else "",
        kind=kind,
    )
    insert([opened], row)
    return row


def find_live(
    transaction_id: str, key: str | None, *, party: Party, known: Transaction | None = None
) -> Transaction:
    """Return the transaction, if it still runs and whoever holds the key plays that part in it.

    `known` is the row where it has just been read. Raises Refused: `unknown` (404), `foreign-browser` (403),
    `expired` or `ended` (410).
    """
    row = _read(transaction_id) if known is None else known
    if row is None:
        raise Refused("unknown", _("This sign-in does not exist. Please start again."), status=404)
    require_party(row, party, key)
    if row.state in Transaction.ENDED:
        raise Refused(
            "ended", _("This sign-in is over. Please start again."), detail=f"state {row.state}", status=410
        )
    if row.expires_at <= now():
        raise Refused(
            "expired", _("This took too long. Please start again."), detail="300 s are over", status=410
        )
    return row


def own_transaction(
    transaction_id: str, key: str | None, *, party: Party = Party.INITIATOR
) -> Transaction | None:
    """Return the transaction as it stands now, if the holder of the key plays that part in it, else None.

    One whose time is over has expired, whether the sweep has come by or not. Looking changes nothing else:
    who comes back, reloads or kept a bookmark is told where they stand by this (docs/states.md).
    """
    row = _read(transaction_id)
    if row is None or not is_party(row, party, key):
        return None
    return _as_it_stands(row)


def _read(transaction_id: str) -> Transaction | None:
    """Return a transaction with whom and what a step of it asks for, by one statement."""
    return _WITH_ALL.row(id=transaction_id)


def _as_it_stands(row: Transaction) -> Transaction:
    if row.state not in Transaction.ENDED and row.expires_at <= now():
        end(row, Transaction.State.EXPIRED, Tag.TRANSACTION_EXPIRED)
        row.refresh_from_db(fields=["state", "ended_at"])
    return row


def find_begun(*, kind: str, held: Mapping[str, str], request: Requested) -> Transaction | None:
    """Return what the same browser has begun for the same thing, and may still go on with, or None.

    `held` are the keys that the browser holds, by transaction.
    """
    begun = Transaction.objects.filter(
        kind=kind,
        pk__in=held,
        state__in=(Transaction.State.OPEN, Transaction.State.PROVEN, Transaction.State.CHALLENGED),
        expires_at__gt=now() + LIFE / 2,
    )
    same = (row for row in begun if row.request == request.to_json())
    return next((row for row in same if is_party(row, Party.INITIATOR, held[row.pk])), None)


def locked(transaction_id: str, *beside: str) -> Transaction:
    """Return the row locked for update; call inside a database transaction.

    `beside` are rows that it points at and that are read with it, without a lock.
    """
    row = _locking(*beside).row(id=transaction_id)
    if row is None:
        raise Transaction.DoesNotExist(transaction_id)
    return row


@cache
def _locking(*beside: str) -> Written[Transaction]:
    def write() -> "QuerySet[Transaction]":
        rows = Transaction.objects.select_for_update(of=("self",), no_key=True).filter(pk=Given("id"))
        return rows.select_related(*beside) if beside else rows

    return Written(write)


@database.atomic
def end(row: Transaction, state: str, tag: Tag) -> bool:
    """Move a running transaction to an ended state and erase what it still holds; False if it had ended."""
    moment = now()
    changed = (
        Transaction.objects.filter(pk=row.pk)
        .exclude(state__in=Transaction.ENDED)
        .update(state=state, ended_at=moment)
    )
    if not changed:
        return False
    SealedSample.objects.filter(capture__transaction=row).delete()
    forget(row)
    end_waiting(row)
    if row.kind in Transaction.KEEPING:
        discard_reference(row)
    record(tag, **told_of(row))
    count_ended(row.kind, state)
    return True


@database.atomic
def end_running(subject: Subject) -> int:
    """End every running transaction of a person, whatever it waits for, and return how many."""
    running = Transaction.objects.filter(subject=subject).exclude(state__in=Transaction.ENDED)
    return sum(
        end(row, Transaction.State.CANCELLED, Tag.TRANSACTION_CANCELLED) for row in running.order_by("pk")
    )


def cancel(row: Transaction) -> None:
    """End the transaction because the person left it; raises Refused where a sample is being judged."""
    if Transaction.objects.filter(pk=row.pk, state=Transaction.State.SUBMITTED).exists():
        raise Refused("busy", _("Your pictures are being checked. One moment, please."), status=409)
    end(row, Transaction.State.CANCELLED, Tag.TRANSACTION_CANCELLED)


def consume(
    transaction_id: str, key: str | None, *, at: str, known: Transaction | None = None
) -> Transaction:
    """Hand an accepted transaction's result to its initiator, once, at the path that it was opened for.

    `known` is the row where it has just been read: that it is used once is decided by the change alone.

    The stored verdict's signature is checked again: a row changed in the database is worth nothing
    (S9.4-07). Raises Refused: `elsewhere` (409) at another path, so that an enrolment signs nobody in and a
    sign-in at one place answers nothing at another (S6.4-01); `not-decided` (409) where there is no result
    yet; `not-fetched` (409) where the agent has not fetched what it is to keep; `device-revoked` (403) where
    the passkey was revoked meanwhile (S8.2-02).
    """
    row = find_live(transaction_id, key, party=Party.INITIATOR, known=known)
    if row.continue_path != at:
        raise Refused(
            "elsewhere", _("Please start again."), detail=f"for {row.continue_path}, used at {at}", status=409
        )
    return _use_up(row)


def find_session(transaction_id: str, client: RelyingParty) -> Transaction | None:
    """Return a session of liveness as it stands now, None where this relying party opened no such one.

    One whose time is over has expired, whether the sweep has come by or not.
    """
    row = Transaction.objects.select_related("client", "device").filter(**_opened_by(client))
    found = row.filter(pk=transaction_id).first()
    return None if found is None else _as_it_stands(found)


def count_sessions(client: RelyingParty) -> int:
    """Return how many sessions of liveness of a relying party are open now.

    Its row is locked until the database transaction ends, so that no race opens one more.
    """
    RelyingParty.objects.unchecked().select_for_update(no_key=True).filter(pk=client.pk).first()
    running = Transaction.objects.unchecked().filter(**_opened_by(client), expires_at__gt=now())
    return running.exclude(state__in=Transaction.ENDED).count()


def _opened_by(client: RelyingParty) -> dict[str, Any]:
    return {"kind": Transaction.Kind.LIVENESS, "client": client}


def hand_to_party(row: Transaction) -> Transaction:
    """Use up a session's result for the relying party that opened it, and proved itself just now; once.

    The stored verdict's signature is checked again, as in `consume`. Raises Refused: `not-decided` (409)
    where somebody else was faster, `verdict-altered` (409).
    """
    return _use_up(row)


def _use_up(row: Transaction) -> Transaction:
    if row.device is not None and row.device.status == Device.Status.REVOKED:
        raise Refused(
            "device-revoked",
            _("This passkey was revoked. Please use another one."),
            detail="revoked since its device proof",
            status=403,
        )
    if is_left(row):
        raise not_fetched()
    if row.state != Transaction.State.DECIDED:
        raise _not_decided(f"state {row.state}")
    row.level = _level(row)
    _touch_at_the_end(row)
    _check_evidence(row)
    row.state, row.ended_at = Transaction.State.CONSUMED, now()
    used = signed(Tag.TRANSACTION_CONSUMED, **told_of(row), **_declared(row))
    if not insert([used], upon=use_up(row)):
        raise _not_decided(f"no longer {Transaction.State.DECIDED}")
    count_ended(row.kind, Transaction.State.CONSUMED)
    return row


def _not_decided(detail: str) -> Refused:
    return Refused("not-decided", _("This sign-in is not finished yet."), detail=detail, status=409)


def _level(row: Transaction) -> str:
    """Return the level that a sign-in reached, by which the portal finds it; "" for what has none."""
    if row.kind != Transaction.Kind.AUTHENTICATE:
        return ""
    try:
        return assess(Evidence.from_record(row.evidence)).level.name
    except NotARecord as problem:
        raise evidence_altered(str(problem)) from None


def _touch_at_the_end(row: Transaction) -> None:
    """Let the evidence say that this process took it over."""
    try:
        proven = row.evidence
    except NotARecord as problem:
        raise evidence_altered(str(problem)) from None
    touched = joined(proven.components)
    if touched != proven.components:
        row.evidence = replace(proven, components=touched)


def _declared(row: Transaction) -> dict[str, Any]:
    """Return what the audit log learns of the parts that were touched, where any is declared."""
    proven = row.evidence
    declared = bool(proven.components or (proven.face and proven.face.components))
    return {"components": [asdict(each) for each in proven.touched]} if declared else {}


_JUDGED: Final = Written(lambda: Capture.objects.filter(pk=Given("id"), transaction_id=Given("transaction")))


def _check_evidence(row: Transaction) -> None:
    face = row.evidence.face
    if face is None:
        return
    capture = _JUDGED.row(id=face.capture, transaction=row.pk)
    if capture is None:
        raise evidence_altered("the stored evidence names no capture of this transaction")
    verdict = check_verdict(capture.verdict, capture=capture)
    if verdict.outcome != "accepted" or verdict.face != face:
        raise evidence_altered("the stored evidence is not what the worker signed")
