"""Following an invitation: a new account, one that starts anew, or an account that is there already."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from authsvc.management import team
from authsvc.tenancy.directory import find_tenant
from authsvc.tenancy.memberships.models import Invitation
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from portal.accounts import second_factor, services
from portal.accounts.models import User
from portal.ui.forms import sent


class PasswordForm(forms.Form):
    """The password of an account that starts, or starts anew; a new one `starts`, and has a name too."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("Twelve characters at least; several words are best. A passkey or an app comes next."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, starts: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not starts:
            del self.fields["name"]


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, tenant: str, token: str) -> HttpResponse:
    """Let who was sent the link in; looking uses nothing up."""
    try:
        found = find_tenant(tenant)
    except Tenant.DoesNotExist:
        raise Http404 from None
    with tenant_scope(found.id):
        invitation = team.find_invitation(token)
        if invitation is None:
            return _over(request)
        try:
            return _join(request, found, invitation)
        except Invitation.DoesNotExist:
            # Another request used it up since.
            return _over(request)


def _join(request: HttpRequest, tenant: Tenant, invitation: Invitation) -> HttpResponse:
    account = User.objects.filter(email=invitation.email).first()
    if account is None or invitation.starts_anew:
        return _with_password(request, tenant, invitation, account)
    if request.user != account or not second_factor.proven(request, account):
        return render(request, "portal/join_sign_in.html", {"tenant": tenant, "invitation": invitation})
    if request.method == "POST":
        team.accept(invitation=invitation, user=account)
        return redirect("overview", tenant=tenant.slug)
    return render(request, "portal/join.html", {"tenant": tenant, "invitation": invitation})


def _with_password(
    request: HttpRequest, tenant: Tenant, invitation: Invitation, account: User | None
) -> HttpResponse:
    form = PasswordForm(sent(request), starts=account is None)
    if form.is_valid():
        try:
            _store(invitation, account, form.cleaned_data)
        except ValidationError as problem:
            form.add_error("password", problem)
        else:
            messages.success(request, _("Your account is ready. Sign in with it."))
            return redirect("account_login")
    context = {"tenant": tenant, "invitation": invitation, "form": form}
    return render(request, "portal/join.html", context, status=422 if form.errors else 200)


def _store(invitation: Invitation, account: User | None, given: dict[str, str]) -> None:
    if account is None:
        services.join(invitation=invitation, **given)
    else:
        services.set_password_anew(invitation=invitation, user=account, **given)


def _over(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/join_over.html", status=410)
