"""Whom a request comes from, for counters and the log."""

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

# Whoever has one address of such a network has all of it (RFC 6177 section 2).
_IPV6_NETWORK: Final = 64
# Some proxies name the port too, which is another with each connection.
_WITH_PORT: Final = re.compile(r"\[([^\]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")


def client_address(request: HttpRequest | Request) -> str:
    """Return the address that a request comes from, behind VISOR_PROXY_COUNT proxies.

    Each proxy adds whom it was called by to the end of X-Forwarded-For, so that only so many entries from its
    end are not the client's own. Where there are fewer, a proxy is missing: the connection's address counts.
    """
    return _without_port(_named(request.META))


def _named(environ: Mapping[str, Any]) -> str:
    count = settings.PROXY_COUNT
    hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if count and len(hops) >= count:
        return str(hops[-count])
    return str(environ.get("REMOTE_ADDR", ""))


def _without_port(text: str) -> str:
    found = _WITH_PORT.fullmatch(text)
    return (found[1] or found[2] or "") if found else text


def address_of(request: HttpRequest | Request) -> str:
    """Return whom tries are counted for: the client's address, of IPv6 its network."""
    return address_in(request.META)


def address_in(environ: Mapping[str, Any]) -> str:
    """Return the same of a request that is known by its WSGI environment, or by what matters of it."""
    return _counted(_without_port(_named(environ)))


# A request is counted more than once, and who sends one sends more.
@lru_cache(maxsize=512)
def _counted(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if address.version == 4:
        return text
    if address.ipv4_mapped is not None:
        # So a socket for both names whoever comes by IPv4; one network has all of them.
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False).network_address)
