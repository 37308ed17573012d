"""Signing and encrypting what the provider says, and reading what others signed."""

import json
from collections.abc import Collection
from typing import Any, TypeGuard

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from authsvc.clients.models import RelyingParty
from authsvc.keys.signing import signer, verification_key
from authsvc.oidc.client_keys import encryption_key


class NotVerified(Exception):
    """A token is malformed, or no acceptable key signed it; the text says which, for the log."""


def sign(claims: dict[str, Any], *, algorithm: str, typ: str = "JWT") -> str:
    """Return the claims as a compact JWS, signed by the tenant's current key of the algorithm."""
    key = signer(algorithm)
    header = {"alg": algorithm, "kid": key.kid, "typ": typ}
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False)
    return jws.serialize_compact(header, payload, key.key, [algorithm])


def encrypt(signed: str, *, client: RelyingParty, algorithm: str, encoding: str) -> str:
    """Return a signed token encrypted to the client's own key (nested JWT, RFC 7519 section 5.2)."""
    name, key = encryption_key(client, algorithm)
    header = {"alg": algorithm, "enc": encoding or "A128CBC-HS256", "cty": "JWT", "kid": name}
    algorithms = [header["alg"], header["enc"]]
    return jwe.encrypt_compact(header, signed, key, algorithms=algorithms)


def verify_own(token: str) -> dict[str, Any]:
    """Return the claims of a token that this tenant signed; expiry is the caller's business.

    Raises NotVerified, for `none` and for retired keys too.
    """
    header = read_header(token)
    key = verification_key(str(header.get("kid")))
    if key is None:
        raise NotVerified("it names no key of this issuer")
    algorithm = key.as_dict(private=False).get("alg")
    if header.get("alg") != algorithm:
        raise NotVerified("its algorithm is not the key's")
    return verify(token, [key], [str(algorithm)])


def verify(token: str, keys: list[Key], algorithms: Collection[str]) -> dict[str, Any]:
    """Return the claims of a compact JWS that one of the keys signed; raises NotVerified."""
    header = read_header(token)
    if header.get("alg") not in algorithms:
        raise NotVerified(f"algorithm {header.get('alg')!r} is not accepted")
    for key in _candidates(keys, header):
        try:
            return _object(jws.deserialize_compact(token, key, algorithms).payload)
        except (JoseError, ValueError, TypeError):
            continue
    raise NotVerified("no registered key verifies its signature")


def read_header(token: str) -> dict[str, Any]:
    """Return the protected header of a compact JWS, not verified; raises NotVerified."""
    try:
        return dict(jws.extract_compact(token.encode("ascii")).headers())
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise NotVerified("it is not a compact JWS") from None


def read_unverified(token: str) -> dict[str, Any]:
    """Return the claims of a compact JWS before its signature is checked; raises NotVerified."""
    try:
        return _object(jws.extract_compact(token.encode("ascii")).payload)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise NotVerified("it is not a compact JWS of a JSON object") from None


def parse_keys(documents: Collection[dict[str, Any]]) -> list[Key]:
    """Return the public keys of a JWK set that can be read; others are left out."""
    found = []
    for document in documents:
        try:
            found.append(import_key(document))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return found


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a claim is a number, as times have to be; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _candidates(keys: list[Key], header: dict[str, Any]) -> list[Key]:
    named = [key for key in keys if key.kid == header["kid"]] if "kid" in header else []
    return named or ([] if "kid" in header and any(key.kid for key in keys) else keys)


def _object(payload: bytes | None) -> dict[str, Any]:
    content = json.loads(payload or b"")
    if not isinstance(content, dict):
        raise NotVerified("its content is not an object")
    return content
