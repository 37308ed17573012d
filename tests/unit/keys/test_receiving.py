"""What is sealed for one role opens for it alone, and in its context alone (S6.1-01)."""

import secrets
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from authsvc.core.envelope import CannotOpen
from authsvc.keys.held import PREVIOUS
from authsvc.keys.receiving import open_as, seal_for, sealed_anew

pytestmark = pytest.mark.requirement("S6.1-01")
PRIVATE, PUBLIC = "receiving_private_key_web", "receiving_public_key_web"


@pytest.fixture(autouse=True)
def own(settings: Any) -> dict[str, bytes]:
    """A key pair of web's, which the process holds."""
    settings.SECRETS = _pair()
    held: dict[str, bytes] = settings.SECRETS
    return held


def _pair() -> dict[str, bytes]:
    made = X25519PrivateKey.generate()
    return {PRIVATE: made.private_bytes_raw(), PUBLIC: made.public_key().public_bytes_raw()}


def test_what_was_sealed_opens_in_its_context_alone() -> None:
    content = secrets.token_bytes(40)
    sealed = seal_for("web", content, b"of one tenant")
    assert content not in sealed
    assert open_as("web", sealed, b"of one tenant") == content
    assert seal_for("web", content, b"of one tenant") != sealed
    for other in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:20], b""):
        with pytest.raises(CannotOpen):
            open_as("web", other, b"of one tenant")
    with pytest.raises(CannotOpen):
        open_as("web", sealed, b"of another")


def test_whoever_seals_cannot_open(own: dict[str, bytes], settings: Any) -> None:
    settings.SECRETS = {PUBLIC: own[PUBLIC]}
    sealed = seal_for("web", b"secret", b"bound")
    with pytest.raises(CannotOpen):
        open_as("web", sealed, b"bound")


def test_what_an_older_key_opens_is_sealed_anew(own: dict[str, bytes], settings: Any) -> None:
    sealed = seal_for("web", b"secret", b"bound")
    assert sealed_anew("web", sealed, b"bound") is None
    fresh = _pair()
    settings.SECRETS = {**fresh, PRIVATE + PREVIOUS: own[PRIVATE], PUBLIC + PREVIOUS: own[PUBLIC]}
    assert open_as("web", sealed, b"bound") == b"secret"
    again = sealed_anew("web", sealed, b"bound")
    settings.SECRETS = fresh
    assert open_as("web", again or b"", b"bound") == b"secret"
    assert sealed_anew("web", sealed, b"bound") is None, "nobody opens it any more"
