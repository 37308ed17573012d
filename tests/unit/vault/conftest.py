"""A reference of the tenant in scope, and the share of the passkey that opens it."""

import os
from typing import Any

import pytest

from authsvc.vault import opening
from authsvc.vault.models import Reference

TEMPLATE = b"canary-template" * 20


@pytest.fixture
def share() -> bytes:
    return os.urandom(32)


@pytest.fixture
def reference(share: bytes) -> Reference:
    return create(share)


def create(share: bytes, **changes: Any) -> Reference:
    values = {
        "model": "G",
        "template": TEMPLATE,
        "engine": "engine-1",
        "quality": 70,
        "consent": "consent",
        "device": "device-1",
        "device_share": share,
        "share_kind": "prf",
    }
    return opening.create_reference(**{**values, **changes})
