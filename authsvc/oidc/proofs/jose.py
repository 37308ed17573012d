"""Signing and encrypting what the provider says, and reading what others signed."""

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

from joserfc import jwe, jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key

from authsvc.clients.models import RelyingParty
from authsvc.core.ids import b64u
from authsvc.core.strictjson import parse_json
from authsvc.keys.signing import signer
from authsvc.oidc.proofs.client_keys import NoClientKey, encryption_key
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.wire.refusal import RequestRefused

_CLAIMS: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

Header = dict[str, Any]
Claims = dict[str, Any]


class _Registry(jws.JWSRegistry):
    """Exactly the algorithms that a caller names, and headers as large as a key in one makes them."""

    # A DPoP proof's header holds the key itself; one of RSA with 4096 bits has about 1,000 bytes.
    max_header_length = 4096

    def __init__(self, algorithms: Collection[str] = ()) -> None:
        # Header parameters that are not understood are left alone (RFC 7515 section 4), but for `crit`.
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> JWSAlgModel:
        # RFC 9864 renames EdDSA to Ed25519, and joserfc warns of the old name; RFC 8037's name is the
        # one that FAPI 2.0 and the clients in use speak (docs/adr/0110).
        if name not in (self.allowed or ()) or name not in self.algorithms:
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not allowed")
        return self.algorithms[name]


def sign(claims: dict[str, Any], *, algorithm: str, typ: str = "JWT") -> str:
    """Return the claims as a compact JWS, signed by the tenant's current key of the algorithm."""
    # By the library's algorithm, and not by its `serialize_compact`, which looks at the whole header anew:
    # ours is the same for each key.
    key, model = signer(algorithm), _Registry.algorithms[algorithm]
    model.check_key(key.key)
    said = f"{_head(algorithm, key.kid, typ)}.{b64u(_CLAIMS.encode(claims).encode())}"
    return f"{said}.{b64u(model.sign(said.encode(), key.key))}"


@lru_cache(maxsize=1024)
def _head(algorithm: str, kid: str, typ: str) -> str:
    header = {"alg": algorithm, "kid": kid, "typ": typ}
    return b64u(json.dumps(header, separators=(",", ":")).encode())


def encrypt(signed: str, *, client: RelyingParty, algorithm: str, encoding: str) -> str:
    """Return a signed token encrypted to the client's own key (nested JWT, RFC 7519 section 5.2).

    Raises RequestRefused where the client's key set holds none that fits: nothing is sent in clear.
    """
    try:
        name, key = encryption_key(client, algorithm)
    except NoClientKey as problem:
        raise RequestRefused(
            "invalid_request",
            "The key set of the client holds no key to encrypt to.",
            rule="encryption-key",
            came=problem,
            expected=f"a key for {algorithm}",
        ) from None
    header = {"alg": algorithm, "enc": encoding or "A128CBC-HS256", "cty": "JWT"}
    algorithms = [header["alg"], header["enc"]]
    if name:
        header["kid"] = name
    return jwe.encrypt_compact(header, signed, key, algorithms=algorithms)


def verify(token: str, header: Header, keys: list[Key], algorithms: Collection[str]) -> tuple[Key, Claims]:
    """Return the key that signed a compact JWS, and its claims; raises NotVerified.

    `header` is the token's own, and `keys` those that its sender may sign with.
    """
    if header.get("alg") not in algorithms:
        raise _unsigned(f"algorithm {header.get('alg')!r} is not accepted")
    for key in _candidates(keys, header):
        try:
            return key, _object(jws.deserialize_compact(token, key, registry=_Registry(algorithms)).payload)
        except (JoseError, ValueError, TypeError):
            continue
    raise _unsigned("no registered key verifies its signature")


def read_header(token: str) -> Header:
    """Return the protected header of a compact JWS, not verified; raises NotVerified."""
    try:
        return dict(jws.extract_compact(token.encode("ascii"), registry=_Registry()).headers())
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotVerified("form", "it is not a compact JWS", "one signed JWT") from None


def read_unverified(token: str) -> Claims:
    """Return the claims of a compact JWS before its signature is checked; raises NotVerified."""
    try:
        return _object(jws.extract_compact(token.encode("ascii"), registry=_Registry()).payload)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotVerified("form", "it is not a compact JWS of a JSON object", "one signed JWT") from None


def _candidates(keys: list[Key], header: Header) -> list[Key]:
    named = [key for key in keys if key.kid == header["kid"]] if "kid" in header else []
    return named or ([] if "kid" in header and any(key.kid for key in keys) else keys)


def _object(payload: bytes | None) -> dict[str, Any]:
    content = parse_json(payload or b"")
    if not isinstance(content, dict):
        raise NotVerified("form", "its content is not an object", "one signed JWT")
    return content


def _unsigned(came: str) -> NotVerified:
    return NotVerified("signature", came, "a signature by a registered key")
