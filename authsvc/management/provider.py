"""What the provider offers: options, whose software statements count, and tokens to register with."""

from datetime import timedelta
from typing import Any

from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.oidc.models import InitialAccessToken, Provider
from authsvc.oidc.offering import options
from authsvc.oidc.registration import access
from authsvc.oidc.registration.limits import LIFE


@act
def set_options(
    *,
    by: Actor,
    dynamic_registration: bool | None = None,
    open_registration: bool | None = None,
    sandbox_authenticator: bool | None = None,
) -> Provider:
    """Change the options that are given; raises OptionRefused where the tenant cannot have one."""
    return options.set_options(
        actor=by.name,
        dynamic_registration=dynamic_registration,
        open_registration=open_registration,
        sandbox_authenticator=sandbox_authenticator,
    )


@act
def trust_statements(*, by: Actor, issuer: str, keys: Any) -> None:
    """Take software statements of this issuer too, signed by these keys (a JWK set); raises OptionRefused."""
    options.trust_statements(issuer=issuer, keys=keys, actor=by.name)


@act
def distrust_statements(*, by: Actor, issuer: str) -> bool:
    """Take no more software statements of this issuer; False where they were not taken."""
    return options.distrust_statements(issuer=issuer, actor=by.name)


@act
def issue_initial_token(*, by: Actor, note: str, uses: int = 1, life: timedelta = LIFE) -> str:
    """Return a token that lets its bearer register `uses` relying parties; it is shown this once.

    Raises OptionRefused for more uses or a longer life than there may be.
    """
    return access.issue_initial_token(actor=by.name, note=note, uses=uses, life=life)


@act
def revoke_initial_token(*, by: Actor, token: InitialAccessToken) -> bool:
    """End a token now; False where it was over."""
    return access.revoke_initial_token(token=token, actor=by.name)


def live_initial_tokens() -> int:
    """Return with how many tokens somebody could register now."""
    return access.live_initial_tokens().count()
