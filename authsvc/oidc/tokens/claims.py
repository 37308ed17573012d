"""Which claims a relying party receives, and where (OpenID Connect Core section 5)."""

from collections.abc import Iterable, Mapping
from typing import Any

from authsvc.assurance.face import as_claim, is_present
from authsvc.assurance.handoff import handoff_claim
from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.presence import asks_for_presence
from authsvc.oidc.models import Grant
from authsvc.subjects.models import Subject

SCOPE_CLAIMS: dict[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
PERSONAL_CLAIMS = tuple(name for names in SCOPE_CLAIMS.values() for name in names)
# Only the server says these; nothing that is stored about a person can override them.
PROTOCOL_CLAIMS = frozenset(
    name
    for names in (
        ("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "nonce", "acr", "amr", "azp"),
        ("at_hash", "c_hash", "s_hash", "sid", "cnf", "scope", "client_id", "events", "policy", "ial", "typ"),
        ("face", "handoff", "presence"),
    )
    for name in names
)


def event_claims(grant: Grant, client: RelyingParty) -> dict[str, Any]:
    """Return what tokens say of the authentication: when, how, by what face and hand-off, and presence.

    `presence` is true where the request or the registration asked for it and it was met, and never false:
    a person who goes without a camera is told nothing about.
    """
    asked = "presence" in (grant.claims.get("id_token") or {}) or asks_for_presence(client)
    present = {"presence": True} if asked and is_present(grant.face) else {}
    when = int(grant.auth_time.timestamp())
    how = {"auth_time": when, "acr": grant.acr, "amr": grant.amr}
    return how | as_claim(grant.face) | handoff_claim(grant.handoff) | present


def claims_of_scopes(scopes: Iterable[str]) -> list[str]:
    """Return the claims that the scopes stand for, in their order of definition."""
    wanted = set(scopes)
    return [name for scope, names in SCOPE_CLAIMS.items() if scope in wanted for name in names]


def requested_names(requested: Mapping[str, Any], member: str) -> list[str]:
    """Return the claims that the `claims` parameter asks for in `id_token` or `userinfo`."""
    return [name for name in requested.get(member) or {} if name in PERSONAL_CLAIMS]


def personal_claims(subject: Subject, names: Iterable[str]) -> dict[str, Any]:
    """Return those of the named claims that are known of the person."""
    known = {"name": subject.name, **subject.claims}
    return {
        name: known[name]
        for name in dict.fromkeys(names)
        if name not in PROTOCOL_CLAIMS and known.get(name) not in (None, "", {}, [])
    }


def with_protocol_claims(personal: Mapping[str, Any], protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return both together; where both say something, the protocol's word stands."""
    return {**personal, **protocol}
