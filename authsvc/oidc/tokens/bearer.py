"""Reading the access token of a request to a protected resource (RFC 6750)."""

from django.http import HttpRequest

from authsvc.core.proven import note_proof
from authsvc.hosts.places import place_of
from authsvc.oidc.models import Token
from authsvc.oidc.proofs.certificate import certificate_of, thumbprint
from authsvc.oidc.proofs.dpop import ALGORITHMS, read_proof
from authsvc.oidc.proofs.once import use_once
from authsvc.oidc.tokens.stored import find_token
from authsvc.oidc.wire.refusal import RequestRefused


def access_token_of(request: HttpRequest) -> Token:
    """Return the live access token of the request, from its header or its form body.

    Raises RequestRefused with the WWW-Authenticate header that RFC 6750 section 3 asks for.
    """
    scheme, text = _read(request)
    if not text:
        raise RequestRefused(
            "invalid_request",
            "No access token.",
            rule="bearer",
            came="none",
            status=401,
            headers=_challenge(""),
        )
    token = find_token(text, Token.Kind.ACCESS)
    if token is None:
        raise invalid_token("unknown, expired or revoked")
    note_proof()
    _check_binding(request, token, scheme, text)
    return token


def _check_binding(request: HttpRequest, token: Token, scheme: str, text: str) -> None:
    if bool(token.jkt) != (scheme == "dpop"):
        raise invalid_token(f"a {'bound' if token.jkt else 'plain'} token with the scheme {scheme}")
    if token.jkt:
        url = place_of(token.tenant_id).origin + request.path
        if _proven_key(request, url, text) != token.jkt:
            raise invalid_token("a DPoP proof by another key, or none")
    if token.x5t:
        certificate = certificate_of(request)
        if certificate is None or thumbprint(certificate) != token.x5t:
            raise invalid_token("another client certificate, or none")


def _proven_key(request: HttpRequest, url: str, text: str) -> str:
    header = request.META.get("HTTP_DPOP")
    if header is None:
        return ""
    try:
        proof = read_proof(header, str(request.method), url, access_token=text)
        use_once(proof.use)
        return proof.jkt
    except RequestRefused as refused:
        # RFC 9449 sections 7.1 and 9: a resource says it in its challenge.
        refused.status = 401
        refused.headers["WWW-Authenticate"] = f'DPoP error="{refused.error}", algs="{" ".join(ALGORITHMS)}"'
        raise


def invalid_token(came: str) -> RequestRefused:
    """Return the refusal of a token that does not count."""
    return RequestRefused(
        "invalid_token",
        "The access token is not valid.",
        rule="bearer",
        came=came,
        expected="a live access token",
        status=401,
        headers=_challenge("invalid_token"),
    )


def _read(request: HttpRequest) -> tuple[str, str]:
    scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() in {"bearer", "dpop"}:
        return scheme.lower(), text.strip()
    if request.method == "POST":
        return "bearer", request.POST.get("access_token", "")
    return "", ""


def _challenge(error: str) -> dict[str, str]:
    bearer = f'Bearer error="{error}"' if error else 'Bearer realm="userinfo"'
    return {"WWW-Authenticate": f'{bearer}, DPoP algs="{" ".join(ALGORITHMS)}"'}
