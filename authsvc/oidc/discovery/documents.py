"""Discovery and the key set: public documents, made from memory."""

import hashlib
import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from authsvc.core.caching import public_for
from authsvc.core.remembered import Remembered
from authsvc.keys.signing import key_ring
from authsvc.oidc.discovery.metadata import metadata_of
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.models import Tenant

# Seconds for which relying parties may keep them: a key is published that long before it signs.
_KEPT = 3600
# Body and ETag of a tenant's metadata.
_metadata: Remembered[UUID, tuple[bytes, str]] = Remembered(seconds=10, outlasts=_KEPT)


@require_safe
def openid_configuration(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer with the provider's metadata (OpenID Connect Discovery 1.0; RFC 8414)."""
    body, etag = _metadata.get_or_make(request.tenant.id, lambda: _document(request.tenant))
    return _public(request, body, etag)


@require_safe
def jwks(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer with the tenant's public keys: the next, the current and the previous ones."""
    ring = key_ring()
    return _public(request, ring.document, ring.etag)


def _document(tenant: Tenant) -> tuple[bytes, str]:
    body = json.dumps(metadata_of(tenant)).encode()
    return body, '"' + hashlib.sha256(body).hexdigest()[:32] + '"'


def _public(request: HttpRequest, body: bytes, etag: str) -> HttpResponse:
    response: HttpResponse
    # Not from `request.headers`, which would first make a mapping of all of them.
    known = request.META.get("HTTP_IF_NONE_MATCH", "")
    if known and etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    return public_for(response, _KEPT)
