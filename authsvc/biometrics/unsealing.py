"""Opening a sealed sample (docs/protocol.md section 4); workers only, in memory only."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey

from authsvc.core.ids import unb64u
from authsvc.keys.holding import holder
from authsvc.keys.samples import CannotUnseal
from authsvc.transactions.models import Capture
from authsvc.transactions.services import holder_of

_TYPE = "visor-sample+jwe"
_TO_ONE: Final = "ECDH-ES"
_TO_SEVERAL: Final = "ECDH-ES+A256KW"
_MEMBERS: Final = frozenset({"protected", "recipients", "iv", "ciphertext", "tag"})
# What agents may upload; the web tier refuses more before it reads it.
MAX_SEALED = 6 * 1024 * 1024


class SampleLost(Exception):
    """Nobody can judge the sample: its workers' keys are gone, or the reference cannot be fetched."""


class _Registry(JWERegistry):
    max_ciphertext_length = MAX_SEALED


_REGISTRY = _Registry(algorithms=[_TO_ONE, _TO_SEVERAL, "A256GCM"])
_REGISTRY.strict_check_header = False


@dataclass(frozen=True)
class _Sealed:
    """A sample as it arrived: its protected header, how it opens, and with which keys."""

    protected: Mapping[str, Any]
    algorithm: str
    kids: tuple[str, ...]
    open: Callable[[str, ECKey], bytes | None]


def unseal_sample(body: bytes, *, capture: Capture) -> bytes:
    """Return the plain text of a sample that was sealed for exactly this capture.

    The protected header is authenticated with the content, so its transaction, device and challenge
    are bound. Raises CannotUnseal with the reason, for auditors; SampleLost where the keys that were offered
    for the capture are not this worker's.
    """
    try:
        sealed = _several(body) if body.startswith(b"{") else _compact(body)
        _check_header(sealed, capture)
        kid, key = _our_key(sealed.kids, capture)
        return sealed.open(kid, key) or b""
    except (CannotUnseal, SampleLost):
        raise
    except (JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as problem:
        raise CannotUnseal(f"not a sealed sample: {type(problem).__name__}") from None


def _compact(body: bytes) -> _Sealed:
    protected = _header(body[: body.index(b".")].decode("ascii"))

    def opened(_: str, key: ECKey) -> bytes | None:
        return jwe.decrypt_compact(body, key, registry=_REGISTRY).plaintext

    return _Sealed(protected, _TO_ONE, (str(protected.get("kid", "")),), opened)


def _several(body: bytes) -> _Sealed:
    """Read a sample in JSON; each of its recipients is named by its own header, as RFC 7516 has it."""
    sent = json.loads(body)
    if set(sent) != _MEMBERS or not 1 <= len(sent["recipients"]) <= 2:
        raise ValueError("members")
    recipients = {str(each["header"]["kid"]): each for each in sent["recipients"]}
    algorithms = {each["header"]["alg"] for each in recipients.values()}
    if algorithms != {_TO_SEVERAL}:
        raise ValueError("algorithm")

    def opened(kid: str, key: ECKey) -> bytes | None:
        ours: Any = {**sent, "recipients": [recipients[kid]]}
        return jwe.decrypt_json(ours, key, registry=_REGISTRY).plaintext

    return _Sealed(_header(sent["protected"]), _TO_SEVERAL, tuple(recipients), opened)


def _header(encoded: str) -> dict[str, Any]:
    header = json.loads(unb64u(encoded))
    if not isinstance(header, dict):
        raise TypeError("the header is not an object")
    return header


def _our_key(kids: tuple[str, ...], capture: Capture) -> tuple[str, ECKey]:
    """Return the sample's key that this worker holds; one that was never offered for it is nobody's."""
    for kid in kids:
        if key := holder().open(kid):
            return kid, key
    # The release before noted nothing, and sealed to keys that are in no memory.
    if capture.offered_to is None or set(kids) & set(capture.offered_to):
        raise SampleLost("sealed to a worker that is gone")
    raise CannotUnseal("no such sample key")


def _check_header(sealed: _Sealed, capture: Capture) -> None:
    expected = {
        "alg": sealed.algorithm if sealed.algorithm == _TO_ONE else None,
        "enc": "A256GCM",
        "typ": _TYPE,
        "txn": capture.transaction_id,
        "dev": holder_of(capture.transaction),
        "chl": capture.challenge["nonce"],
    }
    wrong = sorted(name for name, value in expected.items() if sealed.protected.get(name) != value)
    if wrong:
        raise CannotUnseal(f"sealed for another {', '.join(wrong)}")
