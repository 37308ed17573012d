"""The language of an answer: the reader's where we speak it, else their organisation's."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from authsvc.tenancy.models import Tenant


def speak(request: HttpRequest, tenant: Tenant) -> None:
    """Speak the tenant's language to whoever's browser names none of ours, until the next request."""
    if tenant.language in dict(settings.LANGUAGES) and not _names_one_of_ours(request):
        translation.activate(tenant.language)


def _names_one_of_ours(request: HttpRequest) -> bool:
    named = parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
    return any(_is_spoken(code) for code, _ in named if code != "*")


def _is_spoken(code: str) -> bool:
    try:
        translation.get_supported_language_variant(code)
    except LookupError:
        return False
    return True
