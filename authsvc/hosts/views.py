"""What a host answers about itself."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from authsvc.hosts.models import Host
from authsvc.hosts.places import related_origins


@require_safe
def challenge(request: HttpRequest) -> HttpResponse:
    """Answer what proves that the name of a request leads to this installation; 404 on its own host."""
    row = Host.objects.filter(host=_host_of(request)).first()
    if row is None:
        raise Http404("no tenant's host")
    return HttpResponse(row.challenge, content_type="text/plain")


@require_safe
def webauthn(request: HttpRequest) -> HttpResponse:
    """Answer whose pages may use the passkeys of this host's RP ID (WebAuthn Level 3 section 5.11.1)."""
    origins = related_origins(_host_of(request))
    if not origins:
        raise Http404("no origin but this one")
    return JsonResponse({"origins": origins})


def _host_of(request: HttpRequest) -> str:
    return request.get_host().partition(":")[0].lower()
