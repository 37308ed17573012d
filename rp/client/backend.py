"""The authentication backend: an ID token that passes every check, then the person it names."""

import hashlib
import time
from typing import Any

import requests
from django.contrib.auth.models import AbstractBaseUser
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.utils import import_from_settings

from .assurance import require
from .attempt import ClientRequest
from .discovery import provider
from .refused import ProviderUnreachable, Refused
from .tokens import Claims, Party, check_id_token


def party() -> Party:
    """Return who must have made a token, and for whom, from the settings."""
    return Party(import_from_settings("OIDC_OP_ISSUER"), import_from_settings("OIDC_RP_CLIENT_ID"))


class AssuranceBackend(OIDCAuthenticationBackend):
    """mozilla-django-oidc's backend with the full ID token checks, and people known by iss and sub."""

    request: ClientRequest

    def get_token(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Redeem the code. Raises Refused."""
        try:
            tokens = super().get_token(payload)
        except requests.HTTPError as problem:
            raise Refused(f"token endpoint: {problem}") from problem
        except (requests.RequestException, ValueError) as problem:
            raise ProviderUnreachable(f"token endpoint: {problem}") from problem
        if not isinstance(tokens, dict) or not isinstance(tokens.get("id_token"), str):
            raise Refused("no ID token")
        return tokens

    def verify_token(self, token: str, **kwargs: Any) -> Claims:
        """Return the claims of an ID token that answers this attempt. Raises Refused."""
        attempt = self.request.attempt
        moment = time.time()
        keys = provider().keys_for(token)
        claims = check_id_token(token, keys, party(), nonce=kwargs.get("nonce", ""), now=moment)
        require(claims, attempt.wanted, now=moment)
        attempt.claims, attempt.id_token = claims, token
        return claims

    def store_tokens(self, access_token: str, id_token: str) -> None:
        """Keep nothing here: signing in may still replace the session; the callback view keeps it."""

    def get_userinfo(self, access_token: str, id_token: str, payload: Claims) -> Claims:
        """Return userinfo of the same subject (OpenID Connect Core section 5.3.2). Raises Refused."""
        try:
            info: Claims = super().get_userinfo(access_token, id_token, payload)
        except (requests.RequestException, ValueError) as problem:
            raise ProviderUnreachable(f"userinfo: {problem}") from problem
        if info.get("sub") != payload["sub"]:
            raise Refused("userinfo is about somebody else")
        return info

    def verify_claims(self, claims: Claims) -> bool:
        """Accept people without an e-mail address: `sub` is what names them."""
        return bool(claims.get("sub"))

    def get_username(self, claims: Claims) -> str:
        """Return a name from issuer and sub; e-mail addresses change owners (OpenID Connect Core 5.7)."""
        return hashlib.sha256(f"{party().issuer} {claims['sub']}".encode()).hexdigest()

    def filter_users_by_claims(self, claims: Claims) -> Any:
        """Return the account of this subject, if there is one."""
        return self.UserModel.objects.filter(username=self.get_username(claims))

    def create_user(self, claims: Claims) -> AbstractBaseUser:
        """Return a new account with the person's name."""
        user = self.UserModel.objects.create_user(self.get_username(claims))
        return self.update_user(user, claims)

    def update_user(self, user: Any, claims: Claims) -> AbstractBaseUser:
        """Return the account with the name and address that the provider has now."""
        user.first_name = str(claims.get("name", ""))[:150]
        user.email = str(claims.get("email", ""))[:254]
        user.save(update_fields=["first_name", "email"])
        account: AbstractBaseUser = user
        return account
