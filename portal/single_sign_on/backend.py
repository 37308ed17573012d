"""The authentication backend: a code that the provider takes, an ID token that counts, whom it names here."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from authsvc.federation import id_token, tokens
from authsvc.management import identities, single_sign_on
from authsvc.management.acting import FRESH
from authsvc.tenancy.memberships.models import SingleSignOn
from portal.accounts import services
from portal.accounts.models import User
from portal.single_sign_on.attempt import SignInRequest, redirect_uri

# A sign-in at the provider counts for the portal as long as a working day with its breaks.
AGE: Final = timedelta(hours=12)
# The library wants to know a route that takes nothing; the callback's own address is put in its place.
_ANY_ROUTE: Final = "portal"
_NOTHING: Final = object()


def settings_of(row: SingleSignOn, attr: str, default: object = _NOTHING) -> Any:
    """Return what mozilla-django-oidc reads from the settings, as it is for one tenant's provider."""
    own: Mapping[str, Any] = {
        "OIDC_RP_CLIENT_ID": row.client_id,
        "OIDC_RP_CLIENT_SECRET": "",
        "OIDC_RP_SCOPES": row.scopes,
        "OIDC_USE_NONCE": True,
        "OIDC_USE_PKCE": True,
        "OIDC_PKCE_CODE_CHALLENGE_METHOD": "S256",
        "OIDC_AUTHENTICATION_CALLBACK_URL": _ANY_ROUTE,
    }
    if attr in own:
        return own[attr]
    if default is _NOTHING:
        raise KeyError(attr)
    return default


class ProviderBackend(OIDCAuthenticationBackend):
    """mozilla-django-oidc's backend for each tenant's provider, and for none but at a tenant's callback."""

    request: SignInRequest

    def __init__(self) -> None:
        # Not the library's, which reads one provider from the settings.
        self.UserModel = User
        self.OIDC_RP_CLIENT_ID = self.OIDC_RP_CLIENT_SECRET = ""

    def get_settings(self, attr: str, *args: Any) -> Any:
        """Return a setting of the provider that is asked."""
        return settings_of(self.request.single_sign_on, attr, *args)

    def authenticate(self, request: HttpRequest | None, **kwargs: Any) -> AbstractBaseUser | None:
        """Return who came back from the tenant's provider; nobody elsewhere. Raises Refused."""
        if request is None or not hasattr(request, "single_sign_on"):
            return None
        self.OIDC_RP_CLIENT_ID = request.single_sign_on.client_id
        user: AbstractBaseUser | None = super().authenticate(request, **kwargs)
        return user

    def get_token(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Redeem the code. Raises Refused."""
        form = {**payload, "redirect_uri": redirect_uri(self.request.tenant)}
        # It goes into a header where the provider takes it there.
        form.pop("client_secret")
        secret = single_sign_on.secret_of(self.request.single_sign_on)
        found, access = tokens.redeem(self.request.provider, form, secret=secret)
        return {"id_token": found, "access_token": access}

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        """Return the claims of an ID token that answers this attempt. Raises Refused."""
        row = self.request.single_sign_on
        claims = id_token.checked(
            token, self.request.provider, client_id=row.client_id, nonce=kwargs.get("nonce") or ""
        )
        self.request.auth_time = None
        if row.acr_values:
            age = FRESH if self.request.attempt.again else AGE
            self.request.auth_time = id_token.require_strength(claims, acr_values=row.acr_values, age=age)
        return claims

    def store_tokens(self, access_token: str, id_token: str) -> None:
        """Keep nothing of the provider's: what it said is used now, and never again."""

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Return all that the provider says; what it signed stands where both say so. Raises Refused."""
        said = tokens.userinfo(self.request.provider, access_token, sub=payload["sub"])
        return {**said, **payload}

    def get_or_create_user(
        self, access_token: str, id_token: str, payload: dict[str, Any]
    ) -> AbstractBaseUser:
        """Return the user whom the claims are about; raises NoRole. Never by an e-mail address."""
        row, claims = self.request.single_sign_on, self.get_userinfo(access_token, id_token, payload)
        self.request.claims = claims
        if self.request.attempt.link or self.request.attempt.again:
            # Whoever is signed in already; the callback looks whether it is them.
            return self.request.user  # type: ignore[return-value]
        gone = identities.end_what_is_taken_back(row, claims)
        if gone is not None:
            services.end_sessions(User.objects.get(pk=gone))
        return identities.welcome(row, claims, make_user=self._make_user)

    def _make_user(self, name: str, address: str) -> User:
        return services.create_by_provider(tenant=self.request.tenant, name=name, address=address)

    def get_user(self, user_id: Any) -> AbstractBaseUser | None:
        """Return the user of a session, as for every other one; nobody for one that is not active."""
        found: AbstractBaseUser | None = AuthenticationBackend().get_user(user_id)
        return found
