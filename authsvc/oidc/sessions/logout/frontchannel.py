"""Front-channel logout: relying parties' pages, loaded in frames (Front-Channel Logout 1.0)."""

from urllib.parse import urlencode

from authsvc.clients.models import RelyingParty
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.wire.addresses import issuer_of


def frames_of(session: Session) -> list[str]:
    """Return the addresses to load, with issuer and session id, one for each relying party (section 3)."""
    grants = Grant.objects.filter(session=session, client__status=RelyingParty.Status.ACTIVE)
    listening = grants.exclude(client__frontchannel_logout_uri="").select_related("client__tenant")
    return list(
        dict.fromkeys(
            _address(grant.client, grant.sid or session.pk) for grant in listening.order_by("client")
        )
    )


def _address(client: RelyingParty, sid: str) -> str:
    query = urlencode({"iss": issuer_of(client.tenant), "sid": sid})
    joint = "&" if "?" in client.frontchannel_logout_uri else "?"
    return f"{client.frontchannel_logout_uri}{joint}{query}"
