"""Opening a sealed sample (docs/protocol.md section 4); workers only, in memory only."""

import json

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry

from authsvc.core.ids import unb64u
from authsvc.keys.samples import CannotUnseal, open_sample_key
from authsvc.transactions.models import Capture

_TYPE = "visor-sample+jwe"
# What agents may upload; the web tier refuses more before it reads it.
MAX_SEALED = 6 * 1024 * 1024


class _Registry(JWERegistry):
    max_ciphertext_length = MAX_SEALED


_REGISTRY = _Registry(algorithms=["ECDH-ES", "A256GCM"])
_REGISTRY.strict_check_header = False


def unseal_sample(body: bytes, *, capture: Capture) -> bytes:
    """Return the plain text of a sample that was sealed for exactly this capture.

    The protected header is authenticated with the content, so its transaction, device and challenge
    are bound. Raises CannotUnseal with the reason, for auditors.
    """
    try:
        protected = _protected_header(body)
        _check_header(protected, capture)
        key = open_sample_key(str(protected.get("kid", "")))
        return jwe.decrypt_compact(body, key, registry=_REGISTRY).plaintext or b""
    except CannotUnseal:
        raise
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise CannotUnseal(f"not a sealed sample: {type(problem).__name__}") from None


def _protected_header(body: bytes) -> dict[str, object]:
    header = json.loads(unb64u(body[: body.index(b".")].decode("ascii")))
    if not isinstance(header, dict):
        raise TypeError("the header is not an object")
    return header


def _check_header(protected: dict[str, object], capture: Capture) -> None:
    device = capture.transaction.device
    expected = {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "typ": _TYPE,
        "txn": capture.transaction_id,
        "dev": device.credential_id if device else None,
        "chl": capture.challenge["nonce"],
    }
    wrong = sorted(name for name, value in expected.items() if protected.get(name) != value)
    if wrong:
        raise CannotUnseal(f"sealed for another {', '.join(wrong)}")
