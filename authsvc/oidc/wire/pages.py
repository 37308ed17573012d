"""Calm pages for people; the reason stands in the audit log under the receipt number that they show."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.core.texts import Text
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.oidc.wire.ways import ways_on

_PERSON = {
    "redirect-uri": _("The site that sent you here is not set up correctly."),
    "client-known": _("The site that sent you here is not known to us."),
}


def refusal_page(
    request: HttpRequest,
    refused: RequestRefused,
    number: str,
    *,
    person: Text = "",
    party: RelyingParty | None = None,
) -> HttpResponse:
    """Return the page for a person whose sign-in cannot go on; nothing from the request is echoed.

    The way on leads to the relying party where it is known, and to the tenant's own page.
    """
    response = render(
        request,
        "oidc/refused.html",
        {
            "person": person or _PERSON.get(refused.rule, _("The site that sent you here made a mistake.")),
            # With a sentence of its own it is about the person's way, and not about the site's request.
            "calm": bool(person),
            "error": refused.error,
            "number": number,
            "ways": ways_on(request, party),
        },
        status=refused.status,
    )
    for name, value in refused.headers.items():
        response[name] = value
    return response


def finished_page(request: HttpRequest, party: RelyingParty) -> HttpResponse:
    """Return the page for a person who comes again to a sign-in that has had its answer."""
    return render(request, "oidc/finished.html", {"party": party, "ways": ways_on(request, party)})
