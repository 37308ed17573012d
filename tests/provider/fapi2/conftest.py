"""A relying party under the FAPI 2.0 Security Profile, with private_key_jwt and DPoP."""

import pytest

from tests.provider.browser import Browser
from tests.provider.proofs import KeyHolder

PROFILE = {"profile": "fapi2", "id_token_signed_response_alg": "ES256", "dpop_bound_access_tokens": True}


@pytest.fixture
def holder(visitor: Browser) -> KeyHolder:
    return KeyHolder(visitor, {**PROFILE, "offline_access": True})
