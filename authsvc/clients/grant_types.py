"""The grant types there are, and which of them a relying party uses."""

from authsvc.clients.models import RelyingParty

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant type
CIBA = "urn:openid:params:grant-type:ciba"
GRANT_TYPES = (AUTHORIZATION_CODE, REFRESH_TOKEN, CIBA)


def grant_types_of(party: RelyingParty) -> list[str]:
    """Return the grant types that its registration lets it use."""
    used = (bool(party.redirect_uris), party.offline_access, bool(party.backchannel_token_delivery_mode))
    return [grant for grant, uses in zip(GRANT_TYPES, used, strict=True) if uses]
