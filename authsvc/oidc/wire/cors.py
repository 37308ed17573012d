"""Relying parties that run in a browser: which endpoints scripts of other sites may call (Fetch, CORS)."""

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

_HEADERS = "Authorization, Content-Type, DPoP"
_SHOWN = "DPoP-Nonce, WWW-Authenticate"


def cross_origin(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let any site's scripts call a view that looks at no cookie: what proves the caller is in the request.

    Browsers send no cookie along with an answer to `*`, so nobody's session can be used by it.
    """

    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
            response["Access-Control-Allow-Methods"] = "GET, POST"
            response["Access-Control-Allow-Headers"] = _HEADERS
            response["Access-Control-Max-Age"] = "3600"
        else:
            response = view(request, *args, **kwargs)
            response["Access-Control-Expose-Headers"] = _SHOWN
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return answered
