"""request_uri by reference: a request object behind an address (OpenID Connect Core section 6.2)."""

from django.conf import settings

from authsvc.core.fetch import FetchRefused, fetch
from authsvc.oidc.proofs.outbound import turn_of
from authsvc.oidc.requests.rules.redirect_uri import answer_early
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

_LONGEST = 64 * 1024
_SECONDS = 3.0


def check(context: Context) -> None:
    """Put the object behind the address in place of it; only a registered address is read."""
    uri = context.parameters.get("request_uri")
    if uri is None:
        return
    answer_early(context)
    if "request" in context.parameters:
        raise RequestRefused(
            "invalid_request",
            "request and request_uri exclude each other.",
            rule="request-uri",
            came="both",
            expected="one of them",
        )
    if uri not in context.client.request_uris:
        raise _refused(uri, ", ".join(context.client.request_uris) or "none registered")
    others = {name: value for name, value in context.parameters.items() if name != "request_uri"}
    context.parameters = {**others, "request": _read(uri)}


def _read(uri: str) -> str:
    try:
        with turn_of(uri):
            answer = fetch(
                uri, allow_loopback=settings.ALLOW_LOOPBACK_FETCH, max_bytes=_LONGEST, seconds=_SECONDS
            )
        if answer.status == 200:
            return answer.body.decode("ascii").strip()
    except (FetchRefused, UnicodeDecodeError) as problem:
        raise _refused(problem, "a request object behind the address") from None
    raise _refused(f"status {answer.status}", "a request object behind the address")


def _refused(came: object, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request_uri",
        "request_uri cannot be used.",
        rule="request-uri",
        came=came,
        expected=expected,
    )
