"""Proving oneself again in the middle of an act: the page asks for it and carries the form along.

Nothing that was typed is kept here meanwhile: it stands in the page, and comes back beside the proof.
"""

from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.http import HttpResponse
from django.shortcuts import render

from portal.accounts import second_factor
from portal.accounts.forms import CodeAgainForm, PasskeyAgainForm
from portal.accounts.requests import PortalRequest

_PREFIX: Final = "prove"
_NEVER_CARRIED: Final = "csrfmiddlewaretoken"


def ask(request: PortalRequest, *, said: CodeAgainForm | PasskeyAgainForm | None = None) -> HttpResponse:
    """Return the page that asks for a proof, with the form that was sent; `said` is a proof that failed."""
    owned = second_factor.kinds(request.user)
    passkey = Authenticator.Type.WEBAUTHN in owned
    context: dict[str, Any] = {
        "carried": carried(request),
        "form": said if isinstance(said, CodeAgainForm) else CodeAgainForm(user=request.user, prefix=_PREFIX),
        "passkey": PasskeyAgainForm(user=request.user, prefix=_PREFIX) if passkey else None,
        "by_code": Authenticator.Type.TOTP in owned or request.user.recovery_codes_left > 0,
        "failed": said is not None,
        "js_data": {"request_options": begin_authentication(request.user)} if passkey else None,
    }
    return render(request, "portal/prove_again.html", context, status=403)


def take_proof(request: PortalRequest) -> HttpResponse | None:
    """Take the proof that came with a form, and renew the session's key; the page again where it is wrong.

    None where the request may go on: with a proof that is right, or without any.
    """
    if not any(name.startswith(f"{_PREFIX}-") for name in request.POST):
        return None
    form = _form(request)
    if not form.is_valid():
        return ask(request, said=form)
    form.save()
    request.session.cycle_key()
    return None


def carried(request: PortalRequest, *, but: str = _PREFIX) -> list[tuple[str, str]]:
    """Return the form that was sent, field by field, for a page that carries it on.

    Without proofs, and without the fields of that page itself, whose names begin with `but`.
    """
    own = (f"{_PREFIX}-", f"{but}-", _NEVER_CARRIED)
    return [
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if not name.startswith(own)
    ]


def _form(request: PortalRequest) -> CodeAgainForm | PasskeyAgainForm:
    kind = PasskeyAgainForm if request.POST.get(f"{_PREFIX}-credential") else CodeAgainForm
    return kind(data=request.POST, user=request.user, prefix=_PREFIX)
