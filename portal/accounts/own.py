"""My account: an administrator's passkeys, app, codes and sessions, and the language and zone they chose."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now, zones
from authsvc.core.ids import secret_hash
from portal.accounts import second_factor
from portal.accounts.devices import device_in
from portal.accounts.limits import AGENT, SEEN, STARTED
from portal.accounts.makers import maker_of
from portal.accounts.models import AdministratorSession, User
from portal.accounts.scopes import scopes_of

_PAGE: Final = "mfa_index"


@dataclass(frozen=True)
class Place:
    """Where somebody is signed in: the session's row, the device, since when, and when it was last seen."""

    key: str
    device: str
    since: datetime
    seen: datetime
    is_this: bool


class PreferencesForm(forms.Form):
    """How the portal's pages are for somebody."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    zone = forms.ChoiceField(label=_("Time zone"), required=False)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        as_browser = ("", _("As my browser says"))
        known = [(name, name) for name in sorted(zones()) if _is_of_people(name)]
        for name, choices in (("language", settings.LANGUAGES), ("zone", known)):
            self.fields[name].choices = [as_browser, *choices]  # type: ignore[attr-defined]


def _is_of_people(zone: str) -> bool:
    """Whether a zone is one that people say they are in, and not an older name of such a one."""
    return zone == "UTC" or ("/" in zone and not zone.startswith(("Etc/", "posix/", "right/", "SystemV/")))


class AccountPage(IndexView):
    """The page, in the place of django-allauth's list of factors."""

    template_name = "portal/account.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show it to a session that has proven a second factor: it says where else one is signed in."""
        assert isinstance(request.user, User)
        if not second_factor.proven(request, request.user):
            return redirect("second-factor")
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        """Tell the page what it shows."""
        request, user = self.request, self.request.user
        assert isinstance(user, User)
        passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
        form = PreferencesForm(initial={"language": user.language, "zone": user.zone})
        return {
            **super().get_context_data(**extra),
            "passkeys": [(each, maker_of(each)) for each in passkeys.order_by("created_at")],
            "places": places_of(user, request),
            "form": form,
        }


def places_of(user: User, request: HttpRequest) -> list[Place]:
    """Return where somebody is signed in, this session first, then the one that was seen last."""
    this = secret_hash(request.session.session_key or "")
    rows = AdministratorSession.objects.filter(user=user, expire_date__gt=now())
    found = [_place(row, this) for row in rows]
    return sorted(found, key=lambda place: (not place.is_this, -place.seen.timestamp()))


def _place(row: AdministratorSession, this: str) -> Place:
    said = row.get_decoded()
    seen = datetime.fromisoformat(said.get(SEEN) or now().isoformat())
    since = datetime.fromisoformat(said.get(STARTED) or seen.isoformat())
    return Place(row.session_key, device_in(said.get(AGENT, "")), since, seen, row.session_key == this)


@require_POST
@login_required
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End one session of somebody's, or all but this one."""
    user = request.user
    assert isinstance(user, User)
    if not second_factor.proven(request, user):
        return redirect("second-factor")
    others = AdministratorSession.objects.filter(user=user)
    others = others.exclude(pk=secret_hash(request.session.session_key or ""))
    if "all" not in request.POST:
        others = others.filter(pk=request.POST.get("session", ""))
    ended, _each = others.delete()
    if ended:
        for _tenant in scopes_of(user):
            record(Tag.ADMIN_SESSIONS_ENDED, actor=user.email, sessions=ended)
        messages.success(request, _("Signed out there."))
    return redirect(_PAGE)


@require_POST
@login_required
def set_preferences(request: HttpRequest) -> HttpResponse:
    """Keep language and time zone of the portal's pages."""
    user, form = request.user, PreferencesForm(request.POST)
    assert isinstance(user, User)
    if form.is_valid():
        user.language, user.zone = form.cleaned_data["language"], form.cleaned_data["zone"]
        user.save(update_fields=["language", "zone"])
        messages.success(request, _("Saved."))
    return redirect(_PAGE)
