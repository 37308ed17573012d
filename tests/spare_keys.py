"""RSA keys of a test run: made once, and handed to tenants in turns; making one takes longer than a test.

Within one test the same key comes back only after `MANY` others.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any
from unittest.mock import patch

from joserfc.jwk import Key, RSAKey, import_key

MANY = 24
BITS = 2048
PRODUCT_BITS = 3072
_turns = count()


@cache
def _spare(_number: int) -> RSAKey:
    return RSAKey.generate_key(BITS)


@cache
def _parsed(document: str) -> Key:
    return import_key(json.loads(document))


class SpareKeys:
    """Stands in the place of the class of RSA keys, where tenants' keys are made."""

    @staticmethod
    def generate_key(bits: int) -> RSAKey:
        """Return the next of the spare keys, for a key of the product's size."""
        assert bits == PRODUCT_BITS
        return _spare(next(_turns) % MANY)


def _import_key(document: dict[str, Any]) -> Key:
    return _parsed(json.dumps(document, sort_keys=True))


@contextmanager
def spare_keys() -> Iterator[None]:
    """Let tenants sign with the spare keys while the block runs."""
    where = "authsvc.keys.signing"
    with patch(f"{where}.RSAKey", SpareKeys), patch(f"{where}.import_key", _import_key):
        yield
