"""What a signed statement has to say of itself, as data, and the one check of it (RFC 7519 section 4.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cached_property
from typing import Any, TypeGuard

from joserfc.errors import ClaimError, InvalidClaimError
from joserfc.jwt import JWTClaimsRegistry

from authsvc.core.clock import now
from authsvc.oidc.proofs.once import Use
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.wire.lifetimes import CLOCK_SKEW
from authsvc.oidc.wire.refusal import RequestRefused

Claims = dict[str, Any]
# Claim to the values of which it must have one; the first is what an error says was expected.
Names = Mapping[str, Sequence[str]]

_EXPECTED = {
    "exp": "a time to come",
    "nbf": "a time that has come",
    "iat": "a time that has come",
    "jti": "a jti",
}


class Audience(Enum):
    """How `aud` may be written."""

    TEXT = "a text"
    OURS = "a text, or a list of nothing but names of this provider"
    LIST = "a text, or a list that holds it"


@dataclass(frozen=True)
class SingleUse:
    """A statement counts once: `kind` keeps its jti from those of other uses, `kept` is how long for."""

    kind: str
    kept: timedelta


@dataclass(frozen=True)
class Specification:
    """What one use of a signed statement asks of its claims.

    `required` claims must be there, `optional` ones are looked at where they are, and every other claim
    is not looked at. `skew` is how far clocks may differ; `iat_ahead` is that for `iat` alone (None: at
    any distance), and `iat_age` how long ago it may be. `exp_ahead` is how far `exp` may lie ahead of now,
    `life` how long after `nbf`.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    audience: Audience = Audience.LIST
    skew: timedelta = CLOCK_SKEW
    iat_ahead: timedelta | None = CLOCK_SKEW
    iat_age: timedelta | None = None
    exp_ahead: timedelta | None = None
    life: timedelta | None = None
    single_use: SingleUse | None = None

    @cached_property
    def looked_at(self) -> tuple[str, ...]:
        """The claims that are looked at, in this order."""
        return (*self.required, *self.optional)

    def use(self, claims: Claims, owner: str, again: RequestRefused) -> Use:
        """Return the use of a checked statement of this owner, to be noted; `again` refuses a second one."""
        assert self.single_use is not None
        name = (self.single_use.kind, owner, claims["jti"])
        return Use(name, now() + self.single_use.kept, again)


def check_claims(claims: Claims, specification: Specification, names: Names) -> None:
    """Raise NotVerified at the first claim that the specification does not allow.

    `null` counts as left out.
    """
    given = {name: claims[name] for name in specification.looked_at if claims.get(name) is not None}
    try:
        _Registry(specification, names).validate(given)
    except ClaimError as problem:
        # Of several missing claims the library names all.
        name = problem.claim.partition(",")[0]
        expected = names[name][0] if name in names else _EXPECTED.get(name, "a value")
        raise NotVerified(name, claims.get(name), expected) from None


class _Registry(JWTClaimsRegistry):
    """joserfc's checks, and beside them how long a statement may live and how its audience is written."""

    def __init__(self, specification: Specification, names: Names) -> None:
        options: Any = {name: {"essential": True} for name in specification.required}
        for name, values in names.items():
            options[name] = {"essential": name in specification.required, "values": values}
        leeway = int(specification.skew.total_seconds())
        super().__init__(now=int(now().timestamp()), leeway=leeway, **options)
        self.specification = specification
        self.names = names

    def validate(self, claims: Claims) -> None:
        """Check one claim after the other, and then how long the statement lives."""
        for name, value in claims.items():
            if isinstance(value, list) and name != "aud":
                raise InvalidClaimError(name)
        super().validate(claims)
        longest = self.specification.life
        if longest is not None and claims["exp"] > claims["nbf"] + int(longest.total_seconds()):
            raise NotVerified("exp", claims["exp"], f"at most {longest} after nbf")

    def validate_aud(self, value: object) -> None:
        """Take only the ways of writing an audience that the use allows."""
        audience = self.specification.audience
        if isinstance(value, list) and audience is Audience.TEXT:
            raise InvalidClaimError("aud")
        # Whoever else is named could bring the statement here as its own.
        if isinstance(value, list) and audience is Audience.OURS and not self._all_ours(value):
            raise InvalidClaimError("aud")
        super().validate_aud(value)

    def _all_ours(self, value: list[object]) -> bool:
        return all(entry in self.names["aud"] for entry in value)

    def validate_exp(self, value: object) -> None:
        """Beside joserfc's check: not too far ahead."""
        super().validate_exp(value)
        ahead = self.specification.exp_ahead
        assert isinstance(value, int | float)
        if ahead is not None and value > self.now + int(ahead.total_seconds()) + self.leeway:
            raise NotVerified("exp", value, f"at most {ahead} ahead")

    def validate_iat(self, value: object) -> None:
        """In place of joserfc's check, which knows one skew for all claims and no age."""
        if not is_number(value):
            raise InvalidClaimError("iat")
        ahead, age = self.specification.iat_ahead, self.specification.iat_age
        if ahead is not None and value > self.now + int(ahead.total_seconds()):
            raise InvalidClaimError("iat")
        if age is not None and value < self.now - int(age.total_seconds()):
            raise NotVerified("iat", value, f"at most {age} ago")


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a claim is a number, as times have to be; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
