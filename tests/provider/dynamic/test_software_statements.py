"""Dynamic OP: software statements, refused unless the tenant trusts who signed them (RFC 7591, 2.3)."""

import time
from typing import Any

import pytest

from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.problems import OptionRefused
from tests.provider.browser import CALLBACK
from tests.provider.dynamic.conftest import Registrar
from tests.provider.tokens import key_set, new_key, signed, unsigned

ISSUER = "https://authority.example"
SECOND = "https://partner.example/stated"


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_nobody_is_trusted_by_default(registrar: Registrar) -> None:
    statement = signed({"iss": ISSUER, "redirect_uris": [CALLBACK]}, new_key())
    refused = registrar.register(software_statement=statement)
    assert (refused.status_code, refused.json()["error"]) == (400, "unapproved_software_statement")


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_a_trusted_statement_counts_more_than_the_request(registrar: Registrar) -> None:
    key = new_key()
    set_options(statement_issuers={ISSUER: key_set(key)})
    statement = signed({"iss": ISSUER, "redirect_uris": [SECOND], "client_name": "Stated"}, key)
    made = registrar.register(software_statement=statement)
    assert made.status_code == 201
    said = made.json()
    assert (said["redirect_uris"], said["client_name"]) == ([SECOND], "Stated")
    assert said["software_statement"] == statement


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_a_statement_that_does_not_verify(registrar: Registrar) -> None:
    key = new_key()
    set_options(statement_issuers={ISSUER: key_set(key)})
    good = signed({"iss": ISSUER}, key)
    old = signed({"iss": ISSUER, "exp": time.time() - 1}, key)
    for statement in (signed({"iss": ISSUER}, new_key()), unsigned(good), old, "nonsense", 7):
        refused = registrar.register(software_statement=statement)
        assert refused.json()["error"] == "invalid_software_statement"


def test_only_usable_keys_can_be_trusted(registrar: Registrar) -> None:
    unusable: list[Any] = [{}, {"keys": []}, {"keys": [{"kty": "oct", "k": "AAAA"}]}, []]
    for keys in unusable:
        with pytest.raises(OptionRefused):
            set_options(statement_issuers={ISSUER: keys})
