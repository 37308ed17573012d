"""Front-channel logout: relying parties' pages, loaded in frames (Front-Channel Logout 1.0)."""

from urllib.parse import urlencode

from authsvc.clients.models import RelyingParty
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.wire.addresses import issuer_of


def frames_of(session: Session) -> list[str]:
    """Return the addresses to load, with issuer and session id, one for each relying party (section 3)."""
    clients = RelyingParty.objects.filter(
        pk__in=Grant.objects.filter(session=session).values("client"), status=RelyingParty.Status.ACTIVE
    ).exclude(frontchannel_logout_uri="")
    return [_address(client, session) for client in clients.select_related("tenant").order_by("pk")]


def _address(client: RelyingParty, session: Session) -> str:
    query = urlencode({"iss": issuer_of(client.tenant), "sid": session.pk})
    joint = "&" if "?" in client.frontchannel_logout_uri else "?"
    return f"{client.frontchannel_logout_uri}{joint}{query}"
