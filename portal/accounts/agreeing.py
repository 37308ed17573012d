"""Asking for a second administrator's agreement where an act takes it (authsvc.management.approvals).

The page says what it is about and asks why; the form that was sent stands in it meanwhile, and comes back.
"""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from authsvc.management import approvals, team
from authsvc.management.acting import NeedsAgreement
from authsvc.management.models import Approval
from portal.accounts.mails import send_approval_asked
from portal.accounts.requests import PortalRequest
from portal.accounts.stepping_up import carried

_PREFIX: Final = "agreement"


class WhyForm(forms.Form):
    """Why somebody asks."""

    why = forms.CharField(
        label=_("Why is it needed?"),
        max_length=300,
        help_text=_("Whoever decides reads it, and it stays in the audit log."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def ask(request: PortalRequest, wanted: NeedsAgreement) -> HttpResponse:
    """Return the page that asks why; or, where that is answered, ask, and lead to the request."""
    form = WhyForm(request.POST if f"{_PREFIX}-why" in request.POST else None, prefix=_PREFIX)
    if form.is_valid():
        try:
            return _asked(request, wanted, form.cleaned_data["why"])
        except OSError:
            form.add_error(
                None, _("The team could not be told by mail, so nothing was asked. Try again later.")
            )
    context: dict[str, Any] = {
        "form": form,
        "words": approvals.WORDS[wanted.act],
        "reasons": wanted.reasons,
        "carried": carried(request, but=_PREFIX),
        "alone": not approvals.others_who_may(request.user.pk, wanted.act, wanted.given),
    }
    return render(request, "portal/approvals/ask.html", context, status=409)


def _asked(request: PortalRequest, wanted: NeedsAgreement, why: str) -> HttpResponse:
    with transaction.atomic():
        approval = approvals.ask(by=request.member, wanted=wanted, why=why)
        _tell_team(request, approval)
    messages.success(request, _("It waits now; nothing was changed yet."))
    return redirect("approval", tenant=request.tenant.slug, approval=approval.pk)


def _tell_team(request: PortalRequest, approval: Approval) -> None:
    """Tell everybody, disabled members too: where one acts alone, the notice stands in for the second."""
    send_approval_asked(approval, tenant=request.tenant, recipients=team.mail_addresses())
