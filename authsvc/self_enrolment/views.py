"""The way to the tenant's own provider and back, for people (OpenID Connect Core section 3.1)."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from authsvc.audit.tags import Tag
from authsvc.capture.endpoints import record_refusal
from authsvc.capture.page import protect, refusal_page
from authsvc.capture.ways import Way, start_page
from authsvc.core.addresses import address_of
from authsvc.core.errors import Refused
from authsvc.federation import id_token, tokens
from authsvc.federation.answers import require_own_answer, returned
from authsvc.federation.metadata import provider_of
from authsvc.federation.requests import address_to_go_to
from authsvc.limits.limit import spend_all
from authsvc.limits.register import PAGES, SELF_ENROLMENT, SELF_ENROLMENT_TENANT
from authsvc.self_enrolment import attempt, services
from authsvc.self_enrolment.models import PeopleProvider
from authsvc.self_enrolment.provider import callback_address, provider_in_force, secret_of
from authsvc.self_enrolment.refused import AlreadyEnrolled
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.models import Tenant


class JoinRequest(TenantRequest):
    """A request of somebody who wants to enrol, at a tenant that has a provider for that."""

    provider: PeopleProvider


def _at_the_provider(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view run where people can come from a provider, 404 elsewhere; refusals are calm pages."""

    @wraps(view)
    @require_GET
    def guarded(request: JoinRequest, tenant: str) -> HttpResponse:
        found = provider_in_force()
        if found is None:
            raise Http404("nobody enrols by themselves here")
        request.provider = found
        try:
            PAGES.spend(address_of(request))
            return protect(view(request))
        except Refused as refused:
            return protect(_refusal(request, refused))

    return guarded


@_at_the_provider
def door(request: JoinRequest) -> HttpResponse:
    """Say what happens here, and lead to the provider."""
    context = {"tenant": request.tenant, "provider": request.provider, "ways": start_page(request.tenant)}
    return render(request, "self_enrolment/door.html", context)


@_at_the_provider
def go(request: JoinRequest) -> HttpResponse:
    """Send the browser to the provider: with state, nonce and PKCE, and what the sign-in has to be like."""
    _spend(request)
    row = request.provider
    at = provider_of(row.issuer)
    state, asked = attempt.begin(row)
    wanted = {
        "client_id": row.client_id,
        "redirect_uri": callback_address(request.tenant),
        "scope": row.scopes,
        "state": state,
        "nonce": asked.nonce,
        "ui_locales": get_language() or "en",
    }
    if row.acr_values:
        wanted["acr_values"] = " ".join(row.acr_values)
    if row.max_age:
        wanted["max_age"] = str(row.max_age * 60)
    response = HttpResponseRedirect(address_to_go_to(at, wanted, verifier=asked.verifier), status=303)
    attempt.remember(request, response, state, asked)
    return response


@_at_the_provider
def callback(request: JoinRequest) -> HttpResponse:
    """Take the provider's answer to this browser's own attempt, and lead whom it names to their enrolment."""
    _spend(request)
    state = request.GET.get("state", "")
    asked = attempt.taken(request, state, request.provider)
    claims = _claims(request, asked)
    response = HttpResponseRedirect(services.arrive(request.provider, claims), status=303)
    attempt.forget(response, state)
    return response


def _claims(request: JoinRequest, asked: attempt.Attempt) -> dict[str, Any]:
    """Return all that the provider says of who signed in; what it signed stands where both say so."""
    row, given = request.provider, request.GET
    at = provider_of(row.issuer)
    require_own_answer(at, given.get("iss"))
    if "error" in given:
        raise returned(given["error"])
    form = {
        "grant_type": "authorization_code",
        "code": given.get("code", ""),
        "redirect_uri": callback_address(request.tenant),
        "client_id": row.client_id,
        "code_verifier": asked.verifier,
    }
    token, access = tokens.redeem(at, form, secret=secret_of(row))
    claims = id_token.checked(token, at, client_id=row.client_id, nonce=asked.nonce)
    if row.acr_values:
        id_token.require_acr(claims, acr_values=row.acr_values)
    if row.max_age:
        id_token.require_age(claims, age=timedelta(minutes=row.max_age))
    return {**tokens.userinfo(at, access, sub=claims["sub"]), **claims}


def _spend(request: JoinRequest) -> None:
    """Count who makes us ask somebody else's server, or enter people."""
    spend_all((SELF_ENROLMENT, address_of(request)), (SELF_ENROLMENT_TENANT, request.tenant.pk))


def _refusal(request: JoinRequest, refused: Refused) -> HttpResponse:
    number = record_refusal(request, refused, tag=Tag.SELF_ENROLMENT_REFUSED)
    return refusal_page(request, refused, number=number, ways=_ways(request.tenant, refused))


def _ways(tenant: Tenant, refused: Refused) -> list[Way]:
    own = start_page(tenant)
    if isinstance(refused, AlreadyEnrolled):
        return [
            *own,
            Way(_("Add a passkey"), reverse("enrolment:passkeys", kwargs={"tenant": tenant.slug})),
            Way(_("Use a recovery code"), f"/t/{tenant.slug}/me/lost"),
        ]
    return [Way(_("Begin again"), reverse("self_enrolment:door", kwargs={"tenant": tenant.slug})), *own]
