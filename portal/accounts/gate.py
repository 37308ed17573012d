"""Who may enter the portal; every path under /portal/ passes here, so that no view can forget to ask."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.ids import new_secret
from authsvc.management import approvals
from authsvc.management.acting import NeedsAgreement, ProveAgain
from authsvc.management.actors import Member
from authsvc.management.membership import membership_of
from authsvc.management.permissions import SEEING, Permission, permissions_of
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from portal.accounts import agreeing, second_factor, stepping_up
from portal.accounts.models import User
from portal.accounts.requests import PortalRequest
from portal.screens import Screen, screen_of, visible

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class PortalGate:
    """Asks for sign-in, a second factor, membership of the tenant, and a role that may see the screen.

    A role that only sees sends no form either; what exactly a role may change, each act asks itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """Let the request through to its view, or answer it here."""
        if not request.path_info.startswith("/portal/"):
            return None
        user = request.user
        if not isinstance(user, User):
            return _ask_to_sign_in(request)
        if not second_factor.proven(request, user):
            return redirect("second-factor")
        tenant: Tenant | None = getattr(request, "tenant", None)
        if tenant is not None:
            _admit(request, user, tenant)
            return _prove(cast("PortalRequest", request))
        return None

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Ask a member to prove themselves again, or for another's agreement, where the act takes it.

        django-allauth's own forms are asked for anew after it: it would keep the whole request in the
        session, with the cookie that opens it.
        """
        if isinstance(problem, ProveAgain) and hasattr(request, "member"):
            return stepping_up.ask(cast("PortalRequest", request))
        if isinstance(problem, NeedsAgreement) and hasattr(request, "member"):
            return agreeing.ask(cast("PortalRequest", request), problem)
        if isinstance(problem, ReauthenticationRequired) and request.method not in _SAFE:
            return redirect(request.get_full_path())
        return None


def _prove(request: PortalRequest) -> HttpResponse | None:
    """Take a proof that came with a form; what a view finds is then a member who has just proven it."""
    answer = stepping_up.take_proof(request)
    if answer is None:
        request.member = replace(request.member, proven_at=second_factor.proven_at(request, request.user))
    return answer


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.method not in _SAFE:
        return render(request, "portal/sign_in_first.html", status=401)
    return redirect_to_login(request.get_full_path(), reverse("account_login"))


def _admit(request: HttpRequest, user: User, tenant: Tenant) -> None:
    membership = membership_of(user.pk, tenant.pk)
    if membership is None:
        # A stranger learns nothing, not even that the tenant exists (S9.4-01).
        raise Http404
    allowed = permissions_of(membership.role)
    if request.method not in _SAFE and allowed <= SEEING:
        raise PermissionDenied("auditors only read")
    match = request.resolver_match
    screen = screen_of(match.url_name if match else None)
    if screen is None or screen.permission not in allowed:
        raise PermissionDenied("no screen for this role")
    _describe(request, membership, screen, allowed)
    _note_entry(request, user, tenant)


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
