"""Discovery and the key set: public documents, served from memory."""

import hashlib
import json
import re
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from authsvc.core.remembered import Remembered
from authsvc.keys.signing import key_ring, remembered_ring
from authsvc.oidc.discovery.metadata import metadata_of
from authsvc.tenancy.directory import find_tenant
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.models import Tenant

# Relying parties may keep them for an hour: a key is published that long before it signs.
_CACHING = "public, max-age=3600"
# Body and ETag of a tenant's metadata.
_metadata: Remembered[UUID, tuple[bytes, str]] = Remembered(seconds=10)
_JWKS = re.compile(r"/t/([^/]+)/jwks")
_METADATA = re.compile(
    r"/t/([^/]+)/\.well-known/openid-configuration"
    r"|/\.well-known/(?:oauth-authorization-server|openid-configuration)/t/([^/]+)/?"
)


class PublicDocuments:
    """Answers with a document that this process holds, before anything is asked about session or person.

    What is not in memory, or too old, takes the usual way to the views below.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer at once where that is possible."""
        found = _in_memory(request.path_info) if request.method == "GET" else None
        return self.get_response(request) if found is None else _cached(request, *found)


@require_safe
def openid_configuration(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer with the provider's metadata (OpenID Connect Discovery 1.0; RFC 8414)."""
    body, etag = _metadata.get_or_make(request.tenant.id, lambda: _document(request.tenant))
    return _cached(request, body, etag)


@require_safe
def jwks(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer with the tenant's public keys: the next, the current and the previous ones."""
    ring = key_ring()
    return _cached(request, ring.document, ring.etag)


def _in_memory(path: str) -> tuple[bytes, str] | None:
    key_set = _JWKS.fullmatch(path)
    match = key_set or _METADATA.fullmatch(path)
    if match is None:
        return None
    try:
        tenant = find_tenant(next(slug for slug in match.groups() if slug))
    except (Tenant.DoesNotExist, ValueError):
        return None
    if key_set:
        ring = remembered_ring(tenant.id)
        return None if ring is None else (ring.document, ring.etag)
    return _metadata.get(tenant.id)


def _document(tenant: Tenant) -> tuple[bytes, str]:
    body = json.dumps(metadata_of(tenant)).encode()
    return body, '"' + hashlib.sha256(body).hexdigest()[:32] + '"'


def _cached(request: HttpRequest, body: bytes, etag: str) -> HttpResponse:
    response: HttpResponse
    # Not from `request.headers`, which would first make a mapping of all of them.
    known = request.META.get("HTTP_IF_NONE_MATCH", "")
    if known and etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = _CACHING
    response["Access-Control-Allow-Origin"] = "*"
    return response
