"""Screens of the attempts."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from authsvc.management.attempts.account import account_of
from authsvc.management.attempts.outcome import OUTCOMES
from authsvc.management.exports import note_export
from authsvc.transactions.models import Transaction
from portal.accounts.requests import PortalRequest
from portal.attempts.forms import COLUMNS, AttemptFilter
from portal.ui.listing import all_shown, is_taken_away, shown, taken_away
from portal.ui.paging import Page
from portal.ui.parties import names
from portal.ui.saved import saved_in


@require_GET
def attempt_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List attempts, or give the list as a table; a receipt number of one attempt leads to it."""
    form = AttemptFilter(request.GET)
    if is_taken_away(request):
        rows = all_shown(form)
        note_export(actor=request.member, what="attempts", rows=len(rows), filters=form.wanted)
        return taken_away("attempts", COLUMNS, rows)
    page = shown(request, form)
    if "reference" in form.wanted and len(page.rows) == 1:
        return redirect("attempt", tenant=tenant, transaction=page.rows[0].pk)
    context = {
        "page": page,
        "form": form,
        "parties": names(),
        "saved": saved_in(request.member.name, "attempts", form),
        "said": _said(page),
    }
    return render(request, "portal/attempts/list.html", context)


def _said(page: Page[Any]) -> str:
    """Return in a sentence which attempt is on top, for whoever hears the page."""
    if not page.rows:
        return ""
    top = page.rows[0]
    said = _("%(rows)s. On top: %(what)s, %(outcome)s.")
    rows = ngettext("%(count)s attempt", "%(count)s attempts", page.counted) % {"count": page.counted}
    return said % {"rows": rows, "what": top.get_kind_display(), "outcome": OUTCOMES[top.outcome]}


@require_GET
def attempt_detail(request: PortalRequest, tenant: str, transaction: str) -> HttpResponse:
    """Explain one attempt step by step."""
    try:
        account = account_of(transaction)
    except Transaction.DoesNotExist:
        raise Http404 from None
    return render(request, "portal/attempts/detail.html", vars(account))
