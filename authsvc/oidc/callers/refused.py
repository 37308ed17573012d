"""The one answer to a client that did not prove itself."""

from authsvc.oidc.wire.refusal import RequestRefused


def not_proven(*, rule: str, came: object = "", expected: str = "") -> RequestRefused:
    """Return an `invalid_client` refusal; the wire does not say what was wrong, the audit log does."""
    return RequestRefused(
        "invalid_client",
        "The client could not be authenticated.",
        rule=rule,
        came=came,
        expected=expected,
        status=401,
        headers={"WWW-Authenticate": 'Basic realm="token"'},
    )
