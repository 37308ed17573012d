"""Sending the answer back to the relying party, in the mode it asked for."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.oidc.proofs.jose import sign
from authsvc.oidc.requests.wanted import Wanted
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.csp import allow
from authsvc.oidc.wire.lifetimes import PUSHED_REQUEST
from authsvc.oidc.wire.redirect import RedirectAnywhere


def send_answer(
    request: HttpRequest, client: RelyingParty, wanted: Wanted, answer: dict[str, str]
) -> HttpResponse:
    """Return the response that carries `answer`, the state and the issuer (RFC 9207) to the redirect URI."""
    content = {**answer, "iss": issuer_of(client.tenant)}
    if wanted.state is not None:
        content["state"] = wanted.state
    mode = wanted.response_mode
    if mode.endswith(".jwt"):
        content = {"response": _signed(content, client)}
        mode = mode.removesuffix(".jwt")
    if mode == "form_post":
        return _form_post(request, wanted.redirect_uri, content)
    return RedirectAnywhere(_extended(wanted.redirect_uri, content, fragment=mode == "fragment"))


def _signed(content: dict[str, Any], client: RelyingParty) -> str:
    # JARM section 2.1: issuer, audience, a short expiry, and the answer itself.
    expires = int((now() + PUSHED_REQUEST).timestamp())
    claims = {**content, "aud": client.client_id, "exp": expires}
    algorithm = client.authorization_signed_response_alg or client.id_token_signed_response_alg
    return sign(claims, algorithm=algorithm)


def _extended(uri: str, content: dict[str, str], *, fragment: bool) -> str:
    # What is registered, and an app's scheme with it, is kept exactly as it stands.
    if fragment:
        joint = "#"
    elif "?" in uri:
        joint = "" if uri.endswith(("?", "&")) else "&"
    else:
        joint = "?"
    return f"{uri}{joint}{urlencode(content)}"


def _form_post(request: HttpRequest, uri: str, content: dict[str, str]) -> HttpResponse:
    response = render(request, "oidc/form_post.html", {"action": uri, "fields": content})
    allow(response, "form-action", uri)
    return response
