"""What lapses unless somebody acts: agreements, invitations and tokens soon, and links that nobody used."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from authsvc.core.clock import now
from authsvc.enrolment.models import EnrolmentLink
from authsvc.management.models import Approval
from authsvc.oidc.models import InitialAccessToken
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Invitation

SOON: Final = timedelta(days=1)
"""All of these live for days: earlier would be nearly always."""
LOOKED_BACK: Final = timedelta(days=7)
"""A link that ended before that was forgotten on purpose."""


def lapsing(moment: datetime) -> Mapping[str, QuerySet[Any]]:
    """Return the rows of each kind that lapses, by its name."""
    soon = {"expires_at__gt": moment, "expires_at__lt": moment + SOON}
    return {
        "approvals_lapsing": Approval.objects.unchecked().filter(state=Approval.State.PENDING, **soon),
        "links_over": Subject.objects.unchecked().filter(link_is_over(moment)),
        "invitations_lapsing": Invitation.objects.filter(
            used_at__isnull=True, withdrawn_at__isnull=True, **soon
        ),
        "tokens_lapsing": InitialAccessToken.objects.unchecked().filter(uses_left__gt=0, **soon),
    }


def link_is_over(moment: datetime | None = None) -> Q:
    """Return the condition on people who were invited, and whose link ended in the last days unused."""
    moment = moment or now()
    unused = EnrolmentLink.objects.unchecked().filter(subject=OuterRef("pk"), used_at__isnull=True)
    ended = unused.filter(expires_at__lte=moment, expires_at__gt=moment - LOOKED_BACK)
    opened = unused.filter(expires_at__gt=moment, revoked_at__isnull=True)
    return Q(Exists(ended), ~Exists(opened), status=Subject.Status.INVITED)
