"""Sign-in that a third party starts, at the relying party (OpenID Connect Core section 4)."""

from urllib.parse import urlencode

from authsvc.clients.models import RelyingParty
from authsvc.oidc.wire.addresses import issuer_of


def initiation_url(party: RelyingParty, *, target_link_uri: str = "", login_hint: str = "") -> str:
    """Return where to send a person to sign in at a relying party, "" where it registered no address.

    The relying party answers with an authentication request; `iss` tells it whose.
    """
    if not party.initiate_login_uri:
        return ""
    query = {"iss": issuer_of(party.tenant), "target_link_uri": target_link_uri, "login_hint": login_hint}
    joint = "&" if "?" in party.initiate_login_uri else "?"
    given = {name: value for name, value in query.items() if value}
    return f"{party.initiate_login_uri}{joint}{urlencode(given)}"
