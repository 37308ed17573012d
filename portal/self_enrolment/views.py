"""The screen of people who enrol by themselves."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.management import self_enrolment
from authsvc.self_enrolment.provider import callback_address, door_address, provider_of_people
from portal.accounts.requests import PortalRequest
from portal.self_enrolment.forms import PeopleProviderForm, values_of
from portal.ui.forms import sent
from portal.ui.own_provider import SecretForm


@require_GET
def overview(request: PortalRequest, tenant: str) -> HttpResponse:
    """Say at which provider people sign in to enrol, and who may."""
    row = provider_of_people()
    return _render(
        request, "overview", {"row": row, "has_secret": row is not None and bool(row.sealed_secret)}
    )


@require_http_methods(["GET", "POST"])
def change(request: PortalRequest, tenant: str) -> HttpResponse:
    """Set up the provider, or change it."""
    row = provider_of_people()
    # Boxes that are not ticked are not sent: a form without any value is one, too.
    form = PeopleProviderForm(sent(request), initial=values_of(row) if row else None)
    if form.is_valid():
        made = self_enrolment.configure(by=request.member, **form.cleaned_data)
        messages.success(request, _("It counts from the next sign-in on."))
        without = not made.sealed_secret and row is None
        return redirect("self-enrolment-secret" if without else "self-enrolment", tenant=tenant)
    return _render(request, "change", {"form": form, "row": row}, status=422 if form.errors else 200)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def secret(request: PortalRequest, tenant: str) -> HttpResponse:
    """Store the client secret, which this process cannot open again."""
    form = SecretForm(sent(request))
    if form.is_valid():
        try:
            self_enrolment.set_secret(by=request.member, secret=form.cleaned_data["secret"])
        except self_enrolment.NotSetUp as problem:
            form.add_error(None, str(problem.person))
        else:
            messages.success(request, _("The secret is stored."))
            return redirect("self-enrolment", tenant=tenant)
    return _render(request, "secret", {"form": form}, status=422 if form.errors else 200)


@require_POST
def remove(request: PortalRequest, tenant: str) -> HttpResponse:
    """Take the provider's word no more."""
    try:
        self_enrolment.remove(by=request.member)
    except self_enrolment.NotSetUp as problem:
        messages.info(request, str(problem.person))
    else:
        messages.success(request, _("The provider is removed. Whoever enrolled by it stays as they are."))
    return redirect("self-enrolment", tenant=tenant)


def _render(request: PortalRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    addresses = {"redirect_uri": callback_address(request.tenant), "door": door_address(request.tenant)}
    return render(request, f"portal/self_enrolment/{name}.html", {**addresses, **context}, status=status)
