"""request_uri: a pushed request stands in place of the parameters (RFC 9126)."""

from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from authsvc.oidc.models import PushedRequest
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

PREFIX = "urn:ietf:params:oauth:request_uri:"
# Of the portal, which puts it there itself. What relying parties push is never kept under the whole address.
OF_PORTAL = f"{PREFIX}portal-test:"


def check(context: Context) -> None:
    """Take the stored request of this very client, fresh and not used yet; nothing beside it counts."""
    uri = context.parameters.get("request_uri")
    if uri is None or not uri.startswith(PREFIX):
        _refuse_missing(context)
        return
    of_portal = uri.startswith(OF_PORTAL)
    digest = secret_hash(uri if of_portal else uri.removeprefix(PREFIX))
    row = PushedRequest.objects.filter(digest=digest, client_id=context.client.pk).first()
    if row is None or row.used_at is not None or row.expires_at <= now():
        raise RequestRefused(
            "invalid_request_uri",
            "The pushed request is unknown, used or expired.",
            rule="pushed-request",
            came="unknown" if row is None else "used" if row.used_at else f"expired at {row.expires_at}",
            expected="a request_uri of the last minute, used once, by the client that pushed it",
        )
    context.parameters = dict(row.parameters)
    context.wanted.pushed = digest
    context.wanted.test = of_portal
    context.wanted.dpop_jkt = row.dpop_jkt


def _refuse_missing(context: Context) -> None:
    if context.client.is_fapi2 or context.client.require_pushed_authorization_requests:
        raise RequestRefused(
            "invalid_request",
            "This client must push its requests.",
            rule="pushed-request-required",
            came="plain parameters",
            expected="a request_uri from the pushed authorization request endpoint",
        )
