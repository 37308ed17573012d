"""redirect_uri is one of the registered ones (RFC 9700 section 2.1)."""

from django.conf import settings

from authsvc.clients.redirection import is_among
from authsvc.oidc.requests.rules.response_mode import mode_of
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def is_registered(context: Context) -> bool:
    """Whether the request's redirect URI is one of the relying party's."""
    return is_among(context.parameters.get("redirect_uri", ""), context.client.redirect_uris)


def _is_of_portal(context: Context) -> bool:
    """Whether a test sign-in returns to this installation's portal; its number alone goes there."""
    return context.parameters.get("redirect_uri", "").startswith(f"{settings.BASE_URL}/portal/")


def answer_early(context: Context) -> None:
    """Let errors of a request object go back to a registered address, until the object names its own.

    Not for a pushed request: what is wrong with that one is no secret of the browser's.
    """
    context.wanted.redirect_uri = context.parameters.get("redirect_uri", "")
    context.wanted.state = context.parameters.get("state")
    context.wanted.response_mode = mode_of(context) or context.wanted.response_mode
    context.returnable = not context.wanted.pushed and is_registered(context)


def check(context: Context) -> None:
    """Accept a registered address and no other; from here on errors are sent to it."""
    uri = context.parameters.get("redirect_uri", "")
    if not (_is_of_portal(context) if context.wanted.test else is_registered(context)):
        raise RequestRefused(
            "invalid_request",
            "redirect_uri is not registered for this client.",
            rule="redirect-uri",
            came=uri or "none",
            expected=", ".join(context.client.redirect_uris),
        )
    context.wanted.redirect_uri = uri
    context.wanted.state = context.parameters.get("state")
    context.returnable = True
