"""Mails to administrators, each in the language that they chose, or that of the organisation."""

from collections.abc import Collection

from django.conf import settings
from django.core.mail import EmailMessage, get_connection, send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from authsvc.management import approvals
from authsvc.management.models import Approval
from authsvc.tenancy.memberships.models import Invitation
from authsvc.tenancy.models import Tenant
from portal.accounts.models import User


def send_invitation(invitation: Invitation, *, tenant: Tenant, token: str) -> None:
    """Send the link of an invitation to its addressee; raises OSError where the mail cannot be sent."""
    path = reverse("join", kwargs={"tenant": tenant.slug, "token": token})
    context = {"invitation": invitation, "tenant": tenant, "url": settings.BASE_URL + path}
    with translation.override(tenant.language or None):
        title = " ".join(render_to_string("portal/mails/invitation_subject.txt", context).split())
        text = render_to_string("portal/mails/invitation.txt", context)
    send_mail(title, text, None, [invitation.email])


def send_approval_asked(approval: Approval, *, tenant: Tenant, recipients: Collection[str]) -> None:
    """Tell the team that something waits for an agreement, or for a day; raises OSError."""
    path = reverse("approval", kwargs={"tenant": tenant.slug, "approval": approval.pk})
    context = {
        "approval": approval,
        "words": approvals.WORDS[approval.act],
        "tenant": tenant,
        "url": settings.BASE_URL + path,
    }
    chosen = dict(User.objects.filter(email__in=recipients).values_list("email", "language"))
    # One mail each: nobody reads in it who else is in the team.
    mails = []
    for each in recipients:
        with translation.override(chosen.get(each) or tenant.language or None):
            subject = " ".join(render_to_string("portal/mails/approval_subject.txt", context).split())
            text = render_to_string("portal/mails/approval.txt", context)
        mails.append(EmailMessage(subject, text, None, [each]))
    with get_connection() as connection:
        connection.send_messages(mails)
