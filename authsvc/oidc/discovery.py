"""Discovery and the key set: public documents, served from memory."""

import hashlib
import json
from time import monotonic
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from authsvc.keys.signing import key_ring
from authsvc.oidc.metadata import metadata_of
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.models import Tenant

# Relying parties may keep them for an hour: a key is published that long before it signs.
_CACHING = "public, max-age=3600"
_LIFE = 10.0
_documents: dict[UUID, tuple[float, bytes, str]] = {}


@require_safe
def openid_configuration(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer with the provider's metadata (OpenID Connect Discovery 1.0; RFC 8414)."""
    body, etag = _document(request.tenant)
    return _cached(request, body, etag)


@require_safe
def jwks(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer with the tenant's public keys: the next, the current and the previous ones."""
    ring = key_ring()
    return _cached(request, ring.document, ring.etag)


def forget_documents() -> None:
    """Drop what this process remembers."""
    _documents.clear()


def _document(tenant: Tenant) -> tuple[bytes, str]:
    known = _documents.get(tenant.id)
    if known is None or monotonic() - known[0] > _LIFE:
        body = json.dumps(metadata_of(tenant)).encode()
        etag = '"' + hashlib.sha256(body).hexdigest()[:32] + '"'
        known = _documents[tenant.id] = (monotonic(), body, etag)
    return known[1], known[2]


def _cached(request: HttpRequest, body: bytes, etag: str) -> HttpResponse:
    response: HttpResponse
    if etag in [
        tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")
    ]:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = _CACHING
    response["Access-Control-Allow-Origin"] = "*"
    return response
