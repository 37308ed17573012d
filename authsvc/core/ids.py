"""Identifiers and secrets from the operating system's DRBG (ISO/IEC 18031, S9.4-10)."""

import base64
import hashlib
import re
import secrets

_ID = re.compile(r"[A-Za-z0-9_-]{24}\Z")


def new_id() -> str:
    """Return a fresh identifier of 144 random bits, base64url, 24 characters, the first of them no hyphen.

    People hand identifiers to commands and to spreadsheets: a command takes what begins with a hyphen for an
    option, and a spreadsheet for a formula.
    """
    drawn = secrets.token_urlsafe(18)
    return new_id() if drawn.startswith("-") else drawn


def new_jti(transaction: str) -> str:
    """Return a token's fresh id: it begins with the attempt's, by which the portal explains the token."""
    return f"{receipt_number(transaction)}.{secrets.token_urlsafe(9)}"


def attempt_in(number: str) -> str:
    """Return the part of a number by which an attempt is looked up: of a token's id its beginning."""
    return number.partition(".")[0]


def receipt_number(transaction: str = "") -> str:
    """Return what a person is shown to have something looked up by: the transaction's id, or a fresh one.

    What is no id of a transaction, such as a made-up path, is not given back as a number.
    """
    return transaction if _ID.match(transaction) else new_id()


def new_secret() -> str:
    """Return a fresh secret of 256 random bits, base64url, 43 characters."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """Return the SHA-256 of a random secret, hexadecimal.

    A plain hash is right for 256 random bits: there is nothing to guess, and a slow hash would only
    stop the server (requirements, S9.4-10).
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def b64u(data: bytes) -> str:
    """Return base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    """Return the bytes of strict, unpadded base64url.

    Raises ValueError for anything else, so that one value has one spelling.
    """
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64u(data) != text:
        raise ValueError("not canonical base64url")
    return data
