"""People from a table: judged line by line, shown, and entered once an administrator says so.

What was shown is what is carried out: the row of the table is sealed with the digest of its lines. Each line
is a transaction of its own, so that a run that ends anywhere goes on where it was, and a table that is sent
twice enters nobody twice: a line is known again by the number of its person, or else by their address.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.envelope import CannotOpen, derive, seal, unseal_any
from authsvc.core.errors import Refused
from authsvc.core.words import LONGEST, folded
from authsvc.enrolment import services as links
from authsvc.enrolment.models import ImportLine, PeopleImport
from authsvc.enrolment.notices import CannotMail
from authsvc.enrolment.tables import Row, read_table
from authsvc.keys.held import accepted
from authsvc.management.acting import act, may
from authsvc.management.actors import Actor, Member
from authsvc.management.people import enter
from authsvc.management.permissions import Permission
from authsvc.reach.wishes import mail_goes_out
from authsvc.subjects.models import Subject, Word
from authsvc.tenancy.quotas import PEOPLE, QuotaReached, require_room
from authsvc.tenancy.scope import current_tenant_id

LINKS_FOR: Final = links.LINK_LIFE
"""So long the links of a table can be taken away: as long as they work."""
SILENT: Final = timedelta(seconds=30)
"""A run of which nothing was heard for so long has lost its process, and can be begun again."""
_TURN: Final = 15.0
"""Seconds of a turn: what is left is another message's, so that none is taken for lost."""
_AT_ONCE: Final = 500
_FAILURES: Final = 5
"""So many mails in a row that cannot be sent mean that no mail can."""
_PURPOSE: Final = b"visor/portal/import-links/v1"
_DONE: Final = (ImportLine.Outcome.MAILED, ImportLine.Outcome.LINKED)


class NotNow(Refused):
    """The table is not in the state for it: begun already, over, or of a person who may not any more."""

    def __init__(self, state: str) -> None:
        super().__init__(
            "import-not-now", _("That is not possible any more."), detail=f"it is {state}", status=409
        )


@dataclass(frozen=True)
class Progress:
    """How far a table is: how many lines of each verdict, how many are done, and how each of these ended."""

    new: int
    there: int
    wrong: int
    outcomes: Mapping[str, int]
    is_silent: bool

    @property
    def done(self) -> int:
        """How many of the new lines are done with."""
        return sum(count for outcome, count in self.outcomes.items() if outcome)

    @property
    def entered(self) -> int:
        """How many people were entered."""
        return sum(self.outcomes.get(outcome, 0) for outcome in _DONE)

    @property
    def failed(self) -> int:
        """How many could not be entered."""
        return self.outcomes.get(ImportLine.Outcome.FAILED, 0)


@act
def check(*, by: Actor, name: str, content: bytes) -> PeopleImport:
    """Read a table and judge each of its lines; enters nobody. Raises NotATable.

    The same table of the same administrator that was not begun yet is judged anew in its place.
    """
    found, whole, user = read_table(content), hashlib.sha256(content).hexdigest(), _user_of(by)
    same = PeopleImport.objects.filter(content=whole, made_by=user, state=PeopleImport.State.CHECKED)
    for before in same:
        before.state = PeopleImport.State.STOPPED
        before.save(update_fields=["state"])
    lines = list(_judged(found.rows))
    table = PeopleImport.objects.create(
        name=name[:120],
        content=whole,
        digest=_digest(lines),
        encoding=found.encoding,
        left_out=found.left_out[:20],
        made_by=user,
        made_by_name=by.name,
        made_at=now(),
    )
    for line in lines:
        line.table = table
    ImportLine.objects.bulk_create(lines, batch_size=_AT_ONCE)
    record(Tag.IMPORT_CHECKED, actor=by.name, table=table.pk, lines=len(lines))
    return table


def _user_of(by: Actor) -> UUID | None:
    return by.user_id if isinstance(by, Member) else None


def _judged(rows: list[Row]) -> Iterable[ImportLine]:
    """Yield each line with what is to be done about it."""
    for begin in range(0, len(rows), _AT_ONCE):
        some = rows[begin : begin + _AT_ONCE]
        known = _known(some)
        for row in some:
            person = None if row.problem else known(row.external_id, row.email)
            yield ImportLine(
                number=row.number,
                name=row.name,
                external_id=row.external_id,
                email=row.email,
                claims={} if row.problem else row.claims,
                problem=row.problem,
                subject=person,
                verdict=_verdict(row.problem, person),
            )


def _verdict(problem: str, person: Subject | None) -> ImportLine.Verdict:
    if problem:
        return ImportLine.Verdict.WRONG
    return ImportLine.Verdict.NEW if person is None else ImportLine.Verdict.THERE


def _known(rows: Iterable[Any]) -> Callable[[str, str], Subject | None]:
    """Return what finds the person of a line among those who are there: by number, or else by address."""
    people = Subject.objects.unchecked().only("name", "external_id", "claims")
    numbers = {row.external_id for row in rows} - {""}
    numbered = {person.external_id: person for person in people.filter(external_id__in=numbers)}
    addresses = {folded(row.email) for row in rows} - {""}
    found = Word.objects.filter(word__in={address[:LONGEST] for address in addresses})
    having = people.filter(pk__in=found.values("subject_id"))
    addressed = {folded(str(person.claims.get("email", ""))): person for person in having}

    def known(external_id: str, email: str) -> Subject | None:
        return numbered.get(external_id) or (addressed.get(folded(email)) if email else None)

    return known


def _digest(lines: Iterable[ImportLine]) -> str:
    """Return the SHA-256 over what lines say and what is to be done about them, hexadecimal."""
    said = [
        [line.number, line.name, line.external_id, line.email, line.claims, line.verdict] for line in lines
    ]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@act
def begin(*, by: Actor, table: PeopleImport, way: str) -> None:
    """Let the new lines be entered, each invited by `way`.

    Raises NotNow, QuotaReached where not all of them have room, and ValueError for another way.
    """
    current = _locked(table)
    silent = current.state == PeopleImport.State.RUNNING and _is_silent(current)
    if current.state != PeopleImport.State.CHECKED and not silent:
        raise NotNow(current.state)
    if not silent:
        current.way = PeopleImport.Way(way if mail_goes_out() else PeopleImport.Way.LINK)
        current.state = PeopleImport.State.RUNNING
        progress = progress_of(current)
        people = Subject.objects.unchecked().exclude(status=Subject.Status.CLOSED)
        require_room(PEOPLE, people, more=progress.new)
        record(Tag.IMPORT_BEGUN, actor=by.name, table=table.pk, people=progress.new, way=current.way)
    current.moved_at = now()
    current.save(update_fields=["way", "state", "moved_at"])


@act
def stop(*, by: Actor, table: PeopleImport) -> None:
    """Enter nobody further; who was entered stays. Raises NotNow."""
    current = _locked(table)
    if current.state not in (PeopleImport.State.CHECKED, PeopleImport.State.RUNNING):
        raise NotNow(current.state)
    _end(current, PeopleImport.State.STOPPED, why="asked", actor=by.name)


@act
def take_links(*, by: Actor, table: PeopleImport) -> list[tuple[ImportLine, str]]:
    """Return the people who were entered with the links that were made for them, while these work."""
    lines = table.lines.filter(outcome=ImportLine.Outcome.LINKED, sealed_link__isnull=False)
    if table.moved_at is None or now() - table.moved_at > LINKS_FOR:
        return []
    opened = [(line, _opened(line)) for line in lines.order_by("number")]
    PeopleImport.objects.filter(pk=table.pk).update(taken_at=now())
    record(Tag.IMPORT_LINKS_TAKEN, actor=by.name, table=table.pk, people=len(opened))
    return opened


def progress_of(table: PeopleImport) -> Progress:
    """Return how far a table is."""
    verdicts: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    counted = table.lines.order_by().values_list("verdict", "outcome").annotate(count=Count("pk"))
    for verdict, outcome, count in counted:
        verdicts[verdict] += count
        if verdict == ImportLine.Verdict.NEW:
            outcomes[outcome] += count
    running = table.state == PeopleImport.State.RUNNING
    return Progress(
        new=verdicts[ImportLine.Verdict.NEW],
        there=verdicts[ImportLine.Verdict.THERE],
        wrong=verdicts[ImportLine.Verdict.WRONG],
        outcomes=outcomes,
        is_silent=running and _is_silent(table),
    )


def recent() -> list[PeopleImport]:
    """Return the tables of the last days, the newest first."""
    return list(PeopleImport.objects.order_by("-made_at")[:20])


def go_on(table_id: str) -> bool:
    """Enter the next people of a running table for some seconds; whether there are more. The task's part.

    It stops where whoever began it may not any more, where a line is not the one that was shown, and where no
    mail goes out.
    """
    until, failures = monotonic() + _TURN, 0
    table = PeopleImport.objects.filter(pk=table_id, state=PeopleImport.State.RUNNING).first()
    if table is None:
        return False
    lines = list(table.lines.order_by("number"))
    if _digest(lines) != table.digest:
        return _stop_because(table, "altered")
    for line in lines:
        if line.outcome or line.verdict != ImportLine.Verdict.NEW:
            continue
        if monotonic() >= until:
            return True
        outcome = _enter(table_id, line)
        if outcome is None:
            return False
        failures = failures + 1 if outcome == ImportLine.Outcome.FAILED and line.problem == "mail" else 0
        if failures >= _FAILURES:
            return _stop_because(table, "mail")
    with transaction.atomic():
        current = _locked(table)
        if current.state == PeopleImport.State.RUNNING:
            _end(current, PeopleImport.State.DONE)
    return False


@transaction.atomic
def _enter(table_id: str, line: ImportLine) -> str | None:
    """Enter one person and note it; None where the table runs no more."""
    table = PeopleImport.objects.select_for_update(no_key=True).filter(pk=table_id).first()
    if table is None or table.state != PeopleImport.State.RUNNING:
        return None
    if not _still_may(table):
        _end(table, PeopleImport.State.STOPPED, why="not-permitted")
        return None
    current = ImportLine.objects.get(pk=line.pk)
    if not current.outcome:
        _do(table, current)
    line.problem = current.problem
    PeopleImport.objects.filter(pk=table.pk).update(moved_at=now())
    return current.outcome


def _still_may(table: PeopleImport) -> bool:
    """Whether whoever sent the table may enter people as memberships stand now; a command needs none."""
    if table.made_by is None:
        return True
    return may(Member(table.made_by, table.made_by_name), Permission.CHANGE_PEOPLE)


def _do(table: PeopleImport, line: ImportLine) -> None:
    known = _known([line])(line.external_id, line.email)
    if known is not None:
        line.subject, line.outcome = known, ImportLine.Outcome.THERE
    else:
        by_mail = table.way == PeopleImport.Way.MAIL and bool(line.email)
        try:
            with transaction.atomic():
                made, url = enter(
                    actor=table.made_by_name,
                    name=line.name,
                    external_id=line.external_id,
                    claims=line.claims,
                    by_mail=by_mail,
                )
        except QuotaReached:
            line.outcome, line.problem = ImportLine.Outcome.FAILED, "full"
        except CannotMail:
            line.outcome, line.problem = ImportLine.Outcome.FAILED, "mail"
        except IntegrityError:
            line.outcome, line.problem = ImportLine.Outcome.FAILED, "taken"
        else:
            line.subject = made
            line.outcome = ImportLine.Outcome.MAILED if by_mail else ImportLine.Outcome.LINKED
            line.sealed_link = None if by_mail else seal(_keys()[0], url.encode(), _context(line))
    line.save(update_fields=["subject", "outcome", "problem", "sealed_link"])


def _stop_because(table: PeopleImport, why: str) -> bool:
    with transaction.atomic():
        current = _locked(table)
        if current.state == PeopleImport.State.RUNNING:
            _end(current, PeopleImport.State.STOPPED, why=why)
    return False


def _end(table: PeopleImport, state: PeopleImport.State, *, why: str = "", actor: str = "") -> None:
    table.state, table.why_stopped, table.moved_at = state, why, now()
    table.save(update_fields=["state", "why_stopped", "moved_at"])
    if state == PeopleImport.State.STOPPED:
        record(Tag.IMPORT_STOPPED, actor=actor or table.made_by_name, reason=why, table=table.pk)


def _locked(table: PeopleImport) -> PeopleImport:
    return PeopleImport.objects.select_for_update(no_key=True).get(pk=table.pk)


def _is_silent(table: PeopleImport) -> bool:
    return table.moved_at is not None and now() - table.moved_at > SILENT


def _opened(line: ImportLine) -> str:
    try:
        return unseal_any(_keys(), bytes(line.sealed_link or b""), _context(line)).decode()
    except CannotOpen:
        return ""


def _context(line: ImportLine) -> bytes:
    return b"\x00".join((_PURPOSE, str(current_tenant_id()).encode(), str(line.pk).encode()))


def _keys() -> list[bytes]:
    """Return keys that come of the portal's own, which its two processes hold, the one in use first."""
    return [derive(key, info=_PURPOSE) for key in accepted("seal_private_key_portal")]
