"""Screens of the team."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.core.texts import Text
from authsvc.management import team
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.roles import Role
from portal.accounts import second_factor, services
from portal.accounts.models import User
from portal.accounts.requests import PortalRequest
from portal.team.forms import InvitationForm, RoleForm
from portal.team.powers import told
from portal.ui.forms import sent


@require_GET
def team_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List who administers the tenant, and who is invited to."""
    members = list(team.members())
    protected = second_factor.owners(member.user_id for member in members)
    context = {"members": members, "protected": protected, "invitations": team.open_invitations()}
    return render(request, "portal/team/list.html", context)


@require_GET
def roles(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show what each role may see and do, as the table of permissions has it."""
    own = Role(request.membership.role).label
    context = {"roles": Role.choices, "own": own, "groups": told()}
    return render(request, "portal/team/roles.html", context)


@require_http_methods(["GET", "POST"])
def invite(request: PortalRequest, tenant: str) -> HttpResponse:
    """Invite somebody by mail."""
    form = InvitationForm(sent(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.invite_administrator(by=request.member, tenant=request.tenant, **given)
        except team.AlreadyMember as problem:
            form.add_error("email", str(problem.person))
        except OSError:
            form.add_error(None, _("The mail could not be sent, so nobody was invited. Try again later."))
        else:
            text = _("An invitation is on its way to %(email)s. Its link works once, within two days.")
            messages.success(request, text % {"email": given["email"]})
            return redirect("team", tenant=tenant)
    return render(request, "portal/team/invite.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def withdraw(request: PortalRequest, tenant: str, invitation: str) -> HttpResponse:
    """End an invitation."""
    row = get_object_or_404(Invitation.objects, pk=invitation)
    if team.withdraw_invitation(by=request.member, invitation=row):
        text = _("The invitation of %(email)s no longer works.")
        messages.success(request, text % {"email": row.email})
    return redirect("team", tenant=tenant)


@require_GET
def detail(request: PortalRequest, tenant: str, membership: int) -> HttpResponse:
    """Show one member, and what can be done about them."""
    return _page(request, _member(membership))


@require_POST
def set_role(request: PortalRequest, tenant: str, membership: int) -> HttpResponse:
    """Give a member another role."""
    row, form = _member(membership), RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the roles."))
        return _page(request, row, status=422)
    role = form.cleaned_data["role"]
    return _done(
        request,
        row,
        lambda: team.set_role(by=request.member, membership=row, role=role),
        _("The new role counts at once."),
    )


@require_POST
def disable(request: PortalRequest, tenant: str, membership: int) -> HttpResponse:
    """Let a member in no more."""
    row = _member(membership)
    return _done(
        request,
        row,
        lambda: services.disable_administrator(by=request.member, membership=row),
        _("Nobody comes in with this account any more, and its sessions have ended."),
    )


@require_POST
def enable(request: PortalRequest, tenant: str, membership: int) -> HttpResponse:
    """Let a disabled member in again."""
    row = _member(membership)
    return _done(
        request,
        row,
        lambda: team.enable(by=request.member, membership=row),
        _("This account comes in again."),
    )


@require_POST
def remove(request: PortalRequest, tenant: str, membership: int) -> HttpResponse:
    """Take a member's role away."""
    row = _member(membership)
    return _done(
        request,
        row,
        lambda: services.remove_administrator(by=request.member, membership=row),
        _("The member is removed, and their sessions have ended."),
        back="team",
    )


@require_POST
def start_anew(request: PortalRequest, tenant: str, membership: int) -> HttpResponse:
    """Take password and factors of a member back, and mail them a link."""
    row = _member(membership)
    return _done(
        request,
        row,
        lambda: services.start_administrator_anew(by=request.member, tenant=request.tenant, membership=row),
        _("A link to set a new password is on its way to them. It works once, within two days."),
    )


def _page(request: PortalRequest, row: Membership, *, status: int = 200) -> HttpResponse:
    user = User.objects.get(pk=row.user_id)
    context = {
        "row": row,
        "user_": user,
        "protected": second_factor.enrolled(user),
        "form": RoleForm(initial={"role": row.role}),
    }
    return render(request, "portal/team/detail.html", context, status=status)


def _member(pk: int) -> Membership:
    return get_object_or_404(team.members(), pk=pk)


def _done(
    request: PortalRequest,
    row: Membership,
    perform: Callable[[], None],
    said: Text,
    *,
    back: str = "team-member",
) -> HttpResponse:
    """Perform an act, say what came of it, and lead back to the member's page, or to the team."""
    try:
        perform()
    except (team.LastOwner, team.BelongsElsewhere, team.ComesByProvider) as problem:
        messages.error(request, str(problem.person))
    except Membership.DoesNotExist:
        # Gone meanwhile, or nobody of ours gave this role: the row is not believed, and can only be removed.
        messages.error(request, _("Nobody of your team gave this member a role. Remove them."))
    except OSError:
        messages.error(request, _("The mail could not be sent, so nothing was changed. Try again later."))
    else:
        messages.success(request, str(said))
        if back == "team" or row.user_id == request.user.pk:
            return redirect("team", tenant=request.tenant.slug)
    return redirect("team-member", tenant=request.tenant.slug, membership=row.pk)
