"""Where an administrator lands: the second factor to enrol, the tenants to choose from, the theme."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.views import LoginView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.management.membership import memberships_of, provider_in_force
from authsvc.tenancy.directory import find_tenant
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.paths import tenant_path
from authsvc.tenancy.scope import tenant_scope
from portal.accounts import by_provider, second_factor
from portal.accounts.models import User
from portal.accounts.recovery import make_codes

THEMES = ("auto", "light", "dark")
_YEAR = 365 * 24 * 3600


class SignIn(LoginView):
    """The sign-in, with the provider of the organisation that comes next, where that has one of its own."""

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        """Add the provider of the tenant that comes next, and where its sign-in begins."""
        following = self.request.GET.get("next") or self.request.POST.get("next") or ""
        return {**super().get_context_data(**extra), "provider": _provider_of(following), "next": following}


def _provider_of(path: str) -> dict[str, Any] | None:
    """Return the provider of the tenant that a path of the portal names, None for none."""
    found = tenant_path(path.partition("?")[0])
    if found is None or found[0] != "/portal/":
        return None
    try:
        tenant = find_tenant(found[1])
    except Tenant.DoesNotExist:
        return None
    with tenant_scope(tenant.id):
        row = provider_in_force()
    return None if row is None else {"name": row.name, "tenant": tenant.slug}


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
    confined = by_provider.confined_to(request, user)
    memberships = [each for each in memberships_of(user.pk) if confined in (None, each.tenant_id)]
    operator = user.email in settings.OPERATORS and confined is None
    if len(memberships) == 1 and not operator:
        return redirect("overview", tenant=memberships[0].tenant.slug)
    context = {"memberships": memberships, "operator": operator}
    return render(request, "portal/choose_tenant.html", context)


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
