"""Access and refresh tokens: opaque, or JWTs of RFC 9068; only their digests are stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import new_jti, new_secret, secret_hash
from authsvc.oidc.models import Grant, Token
from authsvc.oidc.proofs.jose import sign
from authsvc.oidc.tokens.claims import event_claims
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.lifetimes import ACCESS_TOKEN, REFRESH_TOKEN
from authsvc.tenancy.rows import new_row


@dataclass(frozen=True)
class Binding:
    """The key that a token is bound to: a DPoP key's thumbprint, a certificate's, or neither."""

    jkt: str = ""
    x5t: str = ""

    def confirmation(self) -> dict[str, str]:
        """Return the `cnf` claim's content (RFC 9449 section 6, RFC 8705 section 3)."""
        members = {"jkt": self.jkt, "x5t#S256": self.x5t}
        return {name: value for name, value in members.items() if value}

    @property
    def token_type(self) -> str:
        """`DPoP` for a token bound to a DPoP key, else `Bearer`."""
        return "DPoP" if self.jkt else "Bearer"


UNBOUND = Binding()


@dataclass(frozen=True)
class Minted:
    """Tokens made together: their texts for the client, and their rows for the database."""

    access: str
    refresh: str | None
    rows: list[Token] = field(default_factory=list)


def mint(grant: Grant, client: RelyingParty, *, scope: str, binding: Binding, refresh: bool) -> Minted:
    """Make an access token, and a refresh token where asked; nothing is stored yet."""
    moment = now()
    signed = client.access_token_format == RelyingParty.AccessTokenFormat.JWT
    access = _jwt(grant, client, scope, binding, moment) if signed else new_secret()
    rows = [
        new_row(
            Token,
            digest=secret_hash(access),
            kind=Token.Kind.ACCESS.value,
            grant_id=grant.pk,
            scope=scope,
            jkt=binding.jkt,
            x5t=binding.x5t,
            issued_at=moment,
            expires_at=moment + ACCESS_TOKEN,
        )
    ]
    if not refresh:
        return Minted(access, None, rows)
    text = new_secret()
    rows.append(
        new_row(
            Token,
            digest=secret_hash(text),
            kind=Token.Kind.REFRESH.value,
            grant_id=grant.pk,
            scope=scope,
            # A public client has to go on with this key, any other with some key (token/refresh.py).
            jkt=binding.jkt,
            issued_at=moment,
            expires_at=min(moment + REFRESH_TOKEN, grant.expires_at),
        )
    )
    return Minted(access, text, rows)


def _jwt(grant: Grant, client: RelyingParty, scope: str, binding: Binding, moment: datetime) -> str:
    claims: dict[str, Any] = {
        "iss": issuer_of(client.tenant),
        "sub": grant.sub,
        "aud": client.client_id,
        "client_id": client.client_id,
        "scope": scope,
        "iat": int(moment.timestamp()),
        "exp": int((moment + ACCESS_TOKEN).timestamp()),
        "jti": new_jti(grant.transaction),
        **event_claims(grant, client),
    }
    if binding.confirmation():
        claims["cnf"] = binding.confirmation()
    return sign(claims, algorithm=client.id_token_signed_response_alg, typ="at+jwt")
