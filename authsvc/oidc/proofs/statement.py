"""Reading a statement that somebody signed: header, kid, key, algorithm, signature, claims, in this order."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import Key

from authsvc.clients.models import RelyingParty
from authsvc.keys.signing import verification_key
from authsvc.oidc.proofs.claims import Names, Specification, check_claims
from authsvc.oidc.proofs.client_keys import signature_keys
from authsvc.oidc.proofs.jose import Header, read_header, verify
from authsvc.oidc.proofs.refused import NotVerified

# The keys of which one must have signed, by the statement's header; may raise NotVerified.
Keys = Callable[[Header], list[Key]]


@dataclass(frozen=True)
class Statement:
    """A statement that counts: what it says, and the key that signed it."""

    claims: dict[str, Any]
    key: Key


def signed_by(text: str, *, keys: Keys, algorithms: Collection[str], typ: str = "") -> Statement:
    """Return what a compact JWS says, once a right key signed it; its claims are not looked at.

    Raises NotVerified. `typ` is what the header must say, "" for anything.
    """
    header = read_header(text)
    if typ and header.get("typ") != typ:
        raise NotVerified("typ", header.get("typ"), typ)
    key, claims = verify(text, header, keys(header), algorithms)
    return Statement(claims, key)


def verify_statement(
    text: str, specification: Specification, *, keys: Keys, algorithms: Collection[str], names: Names
) -> Statement:
    """Return what a compact JWS says, once a right key signed it and its claims are as specified.

    `names` are the values that claims must have, by claim. Raises NotVerified at the first fault. Where
    the statement counts once, the caller notes `specification.use(…)` of it.
    """
    statement = signed_by(text, keys=keys, algorithms=algorithms)
    check_claims(statement.claims, specification, names)
    return statement


def keys_of(client: RelyingParty) -> Keys:
    """Return how to find the keys that a relying party signs with; a new kid makes its jwks_uri be read."""

    def found(header: Header) -> list[Key]:
        kid = header.get("kid")
        return signature_keys(client, kid=kid if isinstance(kid, str) else None)

    return found


def own_keys(header: Header) -> list[Key]:
    """Return the key of this tenant that the header names, retired ones too.

    Raises NotVerified for another, and where the header's algorithm is not the key's.
    """
    key = verification_key(str(header.get("kid")))
    if key is None:
        raise NotVerified("signature", "it names no key of this issuer", "a key of this issuer")
    algorithm = key.as_dict(private=False).get("alg")
    if header.get("alg") != algorithm:
        raise NotVerified("signature", "its algorithm is not the key's", str(algorithm))
    return [key]
