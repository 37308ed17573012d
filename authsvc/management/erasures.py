"""The receipt of a person's erasure: what was ended and erased, and the proof that the log holds it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from authsvc.audit.models import AuditEvent
from authsvc.audit.proofs import NotInTheLog, receipt
from authsvc.audit.tags import Tag
from authsvc.core.texts import in_english
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant

_ENDED: Final = ("passkeys", "links", "sessions")


@dataclass(frozen=True)
class Erasure:
    """A person's erasure: its number, when and by whom, what of it the log says, and the log's proof.

    `key_destroyed_at` is when the key of the reference was destroyed, None before that, and where nothing was
    kept of a face (`had_face`). `proof` is None in the seconds before the log holds it.
    """

    number: str
    subject: str
    at: datetime
    by: str
    had_face: bool
    key_destroyed_at: datetime | None
    ended: dict[str, int] = field(default_factory=dict)
    proof: dict[str, Any] | None = None

    @property
    def lines(self) -> list[str]:
        """What was erased and ended, a sentence each, in the language of who reads."""
        counts = {name: self.ended.get(name, 0) for name in _ENDED}
        said = [_("Name, number, e-mail address and everything else that relying parties could learn.")]
        if not self.had_face:
            said.append(_("Nothing was kept of a face."))
        elif self.key_destroyed_at is None:
            said.append(_("What was made of the face; its key is being destroyed, within a minute."))
        else:
            said.append(
                _("What was made of the face, and its key: no copy of it, in backups either, opens any more.")
            )
        words = {
            "passkeys": ngettext("%d passkey ended.", "%d passkeys ended.", counts["passkeys"]),
            "links": ngettext("%d enrolment link ended.", "%d enrolment links ended.", counts["links"]),
            "sessions": ngettext("%d session ended.", "%d sessions ended.", counts["sessions"]),
        }
        said += [words[name] % count for name, count in counts.items() if count]
        return said


def erasure_of(subject: Subject) -> Erasure | None:
    """Return the receipt of a person's erasure, None where there was none."""
    events = AuditEvent.objects.filter(subject=str(subject.pk), tag=Tag.SUBJECT_CLOSED.value)
    event = events.order_by("-sequence").first()
    if event is None:
        return None
    said = event.details
    return Erasure(
        number=str(said.get("receipt", "")),
        subject=str(subject.pk),
        at=event.at,
        by=event.actor,
        had_face=bool(said.get("reference")),
        key_destroyed_at=_destroyed(str(said.get("reference", "")), event),
        ended={name: int(said.get(name, 0)) for name in _ENDED},
        proof=_proof(event),
    )


def as_document(erasure: Erasure, *, tenant: Tenant) -> dict[str, Any]:
    """Return the receipt as JSON for whoever it is handed to: `devtools/verify_log.py` checks its proof."""
    key = erasure.key_destroyed_at
    return {
        **(erasure.proof or {}),
        "erasure": {
            "receipt": erasure.number,
            "organisation": tenant.name,
            "person": erasure.subject,
            "at": erasure.at.isoformat(),
            "what": in_english(Tag.SUBJECT_CLOSED.words),
            "ended": erasure.ended,
            "face_was_kept": erasure.had_face,
            "key_destroyed_at": None if key is None else key.isoformat(),
        },
    }


def _destroyed(reference: str, closed: AuditEvent) -> datetime | None:
    if not reference:
        return None
    later = AuditEvent.objects.filter(
        tag=Tag.REFERENCE_KEY_DESTROYED.value, sequence__gt=closed.sequence, details__reference=reference
    )
    return later.values_list("at", flat=True).first()


def _proof(event: AuditEvent) -> dict[str, Any] | None:
    try:
        return receipt(event, opened=True)
    except NotInTheLog:
        return None
