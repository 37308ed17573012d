"""Where the organisation is found: the installation's address, or a host name of its own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from authsvc.core.texts import Text
from authsvc.hosts.middleware import CHALLENGE
from authsvc.hosts.names import HostRefused, origin_on
from authsvc.hosts.places import place_of
from authsvc.management import hosts
from authsvc.oidc.wire.addresses import issuer_of
from portal.accounts.requests import PortalRequest
from portal.provider.forms import HostForm
from portal.ui.forms import sent


@require_http_methods(["GET", "POST"])
def address(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show where the organisation is found, and ask for a name of its own."""
    form = HostForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            hosts.ask(by=request.member, host=form.cleaned_data["host"])
        except HostRefused as problem:
            form.add_error("host", str(problem.person))
        else:
            messages.success(request, _("Let the name lead here now; nothing has moved yet."))
            return redirect("address", tenant=tenant)
    place = place_of(request.tenant.pk)
    context: dict[str, Any] = {
        "form": form,
        "issuer": issuer_of(request.tenant),
        "rp_id": place.rp_id,
        "names": [(row, f"{origin_on(row.host)}{CHALLENGE}") for row in hosts.names()],
        "passkeys": hosts.kept_passkeys(),
        "shares": hosts.shares_in_browsers(),
        "counted": hosts.COUNTED,
    }
    return render(request, "portal/provider/address.html", context, status=422 if form.errors else 200)


@require_POST
def go_live(request: PortalRequest, tenant: str) -> HttpResponse:
    """Move to a name that leads here."""

    def step(host: str) -> None:
        # Before another administrator is asked to agree to it, too.
        hosts.require_answer(host)
        hosts.go_live(by=request.member, host=host)

    return _taken(request, step, _("It moves within ten seconds. Tell every site of the new issuer."))


@require_POST
def leave(request: PortalRequest, tenant: str) -> HttpResponse:
    """Move back to the installation's address."""
    return _taken(
        request,
        lambda host: hosts.leave(by=request.member, host=host),
        _("It moves back within ten seconds. Tell every site of the new issuer."),
    )


@require_POST
def drop(request: PortalRequest, tenant: str) -> HttpResponse:
    """Give up a name that is not in use."""
    return _taken(request, lambda host: hosts.drop(by=request.member, host=host), _("The name is given up."))


def _taken(request: PortalRequest, step: Callable[[str], None], done: Text) -> HttpResponse:
    try:
        step(request.POST.get("host", ""))
    except HostRefused as problem:
        messages.error(request, problem.person)
    else:
        messages.success(request, done)
    return redirect("address", tenant=request.tenant.slug)
