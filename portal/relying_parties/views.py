"""Screens of the relying parties."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.management import relying_parties
from authsvc.oidc.wire.initiate import initiation_url
from portal.accounts.once import Made, make_once, shown_once
from portal.accounts.requests import PortalRequest
from portal.relying_parties.facts import facts_of
from portal.relying_parties.forms import RelyingPartyForm, values_of
from portal.relying_parties.quickstart import quick_start
from portal.ui.forms import sent
from portal.ui.paging import page_of


@require_GET
def party_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List the relying parties by name."""
    page = page_of(request, RelyingParty.objects.all(), key=("name", "id"))
    return render(request, "portal/relying_parties/list.html", {"page": page})


@require_http_methods(["GET", "POST"])
def party_create(request: PortalRequest, tenant: str) -> HttpResponse:
    """Register a relying party, and lead to its page, which shows its secret."""
    fresh = RelyingParty(tenant=request.tenant)
    form = RelyingPartyForm(sent(request), initial=values_of(fresh))
    if request.method == "POST" and form.is_valid():
        try:
            return make_once(request, lambda: _registered(request, form.cleaned_data))
        except RegistrationProblems as problems:
            relying_parties.note_refusal(problems, actor=request.member)
            form.show_problems(problems)
    return _show_form(request, form, party=None)


def _registered(request: PortalRequest, values: dict[str, Any]) -> Made:
    party, secret = relying_parties.register(by=request.member, **values)
    messages.success(
        request, _("Registered. It can begin at once. Copy what is below into its configuration.")
    )
    return _made(request, party, secret or "")


@require_GET
def party_detail(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Show one relying party."""
    return _show(request, get_object_or_404(RelyingParty.objects, pk=party))


@require_http_methods(["GET", "POST"])
def party_edit(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Change a relying party, or say field by field what is wrong."""
    row = get_object_or_404(RelyingParty.objects, pk=party)
    form = RelyingPartyForm(sent(request), initial=values_of(row))
    if request.method == "POST" and form.is_valid():
        try:
            relying_parties.change(by=request.member, party=row, **form.cleaned_data)
        except RegistrationProblems as problems:
            relying_parties.note_refusal(problems, actor=request.member, party=row)
            form.show_problems(problems)
        else:
            messages.success(request, _("The changes are in force within ten seconds."))
            return redirect("relying-party", tenant=tenant, party=row.pk)
    return _show_form(request, form, party=row)


@require_POST
def secret_add(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Add a secret beside the one in use, and lead to the page that shows it."""
    row = get_object_or_404(RelyingParty.objects, pk=party)
    try:
        return make_once(
            request,
            lambda: _made(request, row, relying_parties.add_secret(by=request.member, party=row)),
        )
    except RegistrationProblems as problems:
        relying_parties.note_refusal(problems, actor=request.member, party=row)
        messages.error(
            request, " ".join(map(str, problems.fields.get("secret", [_("That was not possible.")])))
        )
        return redirect("relying-party", tenant=tenant, party=row.pk)


def _made(request: PortalRequest, party: RelyingParty, secret: str) -> Made:
    return Made(reverse("relying-party", args=[request.tenant.slug, party.pk]), secret)


@require_POST
def secret_revoke(request: PortalRequest, tenant: str, party: str, secret: int) -> HttpResponse:
    """Revoke one secret."""
    row = get_object_or_404(
        ClientSecret.objects.select_related("relying_party"), pk=secret, relying_party_id=party
    )
    relying_parties.revoke_secret(by=request.member, secret=row)
    messages.success(request, _("The secret that ends in %(hint)s is revoked.") % {"hint": row.hint})
    return redirect("relying-party", tenant=tenant, party=party)


def _show(request: PortalRequest, party: RelyingParty) -> HttpResponse:
    secrets = relying_parties.secrets_of(party)
    context: dict[str, Any] = {
        "party": party,
        "secret": shown_once(request),
        "secrets": secrets,
        "room_for_secret": relying_parties.room_for_secret(party, secrets),
        "refusals": relying_parties.refusals_of(party),
        "start": quick_start(request.tenant, party),
        "initiation": initiation_url(party),
        "facts": facts_of(party),
    }
    return render(request, "portal/relying_parties/detail.html", context)


def _show_form(request: PortalRequest, form: RelyingPartyForm, *, party: RelyingParty | None) -> HttpResponse:
    context = {"form": form, "party": party}
    return render(request, "portal/relying_parties/form.html", context, status=422 if form.errors else 200)
