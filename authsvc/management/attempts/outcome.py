"""How an attempt ended, in one word; the same in lists, charts and explanations."""

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.transactions.models import Capture, Transaction

OUTCOMES = {
    "accepted": _("Accepted"),
    "refused": _("Refused"),
    "running": _("In progress"),
    "left": _("Left unfinished"),
}
_FAILED = (Capture.State.REFUSED, Capture.State.EXPIRED)


def with_outcome(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """Add `outcome` to transactions: accepted, refused (a device or a face was), running, or left."""
    refused_face = Capture.objects.filter(
        transaction=OuterRef("pk"), state__in=_FAILED, submitted_at__isnull=False
    )
    refused_device = AuditEvent.objects.filter(transaction=OuterRef("pk"), tag=Tag.DEVICE_REFUSED)
    ended = Q(state__in=(Transaction.State.CANCELLED, Transaction.State.EXPIRED))
    return rows.annotate(
        outcome=Case(
            When(~ended & Q(decided_at__isnull=False), then=Value("accepted")),
            When(Exists(refused_face) | Exists(refused_device), then=Value("refused")),
            When(ended, then=Value("left")),
            default=Value("running"),
            output_field=CharField(),
        )
    )
