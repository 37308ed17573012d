"""Calm pages for people; the reason stands in the audit log under the reference that they show."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text
from authsvc.oidc.wire.refusal import RequestRefused

_PERSON = {
    "redirect-uri": _("The site that sent you here is not set up correctly."),
    "client-known": _("The site that sent you here is not known to us."),
}


def refusal_page(
    request: HttpRequest, refused: RequestRefused, reference: str, *, person: Text = ""
) -> HttpResponse:
    """Return the page for a person whose sign-in cannot go on; nothing from the request is echoed."""
    return render(
        request,
        "oidc/refused.html",
        {
            "person": person or _PERSON.get(refused.rule, _("The site that sent you here made a mistake.")),
            "error": refused.error,
            "reference": reference,
        },
        status=refused.status,
    )
