"""Where an administrator lands: the second factor to enrol, the tenants to choose from, the theme."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.management.membership import memberships_of
from portal.accounts import second_factor
from portal.accounts.models import User
from portal.accounts.recovery import make_codes

THEMES = ("auto", "light", "dark")
_YEAR = 365 * 24 * 3600


@require_GET
@login_required
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Ask for a passkey or an authenticator app; go on to the portal once the session has proven one."""
    user = request.user
    assert isinstance(user, User)
    if second_factor.proven(request, user):
        return redirect("portal")
    if second_factor.enrolled(user):
        # Enrolled in another session meanwhile: this one must sign in anew, with it.
        return render(request, "portal/sign_in_again.html")
    return render(request, "portal/second_factor.html")


@require_http_methods(["GET", "POST"])
@login_required
@reauthentication_required(app="portal")
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Say how many codes are left; make new ones, and show them this once."""
    user = request.user
    assert isinstance(user, User)
    if not second_factor.proven(request, user):
        return redirect("second-factor")
    codes = make_codes(user) if request.method == "POST" else []
    return render(request, "portal/recovery_codes.html", {"codes": codes})


class RemovePasskey(RemoveWebAuthnView):
    """Remove a passkey, but not the last factor: django-allauth asks its adapter about apps alone."""

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        """Tell the page whether it is the last."""
        last = not get_adapter().can_delete_authenticator(self.object)
        return {**super().get_context_data(**extra), "last": last}

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it, or show (409) why it stays."""
        page = self.get_context_data(form=form)
        answer: HttpResponse
        answer = self.render_to_response(page, status=409) if page["last"] else super().form_valid(form)
        return answer


@require_GET
def choose_tenant(request: HttpRequest) -> HttpResponse:
    """List the tenants of the person, or go straight to the only one."""
    user = request.user
    assert isinstance(user, User)
    memberships = memberships_of(user.pk)
    if len(memberships) == 1:
        return redirect("overview", tenant=memberships[0].tenant.slug)
    return render(request, "portal/choose_tenant.html", {"memberships": memberships})


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the person's choice of light, dark or the device's own in a cookie."""
    theme = request.POST.get("theme")
    if theme not in THEMES:
        raise BadRequest
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = "/portal/"
    response = redirect(target)
    response.set_cookie("visor_theme", theme, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
    return response
