"""Who may enter the portal: paths under /portal/ and /platform/ pass here, so that no view forgets to ask."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, cast

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.ids import new_secret
from authsvc.core.proven import note_proof
from authsvc.management import approvals
from authsvc.management.acting import NeedsAgreement, ProveAgain
from authsvc.management.actors import Member, Operator
from authsvc.management.identities import needs_provider
from authsvc.management.membership import membership_of, remembered_provider
from authsvc.management.permissions import SEEING, Permission, permissions_of
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from portal.accounts import agreeing, by_provider, second_factor, stepping_up
from portal.accounts.models import User
from portal.accounts.requests import PlatformRequest, PortalRequest
from portal.screens import Screen, screen_of, visible

PLATFORM: Final = "/platform/"
GUARDED: Final = ("/portal/", PLATFORM)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class PortalGate:
    """Asks for sign-in, a second factor, membership of the tenant, and a role that may see the screen.

    A role that only sees sends no form but those that a screen names; what exactly a role may change, each
    act asks itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """Let the request through to its view, or answer it here."""
        if not request.path_info.startswith(GUARDED):
            return _keep_from_credentials(request)
        user = request.user
        if not isinstance(user, User):
            return _ask_to_sign_in(request)
        tenant: Tenant | None = getattr(request, "tenant", None)
        if tenant is not None and by_provider.confined_to(request, user) not in (None, tenant.pk):
            # Who came by another tenant's provider is a stranger, whatever else the account may be.
            raise Http404
        if _proven_at(request, user, tenant) is None:
            return redirect("second-factor")
        note_proof()
        if request.path_info.startswith(PLATFORM):
            return _admit_operator(request, user)
        if tenant is None:
            return None
        return _admit(request, user, tenant) or _prove(cast("PortalRequest", request))

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Ask a member to prove themselves again, or for another's agreement, where the act takes it.

        django-allauth's own forms are asked for anew after it: it would keep the whole request in the
        session, with the cookie that opens it.
        """
        if isinstance(problem, ProveAgain) and (hasattr(request, "member") or hasattr(request, "operator")):
            return stepping_up.ask(cast("PortalRequest | PlatformRequest", request))
        if isinstance(problem, NeedsAgreement) and hasattr(request, "member"):
            return agreeing.ask(cast("PortalRequest", request), problem)
        if isinstance(problem, ReauthenticationRequired) and request.method not in _SAFE:
            return redirect(request.get_full_path())
        return None


def _keep_from_credentials(request: HttpRequest) -> HttpResponse | None:
    # Elsewhere nobody is asked who they are: what is read for it is the portal's alone.
    if not request.path_info.startswith(by_provider.CREDENTIALS):
        return None
    user = request.user
    if isinstance(user, User) and by_provider.keeps_from_credentials(request, user):
        return render(request, "portal/single_sign_on/own_proof.html", status=403)
    return None


def _prove(request: PortalRequest) -> HttpResponse | None:
    """Take a proof that came with a form; what a view finds is then a member who has just proven it."""
    answer = stepping_up.take_proof(request)
    if answer is None:
        proven_at = _proven_at(request, request.user, request.tenant)
        request.member = replace(request.member, proven_at=proven_at)
    return answer


def _admit_operator(request: HttpRequest, user: User) -> HttpResponse | None:
    """Let whoever runs the installation go on; to everybody else there is nothing here.

    The word of an organisation's provider counts for that organisation alone: not here.
    """
    if user.email not in settings.OPERATORS or by_provider.confined_to(request, user) is not None:
        raise Http404
    if second_factor.proven_at(request, user) is None:
        return redirect("second-factor")
    asked = cast("PlatformRequest", request)
    answer = stepping_up.take_proof(asked)
    asked.operator = Operator(user.pk, user.email, second_factor.proven_at(request, user))
    return answer


def _proven_at(request: HttpRequest, user: User, tenant: Tenant | None) -> datetime | None:
    """Return when the session last proved two factors: here, or at the provider of the tenant."""
    here = second_factor.proven_at(request, user)
    there = by_provider.proven_at(request, user, None if tenant is None else tenant.pk)
    return max((moment for moment in (here, there) if moment is not None), default=None)


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.method not in _SAFE:
        return render(request, "portal/sign_in_first.html", status=401)
    return redirect_to_login(request.get_full_path(), reverse("account_login"))


def _admit(request: HttpRequest, user: User, tenant: Tenant) -> HttpResponse | None:
    membership = membership_of(user.pk, tenant.pk)
    if membership is None:
        # A stranger learns nothing, not even that the tenant exists (S9.4-01).
        raise Http404
    answer = _ask_the_provider(request, user, membership)
    if answer is not None:
        return answer
    allowed = permissions_of(membership.role)
    match = request.resolver_match
    route = match.url_name if match else None
    screen = screen_of(route)
    if screen is None or screen.permission not in allowed:
        raise PermissionDenied("no screen for this role")
    if request.method not in _SAFE and allowed <= SEEING and route not in screen.sent_by_readers:
        raise PermissionDenied("auditors only read")
    _describe(request, membership, screen, allowed)
    _note_entry(request, user, tenant)
    return None


def _ask_the_provider(request: HttpRequest, user: User, membership: Membership) -> HttpResponse | None:
    """Send a member to the tenant's provider whose session rests on no word of it, and has to."""
    row, confined = remembered_provider(), by_provider.confined_to(request, user) is not None
    if row is None:
        # What came by a provider that is there no more has ended with it.
        needed = confined or user.is_of_a_provider
    elif by_provider.word_of(request, user, row) is not None and row.enabled:
        return None
    else:
        needed = confined or user.is_of_a_provider or needs_provider(membership, row)
    if not needed:
        return None
    context = {"tenant": membership.tenant, "provider": row if row is not None and row.enabled else None}
    return render(request, "portal/single_sign_on/only.html", context, status=403)


def _describe(
    request: HttpRequest, membership: Membership, screen: Screen, allowed: frozenset[Permission]
) -> None:
    """Tell views and templates who asks, and what they may see and do."""
    member = cast("PortalRequest", request)
    member.membership, member.may = membership, allowed
    member.member = Member(user_id=membership.user_id, name=member.user.email)
    member.screen, member.screens = screen, visible(allowed)
    member.once = new_secret()
    # Not as the database counts: it knows nothing of seals.
    member.waiting = len(approvals.pending())


def _note_entry(request: HttpRequest, user: User, tenant: Tenant) -> None:
    entered = request.session.get("portal_entered", [])
    if str(tenant.id) not in entered:
        record(Tag.ADMIN_SIGNED_IN, actor=user.email)
        request.session["portal_entered"] = [*entered, str(tenant.id)]
