"""Shares as a phone makes them."""

import os

from authsvc.protection.base import Share


def share(kind: str = "prf") -> Share:
    """Return a new one."""
    return Share(os.urandom(32), kind)
