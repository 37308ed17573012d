"""What every endpoint that clients call directly has in common: POST, authentication, JSON errors."""

import functools
import logging
from collections.abc import Callable, Mapping

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.oidc.client_authentication import authenticate_client
from authsvc.oidc.parameters import read_once
from authsvc.oidc.refusal import RequestRefused
from authsvc.oidc.reporting import report
from authsvc.oidc.token.answer import error_response, token_response
from authsvc.tenancy.middleware import TenantRequest

log = logging.getLogger(__name__)

Answer = Callable[[TenantRequest, RelyingParty, Mapping[str, str]], HttpResponse]


def client_endpoint(answer: Answer, /) -> Callable[..., HttpResponse]:
    """Turn a function of request, client and parameters into a view that says refusals in JSON."""

    @csrf_exempt
    @require_POST
    @functools.wraps(answer)
    def view(request: TenantRequest, tenant: str) -> HttpResponse:
        name = request.POST.get("client_id", "")
        try:
            parameters = read_once(request.POST)
            client = authenticate_client(request, parameters)
            name = client.client_id
            return answer(request, client, parameters)
        except RequestRefused as refused:
            report(refused, tag=Tag.TOKEN_REFUSED, client_id=name)
            return error_response(refused)
        except (OperationalError, InterfaceError):
            # What the request had changed is rolled back, so it can be sent again as it was.
            log.exception("the database did not answer")
            return token_response({"error": "temporarily_unavailable"}, status=503)

    return view
