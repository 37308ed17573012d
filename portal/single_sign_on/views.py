"""The screen of single sign-on."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.management import identities, single_sign_on, team
from authsvc.management.membership import provider_of_team
from authsvc.tenancy.memberships.models import Identity
from authsvc.tenancy.roles import Role
from portal.accounts.requests import PortalRequest
from portal.single_sign_on.attempt import redirect_uri
from portal.single_sign_on.forms import ProviderForm, values_of
from portal.ui.forms import as_it_was_seen, sent
from portal.ui.own_provider import SecretForm


@require_GET
def overview(request: PortalRequest, tenant: str) -> HttpResponse:
    """Say how the team signs in, and who is known to its provider."""
    row = provider_of_team()
    known, members = identities.listed(), {member.user_id: member.pk for member in team.members()}
    context: dict[str, Any] = {
        "row": row,
        "roles": [(value, Role(role).label) for value, role in row.roles] if row else [],
        "has_secret": row is not None and bool(single_sign_on.secret_of(row)),
        "redirect_uri": redirect_uri(request.tenant),
        "known": [(each, members.get(each.user_id)) for each in known],
        "own": any(each.user_id == request.user.pk for each in known),
    }
    return _render(request, "overview", context)


@require_http_methods(["GET", "POST"])
def change(request: PortalRequest, tenant: str) -> HttpResponse:
    """Set up the provider, or change it."""
    row = provider_of_team()
    # Boxes that are not ticked are not sent: a form without any value is one, too.
    form = ProviderForm(sent(request), initial=values_of(row) if row else None)
    seen = as_it_was_seen(request, form)
    if form.is_valid():
        made = single_sign_on.configure(by=request.member, **form.cleaned_data)
        messages.success(request, _("It counts from the next sign-in on."))
        without = not single_sign_on.secret_of(made) and row is None
        return redirect("single-sign-on-secret" if without else "single-sign-on", tenant=tenant)
    context = {"form": form, "redirect_uri": redirect_uri(request.tenant), "row": row, "seen": seen}
    return _render(request, "change", context, status=422 if form.errors else 200)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def secret(request: PortalRequest, tenant: str) -> HttpResponse:
    """Store the client secret."""
    form = SecretForm(sent(request))
    if form.is_valid():
        try:
            single_sign_on.set_secret(by=request.member, secret=form.cleaned_data["secret"])
        except single_sign_on.NotSetUp as problem:
            form.add_error(None, str(problem.person))
        else:
            messages.success(request, _("The secret is stored."))
            return redirect("single-sign-on", tenant=tenant)
    return _render(request, "secret", {"form": form}, status=422 if form.errors else 200)


@require_POST
def remove(request: PortalRequest, tenant: str) -> HttpResponse:
    """Take the provider's word no more."""
    try:
        single_sign_on.remove(by=request.member)
    except single_sign_on.NotSetUp as problem:
        messages.info(request, str(problem.person))
    else:
        messages.success(request, _("The provider is removed, and memberships that came by it have ended."))
    return redirect("single-sign-on", tenant=tenant)


@require_POST
def unlink(request: PortalRequest, tenant: str, identity: str) -> HttpResponse:
    """End a link of a member."""
    row = get_object_or_404(Identity.objects, pk=identity, gives_membership=False)
    single_sign_on.unlink(by=request.member, identity=row)
    text = _("%(who)s is linked to nobody there any more.")
    messages.success(request, text % {"who": row.user.get_username()})
    return redirect("single-sign-on", tenant=tenant)


def _render(request: PortalRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"portal/single_sign_on/{name}.html", context, status=status)
