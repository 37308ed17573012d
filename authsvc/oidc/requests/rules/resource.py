"""resource: none can be asked for here (RFC 8707 section 2)."""

from collections.abc import Mapping

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Refuse a request for tokens of one protected resource."""
    refuse_resource(context.parameters)


def refuse_resource(parameters: Mapping[str, str]) -> None:
    """Raise RequestRefused (invalid_target) where a resource is named, at whichever endpoint.

    Access tokens are for userinfo and for the client's own API; one that was asked for something else
    would be used where it does not count.
    """
    asked = parameters.get("resource")
    if asked is not None:
        raise RequestRefused(
            "invalid_target",
            "Tokens for a resource of its own are not offered.",
            rule="resource",
            came=asked,
            expected="no resource parameter",
        )
