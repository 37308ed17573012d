"""Screens of the settings."""

from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.branding.accent import DARK, LIGHT, READABLE, is_colour, least_contrast, shades
from authsvc.branding.logo import LARGEST, LogoRefused
from authsvc.branding.mails import letter
from authsvc.branding.views import mail_style, page_style, picture
from authsvc.hosts.places import tenant_address
from authsvc.management import organisation as acts
from portal.accounts.limits import OVERALL
from portal.accounts.requests import PortalRequest
from portal.settings.forms import AccentForm, LogoForm, OrganisationForm
from portal.ui.forms import as_it_was_seen, sent

RULES: Final = {"light": LIGHT, "dark": DARK}


@require_GET
def overview(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show what the organisation is called, speaks and looks like, and how long sign-ins to here last."""
    look = acts.branding()
    context = {
        "look": look,
        "tones": _tones(look.accent),
        "language": dict(settings.LANGUAGES).get(request.tenant.language, ""),
        "languages": [name for _code, name in settings.LANGUAGES],
        "overall_hours": int(OVERALL.total_seconds() // 3600),
        "idle_minutes": int(settings.PORTAL_SESSION_IDLE.total_seconds() // 60),
        **_frames(request, look.accent),
    }
    return _framing(render(request, "portal/settings/overview.html", context))


@require_http_methods(["GET", "POST"])
def organisation(request: PortalRequest, tenant: str) -> HttpResponse:
    """Change name and language."""
    initial = {"name": request.tenant.name, "language": request.tenant.language}
    form = OrganisationForm(sent(request), initial=initial)
    seen = as_it_was_seen(request, form)
    if request.method == "POST" and form.is_valid():
        given = {"language": request.tenant.language, **form.cleaned_data}
        try:
            acts.describe(by=request.member, **given)
        except acts.SettingRefused as problem:
            form.add_error(problem.field, str(problem.person))
        else:
            messages.success(request, _("Everybody sees it within ten seconds."))
            return redirect("settings", tenant=tenant)
    status = 422 if form.errors else 200
    context = {"form": form, "seen": seen}
    return render(request, "portal/settings/organisation.html", context, status=status)


@require_http_methods(["GET", "POST"])
def look(request: PortalRequest, tenant: str) -> HttpResponse:
    """Try a colour, or take it."""
    row = acts.branding()
    form = AccentForm(sent(request), initial={"accent": request.GET.get("accent", row.accent)})
    if request.method == "POST" and form.is_valid():
        accent = form.cleaned_data["accent"]
        if "try" in request.POST:
            return redirect(f"{reverse('settings-look', args=[tenant])}?{urlencode({'accent': accent})}")
        acts.set_accent(by=request.member, accent=accent)
        messages.success(request, _("Everybody sees it within ten seconds."))
        return redirect("settings-look", tenant=tenant)
    return _show_look(request, form, LogoForm())


@require_POST
def logo(request: PortalRequest, tenant: str) -> HttpResponse:
    """Take a logo."""
    form = LogoForm(request.POST)
    if form.is_valid():
        try:
            acts.set_logo(by=request.member, picture=form.cleaned_data["picture"])
        except LogoRefused as problem:
            form.add_error("picture", str(problem.person))
        else:
            messages.success(request, _("Everybody sees the logo within ten seconds."))
            return redirect("settings-look", tenant=tenant)
    return _show_look(request, AccentForm(initial={"accent": acts.branding().accent}), form)


@require_POST
def drop_logo(request: PortalRequest, tenant: str) -> HttpResponse:
    """Have no logo."""
    acts.drop_logo(by=request.member)
    messages.success(request, _("The logo is removed; your name stands alone."))
    return redirect("settings-look", tenant=tenant)


@require_GET
def preview_page(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show the beginning of a sign-in as people would see it, in one theme, or give a part of that page.

    Only this portal may frame it. Its `part` is the stylesheet of a colour that is tried, or the logo.
    """
    part = request.GET.get("part", "")
    if part == "style":
        return page_style(_tried(request))
    if part == "logo":
        return picture(bytes(acts.branding().logo or b""))
    theme = request.GET.get("theme")
    context = {
        "tenant": request.tenant,
        "theme": theme if theme in RULES else "",
        "preview_style": _style_of(request, "preview-page"),
        "preview_logo": _logo_at(request),
    }
    return _framed(render(request, "portal/settings/preview_page.html", context))


@require_GET
def preview_mail(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show the mail of an invitation as people would get it, or give its stylesheet; framed as above."""
    if request.GET.get("part") == "style":
        return mail_style(_tried(request))
    example = {
        "subject": {"name": str(request.user)},
        "tenant": request.tenant,
        "url": f"{tenant_address(request.tenant)}enrol/",
    }
    text = render_to_string("enrolment/mails/link.txt", example)
    logo = _logo_at(request) if acts.branding().logo_digest else ""
    context = {**letter(request.tenant, text, logo=logo), "style": _style_of(request, "preview-mail")}
    return _framed(render(request, "portal/settings/preview_mail.html", context))


def _show_look(request: PortalRequest, form: AccentForm, logo_form: LogoForm) -> HttpResponse:
    tried = str(form["accent"].value() or "").strip().lower()
    shown = tried if is_colour(tried) else ""
    context: dict[str, Any] = {
        "form": form,
        "logo_form": logo_form,
        "look": acts.branding(),
        "largest": LARGEST,
        "tones": _tones(shown),
        **_frames(request, shown),
    }
    wrong = form.errors or logo_form.errors
    page = render(request, "portal/settings/look.html", context, status=422 if wrong else 200)
    return _framing(page)


def _frames(request: PortalRequest, accent: str) -> dict[str, str]:
    """Return where the previews of a colour are."""
    page, mail = (reverse(name, args=[request.tenant.slug]) for name in ("preview-page", "preview-mail"))
    tried = urlencode({"accent": accent}) if accent else ""
    return {
        "light_frame": f"{page}?theme=light&{tried}",
        "dark_frame": f"{page}?theme=dark&{tried}",
        "mail_frame": f"{mail}?{tried}",
    }


def _tones(accent: str) -> list[dict[str, Any]]:
    """Return what each theme makes of a colour, and how readable the colour and that are."""
    if not accent:
        return []
    shown = {theme: shades(accent, rules).accent for theme, rules in RULES.items()}
    return [
        {
            "theme": theme,
            "chosen": least_contrast(accent, rules),
            "enough": least_contrast(accent, rules) >= READABLE,
            "shown": shown[theme],
            "same": shown[theme] == accent,
            "ratio": least_contrast(shown[theme], rules),
        }
        for theme, rules in RULES.items()
    ]


def _tried(request: PortalRequest) -> str:
    named = request.GET.get("accent", "").lower()
    return named if is_colour(named) else ""


def _style_of(request: PortalRequest, name: str) -> str:
    parts = {"part": "style", "accent": _tried(request)}
    return f"{reverse(name, args=[request.tenant.slug])}?{urlencode(parts)}"


def _logo_at(request: PortalRequest) -> str:
    return f"{reverse('preview-page', args=[request.tenant.slug])}?part=logo"


def _framed(page: HttpResponse) -> HttpResponse:
    """Let this very portal show a page within one of its own; there is nothing to press in it."""
    framed: Any = page
    framed._csp_replace = {"frame-ancestors": ["'self'"]}
    page["X-Frame-Options"] = "SAMEORIGIN"
    return page


def _framing(page: HttpResponse) -> HttpResponse:
    """Let a page show the previews within it."""
    framing: Any = page
    framing._csp_update = {"frame-src": ["'self'"]}
    return page
