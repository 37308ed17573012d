"""The stylesheet and the logo of a tenant, which its pages link to with the version of its look."""

from typing import Final

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from authsvc.branding.looks import colours, logo_of, look_of
from authsvc.core.caching import public_for
from authsvc.tenancy.middleware import TenantRequest

_KEPT: Final = 24 * 3600
"""Seconds that a browser keeps either: its address changes with the look."""


@require_safe
def stylesheet(request: TenantRequest, tenant: str) -> HttpResponse:
    """Give the colours of pages; nothing where the tenant has none of its own."""
    return _kept(request, page_style(look_of(request.tenant.pk).accent))


@require_safe
def logo(request: TenantRequest, tenant: str) -> HttpResponse:
    """Give the logo; nothing where there is none."""
    return _kept(request, picture(logo_of(request.tenant.pk)))


def page_style(accent: str) -> HttpResponse:
    """Return the stylesheet that gives pages an accent."""
    return _style("branding/page.css", accent)


def mail_style(accent: str) -> HttpResponse:
    """Return the stylesheet that mails carry within them, for a page that shows one."""
    return _style("branding/mail.css", accent)


def picture(png: bytes) -> HttpResponse:
    """Return a picture, or nothing (204)."""
    return HttpResponse(png, content_type="image/png") if png else HttpResponse(status=204)


def _style(template: str, accent: str) -> HttpResponse:
    return HttpResponse(render_to_string(template, colours(accent)), content_type="text/css; charset=utf-8")


def _kept(request: TenantRequest, response: HttpResponse) -> HttpResponse:
    """Let a browser keep what is at the address of the present look; what is at another one is nobody's."""
    named = request.GET.get("v", "")
    return public_for(response, _KEPT) if named == look_of(request.tenant.pk).version else response
