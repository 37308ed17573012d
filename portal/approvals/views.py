"""Screens of the approvals."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from authsvc.clients.fields import FIELDS
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.core.application_models import application_model
from authsvc.core.texts import Text
from authsvc.enrolment.notices import CannotMail
from authsvc.management import approvals, log, policies, team
from authsvc.management.freezing import row_in
from authsvc.management.keeping import kept as kept_by
from authsvc.management.membership import provider_of_team
from authsvc.management.models import Approval
from authsvc.management.people import PersonClosed
from authsvc.management.policy_words import differences, party_differences
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import BrokenPolicy, allowed_models, current_document
from authsvc.self_enrolment.models import PeopleProvider
from authsvc.self_enrolment.provider import provider_of_people
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Membership, SingleSignOn
from authsvc.tenancy.roles import Role
from portal.accounts.once import Made, make_once, shown_once
from portal.accounts.requests import PortalRequest
from portal.accounts.services import complete
from portal.self_enrolment.forms import LABELS as PEOPLE_LABELS
from portal.single_sign_on.forms import LABELS as PROVIDER_LABELS
from portal.ui.paging import page_of

# What stands in the way of a request for now, or for good; it says so itself.
_NOT_NOW: Final = (
    approvals.NotPending,
    approvals.OwnRequest,
    approvals.TooSoon,
    CannotMail,
    BrokenPolicy,
    PersonClosed,
    policies.NotWhole,
    policies.PartyGone,
    policies.PolicyMoved,
    team.AlreadyMember,
    team.BelongsElsewhere,
    team.ComesByProvider,
    team.LastOwner,
)


@require_GET
def approval_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List what waits, and below it what was decided."""
    page = page_of(request, approvals.decided(), key=("-asked_at", "-id"))
    context = {"pending": _told(approvals.pending()), "page": page, "rows": _told(page.rows)}
    return render(request, "portal/approvals/list.html", context)


@require_GET
def detail(request: PortalRequest, tenant: str, approval: str) -> HttpResponse:
    """Show one request: what it would do, why, and who may decide."""
    row = get_object_or_404(Approval.objects, pk=approval)
    context: dict[str, Any] = {
        "row": row,
        "words": approvals.WORDS.get(row.act, row.act),
        "values": _values(row.arguments),
        "person": row_in(row.arguments, Subject),
        "own": row.asked_by == request.user.pk,
        "fetched_by_me": row.act == log.ACT and row in log.ready_for(request.member),
        "secret": shown_once(request),
    }
    return render(request, "portal/approvals/detail.html", context)


@require_POST
def agree(request: PortalRequest, tenant: str, approval: str) -> HttpResponse:
    """Agree, which does it at once."""
    row = get_object_or_404(Approval.objects, pk=approval)
    return _carried_out(request, row, lambda: approvals.approve(by=request.member, approval=row))


@require_POST
def alone(request: PortalRequest, tenant: str, approval: str) -> HttpResponse:
    """Carry out one's own request after a day, where nobody else could agree."""
    row = get_object_or_404(Approval.objects, pk=approval)
    return _carried_out(request, row, lambda: approvals.carry_out_alone(by=request.member, approval=row))


@require_POST
def refuse(request: PortalRequest, tenant: str, approval: str) -> HttpResponse:
    """Refuse a request, or take back one's own."""
    row = get_object_or_404(Approval.objects, pk=approval)
    try:
        approvals.refuse(by=request.member, approval=row)
    except approvals.NotPending as problem:
        messages.info(request, str(problem.person))
    else:
        messages.success(request, _("It is refused; nothing was changed."))
    return redirect("approval", tenant=tenant, approval=row.pk)


def _carried_out(request: PortalRequest, row: Approval, perform: Callable[[], Any]) -> HttpResponse:
    """Do it, and lead to the request's page, which shows a secret that was made."""
    try:
        return make_once(request, lambda: _made(request, row, perform))
    except _NOT_NOW as problem:
        messages.error(request, str(problem.person))
    except OSError:
        messages.error(request, _("The mail could not be sent, so nothing was changed. Try again later."))
    except Membership.DoesNotExist:
        messages.error(request, _("Nobody of your team gave this member a role. Remove them."))
    except RegistrationProblems as problems:
        said = " ".join(str(text) for texts in problems.fields.values() for text in texts)
        messages.error(request, _("It cannot be done as it was asked for: %(said)s") % {"said": said})
    except ValueError:
        # What this installation cannot have any more, as a region that has moved away.
        messages.error(request, _("It cannot be done any more as it was asked for."))
    return redirect("approval", tenant=request.tenant.slug, approval=row.pk)


def _made(request: PortalRequest, row: Approval, perform: Callable[[], Any]) -> Made:
    result = complete(row.act, tenant=request.tenant, perform=perform)
    messages.success(request, _("It is done."))
    parts = result if isinstance(result, tuple) else (result,)
    secret = next((part for part in parts if isinstance(part, str)), "")
    return Made(reverse("approval", args=[request.tenant.slug, row.pk]), secret)


def _told(rows: Any) -> list[tuple[Approval, Text]]:
    return [(row, approvals.WORDS.get(row.act, row.act)) for row in rows]


def _values(kept: Mapping[str, Any]) -> list[tuple[Text, str, str]]:
    """Return what would be set: label, value now ("" where nothing is there yet), and value then."""
    party = row_in(kept, RelyingParty)
    return (
        _export(kept)
        + _roles(kept)
        + _models(kept)
        + _policy(kept)
        + _provider(kept)
        + _people_provider(kept)
        + [
            (row.label or row.name, _text(row.of(party)) if party is not None else "", _text(kept[row.name]))
            for row in (FIELDS[name] for name in kept if name in FIELDS)
        ]
    )


def _export(kept: Mapping[str, Any]) -> list[tuple[Text, str, str]]:
    """Return the rows of what an export would have, where one is asked for."""
    if "form" not in kept:
        return []
    everything = str(_("All"))
    return [
        (_("Format"), "", str(kept["form"]).upper()),
        (_("First day (UTC)"), "", kept.get("since") or everything),
        (_("Last day (UTC)"), "", kept.get("until") or everything),
    ]


def _roles(kept: Mapping[str, Any]) -> list[tuple[Text, str, str]]:
    """Return the row of the role that somebody would get, where one is given."""
    if "role" not in kept:
        return []
    member = row_in(kept, Membership)
    now = Role(member.role).label if member is not None else ""
    return [(_("Role"), str(now), str(Role(kept["role"]).label))]


def _models(kept: Mapping[str, Any]) -> list[tuple[Text, str, str]]:
    """Return where faces would be kept and why, where that is asked for."""
    if "models" not in kept:
        return []
    now = "\n".join(str(kept_by(row)) for row in allowed_models())
    chosen = (application_model(letter) for letter in kept["models"])
    then = "\n".join(str(kept_by(row)) for row in chosen if row is not None)
    reason = str(kept.get("justification", ""))
    return [(_("Where faces are kept"), now, then), (_("Justification"), "", reason)]


def _policy(kept: Mapping[str, Any]) -> list[tuple[Text, str, str]]:
    """Return what a policy, and settings of relying parties with it, would change."""
    version = row_in(kept, PolicyVersion)
    document = kept.get("document") or (version.document if version is not None else None)
    if document is None:
        return []
    try:
        present = current_document()
    except BrokenPolicy:
        present = {}
    found = [(each.label, str(each.before), str(each.after)) for each in differences(present, document)]
    for party in RelyingParty.objects.filter(pk__in=kept.get("parties", {})).order_by("name", "pk"):
        for each in party_differences(party, kept["parties"][party.pk]):
            found.append((f"{party.name}: {each.label}", str(each.before), str(each.after)))
    return found


def _provider(kept: Mapping[str, Any]) -> list[tuple[Text, str, str]]:
    """Return how the team would sign in at a provider of the organisation's own."""
    return _changed(kept, provider_of_team(), PROVIDER_LABELS) if "role_claim" in kept else []


def _people_provider(kept: Mapping[str, Any]) -> list[tuple[Text, str, str]]:
    """Return how people would enrol by the word of a provider of the organisation's own."""
    return _changed(kept, provider_of_people(), PEOPLE_LABELS) if "gate_claim" in kept else []


def _changed(
    kept: Mapping[str, Any], row: SingleSignOn | PeopleProvider | None, labels: Mapping[str, Text]
) -> list[tuple[Text, str, str]]:
    return [
        (label, _said(getattr(row, name)) if row is not None else "", _said(kept[name]))
        for name, label in labels.items()
    ]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        return "\n".join(" → ".join(each) if isinstance(each, list) else str(each) for each in value)
    return str(value)


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "\n".join(value)
    return value if isinstance(value, str) else json.dumps(value, indent=2)
