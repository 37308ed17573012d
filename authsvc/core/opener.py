"""Cross-Origin-Opener-Policy: pages are cut off from whoever opened them, but for those of a sign-in."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Cross-Origin-Opener-Policy"


class OpenerPolicy:
    """Sets `same-origin` on every answer but those of the namespaces in settings.KEEP_OPENER."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and set the header where the path is none of a sign-in's."""
        response = self.get_response(request)
        if not _keeps_opener(request):
            response.setdefault(HEADER, "same-origin")
        return response


def _keeps_opener(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and not set(match.namespaces).isdisjoint(settings.KEEP_OPENER)
