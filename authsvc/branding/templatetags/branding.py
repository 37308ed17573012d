"""`{% load branding %}`: the look of a tenant, for the frames of pages that people of it see."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from authsvc.branding.looks import look_of
from authsvc.tenancy.models import Tenant

register = template.Library()
_NOTHING = SafeString("")


@register.simple_tag(takes_context=True)
def look_style(context: Any, tenant: Tenant) -> SafeString:
    """Link the stylesheet of a tenant's look, where it has one; a preview says itself where that is."""
    previewed = context.get("preview_style")
    look = look_of(tenant.pk)
    if not (previewed or look.accent):
        return _NOTHING
    address = previewed or f"{reverse('branding:stylesheet', args=[tenant.slug])}?v={look.version}"
    return format_html('<link rel="stylesheet" href="{}">', address)


@register.simple_tag(takes_context=True)
def look_logo(context: Any, tenant: Tenant) -> SafeString:
    """Show the logo of a tenant, where it has one; its name stands beside it, so it says nothing itself."""
    look = look_of(tenant.pk)
    if not look.logo:
        return _NOTHING
    address = (
        context.get("preview_logo") or f"{reverse('branding:logo', args=[tenant.slug])}?v={look.version}"
    )
    return format_html('<img class="look-logo" src="{}" alt="">', address)
