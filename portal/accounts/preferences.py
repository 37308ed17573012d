"""Shows an administrator the portal's pages in the language that they chose."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override

_PREFIXES: Final = ("/portal/", "/platform/", "/account/")


class ChosenLanguage:
    """Puts the chosen language in the place of the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request in that language, where one was chosen and is there."""
        chosen = ""
        if request.path_info.startswith(_PREFIXES) and request.user.is_authenticated:
            chosen = request.user.language
        known = chosen in dict(settings.LANGUAGES)
        with override(chosen) if known else nullcontext():
            response = self.get_response(request)
            if known:
                response.headers["Content-Language"] = chosen
            return response
