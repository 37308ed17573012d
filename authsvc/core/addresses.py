"""Whom a request comes from, for counters and the log."""

import ipaddress
from typing import Final

from django.conf import settings
from django.http import HttpRequest

# Whoever has one address of such a network has all of it (RFC 6177 section 2).
_IPV6_NETWORK: Final = 64


def client_address(request: HttpRequest) -> str:
    """Return the address that a request comes from, behind VISOR_PROXY_COUNT proxies.

    Each proxy adds whom it was called by to the end of X-Forwarded-For, so that only so many entries from its
    end are not the client's own. Where there are fewer, a proxy is missing: the connection's address counts.
    """
    count = settings.PROXY_COUNT
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if count and len(hops) >= count:
        return str(hops[-count])
    return str(request.META.get("REMOTE_ADDR", ""))


def address_of(request: HttpRequest) -> str:
    """Return whom tries are counted for: the client's address, of IPv6 its network."""
    text = client_address(request)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if address.version == 4:
        return text
    return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False).network_address)
