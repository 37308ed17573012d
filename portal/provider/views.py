"""Screens of the provider."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.core.clock import now
from authsvc.keys.models import SigningKey
from authsvc.keys.problems import NoSigningKey
from authsvc.keys.schedule import usable_from
from authsvc.management import keys, provider
from authsvc.oidc.models import InitialAccessToken, Provider
from authsvc.oidc.offering.problems import OptionRefused
from authsvc.oidc.wire.addresses import discovery_address, issuer_of
from portal.accounts.once import Made, make_once, shown_once
from portal.accounts.requests import PortalRequest
from portal.provider.forms import OptionsForm, StatementIssuerForm, TokenForm
from portal.ui.forms import sent
from portal.ui.paging import page_of

State = SigningKey.State


@require_GET
def overview(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show what the provider offers and where it stands."""
    row = Provider.objects.first()
    context: dict[str, Any] = {
        "issuer": issuer_of(request.tenant),
        "discovery": discovery_address(request.tenant),
        "options": OptionsForm(tenant=request.tenant, provider=row),
        "statement_issuers": sorted(row.statement_issuers) if row else [],
        "tokens": provider.live_initial_tokens(),
        "algorithms": keys.published_keys(),
    }
    return _render(request, "overview", context)


@require_http_methods(["GET", "POST"])
def options_edit(request: PortalRequest, tenant: str) -> HttpResponse:
    """Change what the provider offers."""
    row = Provider.objects.first()
    # Boxes that are not ticked are not sent: a form without any value is one, too.
    sent = request.POST if request.method == "POST" else None
    form = OptionsForm(sent, tenant=request.tenant, provider=row)
    if form.is_valid():
        try:
            provider.set_options(by=request.member, **form.cleaned_data)
        except OptionRefused as problem:
            form.show_problem(problem)
        else:
            messages.success(request, _("The changes are in force within twenty seconds."))
            return redirect("provider", tenant=tenant)
    return _render_form(request, "options", form)


@require_http_methods(["GET", "POST"])
def issuer_trust(request: PortalRequest, tenant: str) -> HttpResponse:
    """Take the software statements of somebody more."""
    form = StatementIssuerForm(sent(request))
    if request.method == "POST" and form.is_valid():
        issuer = form.cleaned_data["issuer"]
        try:
            provider.trust_statements(by=request.member, issuer=issuer, keys=form.cleaned_data["keys"])
        except OptionRefused as problem:
            form.add_error("keys" if problem.option else None, str(problem))
        else:
            messages.success(
                request, _("Software statements of %(issuer)s count within ten seconds.") % {"issuer": issuer}
            )
            return redirect("provider", tenant=tenant)
    return _render_form(request, "issuer", form)


@require_POST
def issuer_distrust(request: PortalRequest, tenant: str) -> HttpResponse:
    """Take somebody's software statements no more."""
    issuer = request.POST.get("issuer", "")
    if provider.distrust_statements(by=request.member, issuer=issuer):
        messages.success(request, _("Software statements of %(issuer)s count no more.") % {"issuer": issuer})
    return redirect("provider", tenant=tenant)


@require_GET
def token_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List the initial access tokens, the newest first."""
    return _show_tokens(request)


@require_http_methods(["GET", "POST"])
def token_create(request: PortalRequest, tenant: str) -> HttpResponse:
    """Issue an initial access token, and lead to the list, which shows it."""
    form = TokenForm(sent(request))
    if request.method == "POST" and form.is_valid():
        return make_once(request, lambda: _issued(request, form.cleaned_data))
    return _render_form(request, "token", form)


def _issued(request: PortalRequest, values: dict[str, Any]) -> Made:
    token = provider.issue_initial_token(
        by=request.member, note=values["note"], uses=values["uses"], life=timedelta(days=values["days"])
    )
    return Made(reverse("initial-tokens", args=[request.tenant.slug]), token)


@require_POST
def token_revoke(request: PortalRequest, tenant: str, initial: str) -> HttpResponse:
    """End an initial access token."""
    row = get_object_or_404(InitialAccessToken.objects, pk=initial)
    if provider.revoke_initial_token(by=request.member, token=row):
        messages.success(
            request, _("The token for “%(note)s” registers nobody any more.") % {"note": row.note}
        )
    return redirect("initial-tokens", tenant=tenant)


@require_GET
def key_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show the keys of each algorithm, and below those that have left."""
    algorithms = keys.published_keys()
    retired = SigningKey.objects.filter(state=State.RETIRED)
    context = {
        "algorithms": algorithms,
        "unused": keys.unused_algorithms(algorithms),
        "discovery": discovery_address(request.tenant),
        "page": page_of(request, retired, key=("-state_changed_at", "-kid")),
    }
    return _render(request, "keys", context)


@require_POST
def key_use(request: PortalRequest, tenant: str, kid: str) -> HttpResponse:
    """Rotate: let a next key sign from now on."""
    key = get_object_or_404(SigningKey.objects, pk=kid)
    if key.state != State.NEXT:
        messages.info(request, _("That key is not the next one any more; nothing was changed."))
        return redirect("signing-keys", tenant=tenant)
    try:
        keys.rotate(by=request.member, algorithm=key.algorithm)
    except NoSigningKey:
        text = _("Sites have not had an hour to read this key. It can sign from %(time)s UTC.")
        messages.error(request, text % {"time": f"{usable_from(key):%H:%M}"})
    else:
        messages.success(
            request, _("The next %(alg)s key signs within ten seconds.") % {"alg": key.algorithm}
        )
    return redirect("signing-keys", tenant=tenant)


@require_http_methods(["GET", "POST"])
def key_revoke(request: PortalRequest, tenant: str, kid: str) -> HttpResponse:
    """Say what breaks, and retire a key at once."""
    key = get_object_or_404(SigningKey.objects, pk=kid)
    if request.method == "POST" and keys.revoke(by=request.member, kid=key.kid):
        messages.success(
            request, _("The %(alg)s key %(kid)s is revoked.") % {"alg": key.algorithm, "kid": key.kid}
        )
        return redirect("signing-keys", tenant=tenant)
    if key.state == State.RETIRED:
        text = _("The %(alg)s key %(kid)s has left already.")
        messages.info(request, text % {"alg": key.algorithm, "kid": key.kid})
        return redirect("signing-keys", tenant=tenant)
    staged = keys.staged_beside(key)
    context = {
        "line": keys.line_of(key),
        "staged": staged,
        "staged_from": usable_from(staged) if staged else None,
        "staged_young": staged is not None and usable_from(staged) > now(),
    }
    return _render(request, "key_revoke", context)


def _show_tokens(request: PortalRequest) -> HttpResponse:
    row = Provider.objects.first()
    context = {
        "page": page_of(request, InitialAccessToken.objects.all(), key=("-created_at", "-digest")),
        "token": shown_once(request),
        "registration": row is not None and row.dynamic_registration,
    }
    return _render(request, "tokens", context)


def _render_form(request: PortalRequest, name: str, form: Any) -> HttpResponse:
    return _render(request, f"{name}_form", {"form": form}, status=422 if form.errors else 200)


def _render(request: PortalRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"portal/provider/{name}.html", context, status=status)
