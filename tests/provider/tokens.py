"""Client keys, and tokens as attackers make them."""

import base64
import json
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey


def new_key(algorithm: str = "ES256", kid: str = "key-1") -> Key:
    """A fresh private key that names itself."""
    extra: Any = {"kid": kid}
    if algorithm.startswith("ES"):
        return ECKey.generate_key("P-256", extra)
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", extra)
    return RSAKey.generate_key(2048, extra)


def key_set(*keys: Key) -> dict[str, Any]:
    """The public parts as a JWK set."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def signed(
    claims: dict[str, Any], key: Key, *, algorithm: str = "ES256", typ: str = "JWT", **header: Any
) -> str:
    """A compact JWS."""
    whole = {"alg": algorithm, "typ": typ, **({"kid": key.kid} if key.kid else {}), **header}
    return jws.serialize_compact(whole, json.dumps(claims), key, [algorithm])


def unsigned(token: str) -> str:
    """The same claims under alg none."""
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def forged(token: str) -> str:
    """The same header and claims, signed by a stranger's key."""
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    payload = base64.urlsafe_b64decode(token.split(".")[1] + "==")
    key = new_key(header["alg"], kid=header["kid"])
    return jws.serialize_compact(header, payload, key, [header["alg"]])
