"""The way to a tenant's own provider and back (OpenID Connect Core section 3.1)."""

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import clear_authentication_records, perform_login
from allauth.account.models import Login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET
from django.views.generic import View
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.addresses import address_of
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.federation.answers import require_own_answer, returned
from authsvc.federation.metadata import provider_of
from authsvc.federation.refused import AnswerRefused
from authsvc.limits.limit import TooMany, spend_all
from authsvc.limits.register import BY_PROVIDER, FAILURES_NOTED
from authsvc.management import identities
from authsvc.management.acting import FRESH
from authsvc.management.membership import provider_in_force
from authsvc.tenancy.directory import find_tenant
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from portal.accounts import by_provider
from portal.accounts.models import User
from portal.single_sign_on import linking
from portal.single_sign_on.attempt import (
    Attempt,
    SignInRequest,
    forget,
    path_within,
    redirect_uri,
    remember,
    taken,
)
from portal.single_sign_on.backend import AGE, settings_of

log = logging.getLogger(__name__)


class _AtTheProvider(View):
    """In the scope of the tenant that the path names, with its provider; a calm page for what is refused."""

    request: SignInRequest

    def dispatch(self, request: HttpRequest, *args: Any, tenant: str, **kwargs: Any) -> HttpResponseBase:
        """Handle the request; 404 where there is no such tenant, or none whose team signs in like this."""
        try:
            found = find_tenant(tenant)
        except Tenant.DoesNotExist:
            raise Http404 from None
        with tenant_scope(found.id):
            row = provider_in_force()
            if row is None:
                raise Http404
            own: Any = request
            own.tenant, own.single_sign_on = found, row
            try:
                spend_all((BY_PROVIDER, address_of(request)))
                own.provider = provider_of(row.issuer)
                return super().dispatch(request, *args, **kwargs)
            except Refused as refused:
                return _refused(own, refused)

    def get_settings(self, attr: str, *args: Any) -> Any:
        """Return a setting of this tenant's provider."""
        return settings_of(self.request.single_sign_on, attr, *args)


class Begin(_AtTheProvider, OIDCAuthenticationRequestView):
    """Send the browser to the provider: with state, nonce and PKCE, and what the sign-in has to be like."""

    def __init__(self, **given: Any) -> None:
        # Not the library's, which reads one provider from the settings.
        View.__init__(self, **given)

    def get(self, request: SignInRequest) -> HttpResponse:
        """Remember in the session what is asked for, and go. Raises Refused."""
        self.OIDC_OP_AUTH_ENDPOINT = request.provider.authorization_endpoint
        self.OIDC_RP_CLIENT_ID = request.single_sign_on.client_id
        self.again = "again" in request.GET and _is_in(request)
        answer: HttpResponseRedirect = super().get(request)
        state = parse_qs(urlsplit(answer.url).query)["state"][0]
        remember(request.session, state, self._attempt(request))
        return answer

    def get_extra_params(self, request: SignInRequest) -> dict[str, str]:
        """Add where to come back to, and how the sign-in has to be."""
        wanted = {"redirect_uri": redirect_uri(request.tenant)}
        acr_values = request.single_sign_on.acr_values
        if acr_values:
            age = FRESH if self.again else AGE
            wanted |= {"acr_values": " ".join(acr_values), "max_age": str(int(age.total_seconds()))}
        if self.again:
            wanted["prompt"] = "login"
        return wanted

    def _attempt(self, request: SignInRequest) -> Attempt:
        row = request.single_sign_on
        return Attempt(
            tenant=str(row.tenant_id),
            issuer=row.issuer,
            client_id=row.client_id,
            next=path_within(request.tenant, request.GET.get("next", "")),
            begun=int(now().timestamp()),
            again=self.again,
            link=linking.wanted(request),
        )


class Come(_AtTheProvider, OIDCAuthenticationCallbackView):
    """Take the provider's answer: to an attempt of this browser alone, at this tenant's provider alone."""

    user: Any

    def get(self, request: SignInRequest) -> HttpResponseBase:
        """Let in whom the provider vouches for. Raises Refused."""
        state = request.GET.get("state", "")
        request.attempt = taken(request.session, state, request.single_sign_on)
        try:
            require_own_answer(request.provider, request.GET.get("iss"))
            if error := request.GET.get("error"):
                raise returned(error)
        except Refused:
            forget(request.session, state)
            raise
        answer: HttpResponseBase = super().get(request)
        return answer

    def login_success(self) -> HttpResponse:
        """Open the session, or prove the one that is open anew, or link. Raises Refused."""
        request, attempt = self.request, self.request.attempt
        if attempt.link:
            return linking.finish(request)
        if attempt.again:
            return self._prove_again(request)
        return self._open(request)

    def login_failure(self) -> HttpResponse:
        """Raise AnswerRefused: there is a page for it."""
        raise AnswerRefused(detail="there was no code, or nobody whom it names")

    def _open(self, request: SignInRequest) -> HttpResponse:
        user, row = self.user, request.single_sign_on
        if not request.user.is_authenticated:
            # What an unfinished sign-in left there is no proof beside the provider's.
            clear_authentication_records(request)
        elif request.user != user:
            request.session.flush()
        by_provider.note(request, user, row, auth_time=request.auth_time)
        record(
            Tag.ADMIN_CAME_BY_PROVIDER,
            actor=user.email,
            issuer=row.issuer,
            sub=request.claims["sub"],
            acr=str(request.claims.get("acr", ""))[:200],
        )
        if request.auth_time is None:
            # The provider's word stands for a password, and no more: the account's own factor comes next.
            answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=request.attempt.next))
            return answer
        get_adapter().login(request, user)
        return redirect(request.attempt.next)

    def _prove_again(self, request: SignInRequest) -> HttpResponse:
        user, row = request.user, request.single_sign_on
        identity = identities.known(row, request.claims["sub"])
        if not isinstance(user, User) or identity is None or identity.user_id != user.pk:
            raise AnswerRefused(detail="somebody else signed in at the provider than is in here")
        by_provider.note(request, user, row, auth_time=request.auth_time)
        request.session.cycle_key()
        return redirect("sso-again", tenant=request.tenant.slug)


@require_GET
def came_again(request: HttpRequest, tenant: str) -> HttpResponse:
    """Say that somebody has proven themselves anew; the page that they left waits in another tab."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    return render(request, "portal/single_sign_on/came_again.html")


def _is_in(request: SignInRequest) -> bool:
    user = request.user
    return isinstance(user, User) and by_provider.word_of(request, user, request.single_sign_on) is not None


def _refused(request: SignInRequest, refused: Refused) -> HttpResponse:
    """Write down exactly why, and say it calmly, with a way on."""
    reason = refused.detail
    log.warning("a sign-in at %s was refused: %s: %s", request.single_sign_on.issuer, refused.code, reason)
    _note(request, refused)
    context = {
        "said": refused.person,
        "tenant": request.tenant,
        "provider": request.single_sign_on,
    }
    answer = render(request, "portal/single_sign_on/refused.html", context, status=refused.status)
    if refused.retry_after:
        answer["Retry-After"] = str(refused.retry_after)
    return answer


def _note(request: SignInRequest, refused: Refused) -> None:
    try:
        # Strangers make these too: a flood is written down by its beginning.
        FAILURES_NOTED.spend(f"{request.tenant.pk} provider {refused.code}")
    except TooMany:
        return
    record(
        Tag.ADMIN_SIGN_IN_FAILED,
        reason=refused.code,
        factor="provider",
        why=refused.detail[:500],
        address=address_of(request),
    )
