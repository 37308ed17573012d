"""Screens of the relying parties: list, page, edit, secrets, deletion."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.core.clock import now
from authsvc.management import relying_parties
from authsvc.management.exports import note_export
from authsvc.oidc.wire.csp import allow
from authsvc.oidc.wire.initiate import initiation_url
from portal.accounts.once import Made, make_once, shown_once
from portal.accounts.requests import PortalRequest
from portal.relying_parties.facts import facts_of, learns
from portal.relying_parties.filters import COLUMNS, PartyFilter
from portal.relying_parties.forms import RelyingPartyForm, values_of
from portal.relying_parties.kinds import kind_of
from portal.relying_parties.quickstart import quick_start
from portal.relying_parties.verdict import verdict_of
from portal.ui.forms import as_it_was_seen, sent
from portal.ui.listing import all_shown, is_taken_away, shown, taken_away

# Days that the secret in use goes on working beside a new one, as the form offers them; without a choice it
# works until it is revoked.
OVERLAPS: Final = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30)}
_OTHERWISE: Final = _(
    "Somebody has changed this relying party since you opened the form. Look at its page first; to set what "
    "stands here all the same, save again."
)


@require_GET
def party_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List the relying parties by name, or give the list as a table."""
    form = PartyFilter(request.GET)
    if is_taken_away(request):
        rows = all_shown(form)
        note_export(actor=request.member, what="relying-parties", rows=len(rows), filters=form.wanted)
        return taken_away("relying-parties", COLUMNS, rows)
    page = shown(request, form)
    return render(request, "portal/relying_parties/list.html", {"page": page, "form": form})


@require_GET
def party_detail(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Show one relying party: how it stands first, then what its developer needs."""
    row = get_object_or_404(RelyingParty.objects, pk=party)
    secrets = relying_parties.secrets_of(row)
    refusals = list(relying_parties.refusals_of(row))
    standing = relying_parties.standing_of(row, secrets)
    context: dict[str, Any] = {
        "party": row,
        "kind": kind_of(row),
        "standing": standing,
        "verdict": verdict_of(request.tenant, standing, refusals),
        "secret": shown_once(request),
        "secrets": secrets,
        "idle": relying_parties.idle_secret(secrets),
        "room_for_secret": relying_parties.room_for_secret(row, secrets),
        "refusals": refusals,
        "keys": relying_parties.keys_read(row),
        "start": quick_start(request.tenant, row),
        "initiation": initiation_url(row),
        "facts": facts_of(row),
        "learns": learns(row),
    }
    response = render(request, "portal/relying_parties/detail.html", context)
    # The test sign-in's form is answered by a redirect to the provider, and a browser checks the whole way.
    allow(response, "form-action", quick_start(request.tenant, row).issuer)
    return response


@require_http_methods(["GET", "POST"])
def party_edit(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Change a relying party, or say field by field what is wrong."""
    row = get_object_or_404(relying_parties.kept(), pk=party)
    everything = "everything" in request.GET
    form = RelyingPartyForm(
        sent(request), initial=values_of(row), party=row, kind=None if everything else kind_of(row)
    )
    seen = as_it_was_seen(request, form, _OTHERWISE)
    if request.method == "POST" and form.is_valid():
        try:
            relying_parties.change(by=request.member, party=row, **form.cleaned_data)
        except RegistrationProblems as problems:
            relying_parties.note_refusal(problems, actor=request.member, party=row)
            form.show_problems(problems.fields)
        else:
            messages.success(request, _("The changes are in force within ten seconds."))
            return redirect("relying-party", tenant=tenant, party=row.pk)
    context = {"form": form, "party": row, "everything": everything, "seen": seen}
    return render(request, "portal/relying_parties/form.html", context, status=422 if form.errors else 200)


@require_POST
def secret_add(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Add a secret beside the one in use, and lead to the page that shows it."""
    row = get_object_or_404(relying_parties.kept(), pk=party)
    overlap = OVERLAPS.get(request.POST.get("overlap", ""))
    until = None if overlap is None else now() + overlap

    def made() -> Made:
        secret = relying_parties.add_secret(by=request.member, party=row, old_until=until)
        return Made(reverse("relying-party", args=[request.tenant.slug, row.pk]), secret)

    try:
        return make_once(request, made)
    except RegistrationProblems as problems:
        relying_parties.note_refusal(problems, actor=request.member, party=row)
        messages.error(
            request, " ".join(map(str, problems.fields.get("secret", [_("That was not possible.")])))
        )
        return redirect("relying-party", tenant=tenant, party=row.pk)


@require_POST
def secret_revoke(request: PortalRequest, tenant: str, party: str, secret: int) -> HttpResponse:
    """Revoke one secret."""
    row = get_object_or_404(
        ClientSecret.objects.select_related("relying_party"), pk=secret, relying_party_id=party
    )
    relying_parties.revoke_secret(by=request.member, secret=row)
    messages.success(request, _("The secret that ends in %(hint)s is revoked.") % {"hint": row.hint})
    return redirect("relying-party", tenant=tenant, party=party)


@require_POST
def party_remove(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Delete a relying party; its page offers to undo it."""
    row = get_object_or_404(relying_parties.kept(), pk=party)
    relying_parties.remove(by=request.member, party=row)
    messages.success(request, _("%(name)s is deleted. Nobody can sign in there.") % {"name": row.name})
    return redirect("relying-party", tenant=tenant, party=row.pk)


@require_POST
def party_restore(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Bring a deleted relying party back."""
    row = get_object_or_404(RelyingParty.objects, pk=party)
    try:
        relying_parties.restore(by=request.member, party=row)
    except relying_parties.NotDeleted as refused:
        messages.error(request, str(refused.person))
    else:
        messages.success(request, _("%(name)s is back, with its secrets.") % {"name": row.name})
    return redirect("relying-party", tenant=tenant, party=row.pk)
