"""The way back to a relying party from a page that goes no further."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from authsvc.capture.ways import Way, start_page
from authsvc.clients.models import RelyingParty
from authsvc.oidc.wire.initiate import initiation_url
from authsvc.tenancy.models import Tenant


def ways_on(request: HttpRequest, party: RelyingParty | None = None) -> list[Way]:
    """Return the ways from a page: to the relying party, where one is known, and to the tenant's own page."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    ways = [*(back_to(party) if party else []), *(start_page(tenant) if tenant else [])]
    return [way for way in ways if way.href != request.path]


def back_to(party: RelyingParty) -> list[Way]:
    """Return the way to a relying party, by what it registered alone: nothing of a request is followed.

    Best where a sign-in begins; else its page, or the site that its redirects lead to. An app on a phone
    or a computer may have none of them.
    """
    address = initiation_url(party) or party.client_uri or _site(party.redirect_uris)
    name = {"name": party.name}
    return [Way(_("Go to %(name)s") % name, address)] if address else []


def _site(redirect_uris: list[str]) -> str:
    sites = [urlsplit(uri) for uri in redirect_uris if urlsplit(uri).scheme in {"https", "http"}]
    return f"{sites[0].scheme}://{sites[0].netloc}/" if sites else ""
