"""The policy in force and every version before it: what each says, what it changed, and the way back."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from authsvc.management import policies as acts
from authsvc.management.policy_words import differences, sentences
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import BrokenPolicy, current_policy
from portal.accounts.requests import PortalRequest
from portal.policies.forms import VersionsForm, number_of
from portal.policies.sections import section_of

Versions = list[tuple[PolicyVersion, bool]]


@require_GET
def policies(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show the policy in force, the draft that waits, and every version."""
    found = acts.versions()
    newest = found[0] if found else None
    context = {
        "newest": newest[0] if newest else None,
        "broken": broken(),
        "said": [
            (said, section_of(said.key)) for said in sentences(newest[0].document if newest else DEFAULT)
        ],
        "draft": acts.the_draft(),
        "history": _history(found),
        "form": _versions_form(found),
    }
    return render(request, "portal/policies/list.html", context)


@require_GET
def version(request: PortalRequest, tenant: str, edition: int) -> HttpResponse:
    """Show one version: what it changed, how it differs from the one in force, and what it says."""
    found = acts.versions()
    at, (row, whole) = _found(found, edition)
    before = found[at + 1][0].document if at + 1 < len(found) else None
    context = {
        "version": row,
        "whole": whole,
        "title": number_of(row.number),
        "newest": found[0][0],
        "changed": differences(before, row.document) if before is not None else [],
        "first": before is None,
        "now": differences(found[0][0].document, row.document) if at else [],
        "said": sentences(row.document),
    }
    return render(request, "portal/policies/version.html", context)


@require_GET
def compare(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show how any two versions differ, sentence by sentence."""
    found = acts.versions()
    form = _versions_form(found, request.GET)
    context: dict[str, Any] = {"form": form, "compared": form.is_valid()}
    if form.is_valid():
        before, after = (_found(found, form.cleaned_data[name])[1][0] for name in ("before", "after"))
        context |= {
            "before": number_of(before.number),
            "after": number_of(after.number),
            "differences": differences(before.document, after.document),
        }
    return render(request, "portal/policies/compare.html", context)


@require_POST
def restore(request: PortalRequest, tenant: str, edition: int) -> HttpResponse:
    """Let what an older version says be in force again, as a new one."""
    _at, (row, _whole) = _found(acts.versions(), edition)
    try:
        made = acts.roll_back(by=request.member, version=row)
    except acts.NotWhole as problem:
        messages.error(request, str(problem.person))
    except ValueError:
        messages.error(request, _("This release cannot have that policy any more, so nothing was changed."))
    else:
        said = _("Version %(made)d is in force. It says what version %(number)d said.")
        messages.success(request, said % {"made": made, "number": edition})
        return redirect("policies", tenant=tenant)
    return redirect("policy-version", tenant=tenant, edition=edition)


def broken() -> bool:
    """Whether nobody can say which policy is in force."""
    try:
        current_policy()
    except BrokenPolicy:
        return True
    return False


def _found(found: Versions, number: int) -> tuple[int, tuple[PolicyVersion, bool]]:
    """Return where a version stands among all, and the version; raises Http404."""
    for at, (row, whole) in enumerate(found):
        if row.number == number:
            return at, (row, whole)
    raise Http404


def _history(found: Versions) -> list[dict[str, Any]]:
    """Return each version with what it changed, in the names of what it changed."""
    rows = []
    for at, (row, whole) in enumerate(found):
        before = found[at + 1][0].document if at + 1 < len(found) else None
        changed = differences(before, row.document) if before is not None else None
        rows.append({"version": row, "title": number_of(row.number), "whole": whole, "changed": changed})
    return rows


def _versions_form(found: Versions, given: Mapping[str, Any] | None = None) -> VersionsForm:
    numbers = [row.number for row, _whole in found]
    initial = {"before": numbers[1], "after": numbers[0]} if len(numbers) > 1 else {}
    return VersionsForm(given or None, numbers=numbers, initial=initial)
