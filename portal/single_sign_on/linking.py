"""Linking one's account to the one at the organisation's provider: begun by a form, never by a link alone.

Whoever is led to the provider by somebody else's page could be signed in there as somebody else.
"""

from typing import Final

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from authsvc.core.clock import now
from authsvc.federation.refused import AnswerRefused
from authsvc.management import identities
from authsvc.management.acting import FRESH
from authsvc.management.membership import membership_of, provider_in_force
from authsvc.tenancy.directory import find_tenant
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from portal.accounts import by_provider, second_factor
from portal.accounts.models import User
from portal.single_sign_on.attempt import SignInRequest

# Where the session says that an account is about to be linked: at which tenant, whose, and since when.
_WANTED: Final = "sso_link"


@require_http_methods(["GET", "POST"])
@login_required
@reauthentication_required(app="portal")
def link(request: HttpRequest, tenant: str) -> HttpResponse:
    """Ask whether the account is to be linked; then lead to the provider."""
    user = request.user
    assert isinstance(user, User)
    try:
        found = find_tenant(tenant)
    except Tenant.DoesNotExist:
        raise Http404 from None
    with tenant_scope(found.id):
        row = provider_in_force()
        if row is None or membership_of(user.pk, found.pk) is None:
            raise Http404
        if by_provider.confined_to(request, user) is not None:
            return render(request, "portal/single_sign_on/own_proof.html", status=403)
        if second_factor.proven_at(request, user) is None:
            return redirect("second-factor")
    going = request.method == "POST"
    if going:
        request.session[_WANTED] = [str(found.pk), str(user.pk), int(now().timestamp())]
    context = {"tenant": found, "provider": row, "going": going}
    return render(request, "portal/single_sign_on/link.html", context)


def wanted(request: SignInRequest) -> str:
    """Return whose account is to be linked by the sign-in that begins now, "" for nobody's; said once."""
    tenant, user, at = request.session.pop(_WANTED, ("", "", 0))
    fresh = int(now().timestamp()) - at <= FRESH.total_seconds()
    mine = request.user.is_authenticated and str(request.user.pk) == user
    return user if fresh and mine and tenant == str(request.tenant.pk) else ""


def finish(request: SignInRequest) -> HttpResponse:
    """Link whoever is signed in here to who has signed in there; raises Refused."""
    user, row = request.user, request.single_sign_on
    if not isinstance(user, User) or str(user.pk) != request.attempt.link:
        raise AnswerRefused(detail="somebody else is signed in here than began the linking")
    if membership_of(user.pk, request.tenant.pk) is None:
        raise AnswerRefused(detail="who began the linking is no member any more")
    identities.link(row, request.claims, user=user)
    by_provider.note(request, user, row, auth_time=request.auth_time)
    messages.success(request, _("Your account is linked: from now on you can sign in there too."))
    return redirect(request.attempt.next)
