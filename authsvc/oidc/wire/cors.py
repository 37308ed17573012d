"""Relying parties that run in a browser: which endpoints scripts of other sites may call (Fetch, CORS)."""

import functools
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

_HEADERS = ("Authorization", "Content-Type", "DPoP")
_SHOWN = "DPoP-Nonce, ETag, WWW-Authenticate"
# What a header may be called (RFC 9110 section 5.1), and how many names are answered.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_MOST_NAMES = 30

View = Callable[..., HttpResponse]


def cross_origin(view: View, *methods: str) -> View:
    """Let any site's scripts call a view that looks at no cookie: what proves the caller is in the request.

    `methods` are those that the view takes, GET and POST where none are named. Any header may come along: the
    view reads those that it knows. Browsers send no cookie along with an answer to `*`, so nobody's session
    can be used by it.
    """
    allowed = ", ".join(methods or ("GET", "POST"))

    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            response = _preflight(request, allowed)
        else:
            response = view(request, *args, **kwargs)
            response["Access-Control-Expose-Headers"] = _SHOWN
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return answered


def _preflight(request: HttpRequest, allowed: str) -> HttpResponse:
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Methods"] = allowed
    response["Access-Control-Allow-Headers"] = ", ".join([*_HEADERS, *_asked(request)])
    response["Access-Control-Max-Age"] = "3600"
    response["Vary"] = "Access-Control-Request-Headers"
    return response


def _asked(request: HttpRequest) -> list[str]:
    known = {name.lower() for name in _HEADERS}
    asked = request.headers.get("Access-Control-Request-Headers", "").lower().split(",")[:_MOST_NAMES]
    names = dict.fromkeys(name.strip() for name in asked)
    return [name for name in names if name not in known and _NAME.fullmatch(name)]
