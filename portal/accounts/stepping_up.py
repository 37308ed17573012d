"""Proving oneself again in the middle of an act: the page asks for it and carries the form along.

Nothing that was typed is kept here meanwhile: it stands in the page, and comes back beside the proof.
"""

from typing import Any, Final, cast

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from authsvc.management.membership import provider_in_force
from authsvc.tenancy.memberships.models import SingleSignOn
from portal.accounts import by_provider, second_factor
from portal.accounts.forms import CodeAgainForm, PasskeyAgainForm
from portal.accounts.requests import PlatformRequest, PortalRequest

_PREFIX: Final = "prove"
_NEVER_CARRIED: Final = "csrfmiddlewaretoken"


def ask(
    request: PortalRequest | PlatformRequest, *, said: CodeAgainForm | PasskeyAgainForm | None = None
) -> HttpResponse:
    """Return the page that asks for a proof, with the form that was sent; `said` is a proof that failed."""
    owned = second_factor.kinds(request.user)
    passkey = Authenticator.Type.WEBAUTHN in owned
    context: dict[str, Any] = {
        "carried": carried(request),
        "form": said if isinstance(said, CodeAgainForm) else CodeAgainForm(user=request.user, prefix=_PREFIX),
        "passkey": PasskeyAgainForm(user=request.user, prefix=_PREFIX) if passkey else None,
        "by_code": Authenticator.Type.TOTP in owned or request.user.recovery_codes_left > 0,
        "failed": said is not None,
        **_frame(request),
        "provider": _provider(request),
        "js_data": {"request_options": begin_authentication(request.user)} if passkey else None,
    }
    return render(request, "portal/prove_again.html", context, status=403)


def take_proof(request: PortalRequest | PlatformRequest) -> HttpResponse | None:
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


def _frame(request: PortalRequest | PlatformRequest) -> dict[str, str]:
    """Return the frame of the page, a tenant's or the platform's, and where it leads back to."""
    if not hasattr(request, "screen"):
        return {"frame": "portal/platform/base.html", "back": reverse("platform")}
    asked = cast("PortalRequest", request)
    return {"frame": "portal/base.html", "back": reverse(asked.screen.name, args=[asked.tenant.slug])}


def carried(request: PortalRequest | PlatformRequest, *, but: str = _PREFIX) -> list[tuple[str, str]]:
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


def _provider(request: PortalRequest | PlatformRequest) -> SingleSignOn | None:
    """Return the provider at which this session's user can prove themselves anew, None for nobody's."""
    if getattr(request, "tenant", None) is None:
        return None
    row = provider_in_force()
    word = by_provider.word_of(request, request.user, row)
    return row if word is not None and word.proven_at is not None else None


def _form(request: PortalRequest | PlatformRequest) -> CodeAgainForm | PasskeyAgainForm:
    kind = PasskeyAgainForm if request.POST.get(f"{_PREFIX}-credential") else CodeAgainForm
    return kind(data=request.POST, user=request.user, prefix=_PREFIX)
