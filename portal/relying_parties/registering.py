"""Registering a relying party in three steps: what it is, where it returns, what it may learn and how sure.

Each step is sent, kept as a draft (drafts.py), and followed by a redirect to the next one, so that going back
or reloading loses and repeats nothing. Whoever sends everything at once, without a step, needs no draft.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.core.texts import Text
from authsvc.management import relying_parties
from portal.accounts.once import Made, make_once
from portal.accounts.requests import PortalRequest
from portal.relying_parties import drafts
from portal.relying_parties.forms import KindForm, RelyingPartyForm, SettingsForm, values_of
from portal.relying_parties.kinds import KINDS, PartyKind
from portal.ui.forms import sent

_BEGIN = {"scopes": ["openid"]}


@require_http_methods(["GET", "POST"])
def party_create(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show or take one step, and in the end register the relying party and lead to its page."""
    draft = request.GET.get("draft", "")
    given = drafts.read(request, draft)
    kind = KINDS.get(given.get("kind", ""))
    step = _step(request)
    if step == "where" and kind is not None:
        return _where(request, draft, given, kind)
    if step == "all" or (step == "learns" and kind is not None):
        return _learns(request, draft, given, kind)
    return _what(request, draft, given)


def _step(request: PortalRequest) -> str:
    if request.method == "POST":
        return request.POST.get("step", "all")
    return request.GET.get("step", "")


def _what(request: PortalRequest, draft: str, given: dict[str, Any]) -> HttpResponse:
    form = KindForm(sent(request), initial=given or None)
    if request.method == "POST" and form.is_valid():
        return _on(request, drafts.keep(request, draft, form.cleaned_data), "where")
    return _show(request, form, number=1, draft=draft)


def _where(request: PortalRequest, draft: str, given: dict[str, Any], kind: PartyKind) -> HttpResponse:
    asked = [*kind.where, *(["sector"] if "sector" in request.POST or given.get("sector") else [])]
    form = SettingsForm(sent(request), names=asked, initial=given)
    if request.method == "POST" and form.is_valid():
        wrong = relying_parties.problems_of(**_settings(kind, {**given, **form.cleaned_data}))
        wrong = {name: said for name, said in wrong.items() if name in (*asked, "sector")}
        if "sector" in wrong and "sector" not in form.fields:
            form = SettingsForm(request.POST, names=[*asked, "sector"], initial=given)
        form.show_problems(wrong)
        if not form.errors:
            return _on(request, drafts.keep(request, draft, form.cleaned_data), "learns")
        relying_parties.note_refusal(RegistrationProblems(wrong), actor=request.member)
    return _show(request, form, number=2, draft=draft, kind=kind, given=given)


def _learns(
    request: PortalRequest, draft: str, given: dict[str, Any], kind: PartyKind | None
) -> HttpResponse:
    chosen = {} if kind is None else _settings(kind, given)
    begin = {**values_of(RelyingParty(tenant=request.tenant)), **_BEGIN, **chosen}
    known = [name for name in given if name != "kind"]
    form = RelyingPartyForm(sent(request), initial=begin, kind=kind, given=known)
    if request.method == "POST" and form.is_valid():
        values = {**chosen, **form.cleaned_data}
        try:
            made = make_once(request, lambda: _registered(request, values))
        except RegistrationProblems as problems:
            relying_parties.note_refusal(problems, actor=request.member)
            form.show_problems(problems.fields)
        else:
            drafts.drop(request, draft)
            return made
    return _show(request, form, number=3, draft=draft, kind=kind, given=given)


def _registered(request: PortalRequest, values: dict[str, Any]) -> Made:
    party, secret = relying_parties.register(by=request.member, **values)
    messages.success(request, _registered_words(request))
    return Made(reverse("relying-party", args=[request.tenant.slug, party.pk]), secret or "")


def _registered_words(request: PortalRequest) -> Text:
    if request.tenant.is_sandbox:
        return _("Registered. It can begin at once. Copy what is below into its configuration.")
    return _("Registered, and in test. Copy what is below into its configuration, then run the test bench.")


def _settings(kind: PartyKind, given: dict[str, Any]) -> dict[str, Any]:
    chosen = {name: value for name, value in given.items() if name != "kind"}
    return {**kind.settings, **_BEGIN, **chosen}


def _on(request: PortalRequest, draft: str, step: str) -> HttpResponse:
    there = reverse("relying-party-create", args=[request.tenant.slug])
    return redirect(f"{there}?{urlencode({'draft': draft, 'step': step})}")


def _show(request: PortalRequest, form: Any, *, number: int, draft: str, **context: Any) -> HttpResponse:
    steps = [
        ("what", _("What it is")),
        ("where", _("Where it returns")),
        ("learns", _("What it may learn, and how sure")),
    ]
    shown = [
        {"name": name, "label": label, "number": place, "now": place == number, "done": place < number}
        for place, (name, label) in enumerate(steps, start=1)
    ]
    context |= {"form": form, "steps": shown, "step": steps[number - 1][0], "number": number, "draft": draft}
    return render(
        request, "portal/relying_parties/register.html", context, status=422 if form.errors else 200
    )
