"""Reading a token together with its grant and its person."""

from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from authsvc.hosts.places import place_of
from authsvc.oidc.models import Grant, Token
from authsvc.oidc.sql import read_token, spending
from authsvc.tenancy.sql import Once


def find_token(text: str, kind: str | None = None) -> Token | None:
    """Return the live token of this text: not expired, not revoked, its grant and its person neither."""
    token = read_token(secret_hash(text))
    if token is None or kind not in {None, token.kind}:
        return None
    dead = token.revoked_at or is_over(token.grant) or token.expires_at <= now()
    return None if dead else token


def is_over(grant: Grant) -> bool:
    """Tell whether a grant was revoked, or given before the tenant moved: by an issuer that is no more."""
    since = place_of(grant.tenant_id).since
    return grant.revoked_at is not None or (since is not None and grant.created_at < since)


def find_refresh_token(text: str, *, lock: bool = False) -> Token | None:
    """Return the refresh token of this text, spent and revoked ones too; locked until the commit if asked."""
    token = read_token(secret_hash(text), lock=lock)
    return token if token is not None and token.kind == Token.Kind.REFRESH else None


def spent_on(token: Token, *, purpose: str, sealed_answer: bytes) -> Once:
    """Return the change that spends a refresh token now: on what, and with which answer."""
    token.spent_at, token.spent_on = now(), purpose
    token.make_ready()
    return spending(token, sealed_answer=sealed_answer)
