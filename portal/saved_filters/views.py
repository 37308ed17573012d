"""Acts on saved filters; each leads back to its list."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from authsvc.management import saved_filters
from authsvc.management.models import SavedFilter
from portal.accounts.requests import PortalRequest
from portal.attempts.forms import AttemptFilter
from portal.auditlog.forms import AuditFilter
from portal.people.filters import PersonFilter
from portal.ui.listing import Listing

_LISTS: Final[Mapping[str, type[Listing[Any]]]] = {
    SavedFilter.Of.ATTEMPTS: AttemptFilter,
    SavedFilter.Of.PEOPLE: PersonFilter,
    SavedFilter.Of.AUDIT: AuditFilter,
}
"""The lists by the names of their screens and routes."""


class _Named(forms.Form):
    of = forms.ChoiceField(choices=SavedFilter.Of.choices)
    name = forms.CharField(max_length=60)
    query = forms.CharField(max_length=2000, required=False)


@require_POST
def keep(request: PortalRequest, tenant: str) -> HttpResponse:
    """Save the filters of a list under a name."""
    given = _given(request)
    query = given and _LISTS[given["of"]](QueryDict(given["query"])).to_save
    if not given or not query:
        messages.error(request, _("Set filters first, and give them a name of up to 60 characters."))
        return _back(request, "", "")
    try:
        saved_filters.keep(by=request.member, of=given["of"], name=given["name"], query=query)
    except saved_filters.TooMany as problem:
        messages.error(request, str(problem.person))
    else:
        messages.success(request, _("Saved. You find them above the list."))
    return _back(request, given["of"], query)


@require_POST
def drop(request: PortalRequest, tenant: str) -> HttpResponse:
    """Drop saved filters of one's own."""
    given = _given(request)
    if not given:
        return _back(request, "", "")
    saved_filters.drop(by=request.member, of=given["of"], name=given["name"])
    messages.success(request, _("Removed."))
    return _back(request, given["of"], "")


def _given(request: PortalRequest) -> dict[str, str]:
    """Return what a form says, nothing where it says it wrongly."""
    form = _Named(request.POST)
    return form.cleaned_data if form.is_valid() else {}


def _back(request: PortalRequest, of: str, query: str) -> HttpResponse:
    place = reverse(of or "overview", kwargs={"tenant": request.tenant.slug})
    return redirect(f"{place}?{query}" if query else place)
