"""Certificates as settings keep them, DER in base64, and as people paste them, PEM (RFC 7468)."""

import base64
import binascii
import re
from collections.abc import Iterable

from cryptography import x509

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


def load(kept: Iterable[str]) -> list[x509.Certificate]:
    """Return the certificates that are kept; raises ValueError for what is none."""
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(text, validate=True)) for text in kept]
    except binascii.Error as problem:
        raise ValueError(str(problem)) from None


def read_pem(text: str) -> list[str]:
    """Return the certificates of a PEM text as they are kept; raises ValueError where there is more in it."""
    if _BLOCK.sub("", text).strip():
        raise ValueError("more than certificates")
    return ["".join(body.split()) for body in _BLOCK.findall(text)]


def pem_of(kept: str) -> str:
    """Return a certificate that is kept as PEM."""
    lines = "\n".join(kept[start : start + 64] for start in range(0, len(kept), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----"
