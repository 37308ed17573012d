"""The authorization request's rules, in the order in which they run.

Up to `check_redirect_uri` a refusal is a page for the person; after it, it goes back to the relying
party.
"""

from collections.abc import Callable

from authsvc.oidc.requests.rules.acr import check_acr
from authsvc.oidc.requests.rules.claims import check_claims
from authsvc.oidc.requests.rules.client import check_client
from authsvc.oidc.requests.rules.dpop_key import check_dpop_key
from authsvc.oidc.requests.rules.hints import check_hints
from authsvc.oidc.requests.rules.max_age import check_max_age
from authsvc.oidc.requests.rules.nonce import check_nonce
from authsvc.oidc.requests.rules.pkce import check_pkce
from authsvc.oidc.requests.rules.prompt import check_prompt
from authsvc.oidc.requests.rules.pushed_request import load_pushed_request
from authsvc.oidc.requests.rules.redirect_uri import check_redirect_uri
from authsvc.oidc.requests.rules.request_object import open_request_object
from authsvc.oidc.requests.rules.request_uri import fetch_request_object
from authsvc.oidc.requests.rules.response_mode import check_response_mode
from authsvc.oidc.requests.rules.response_type import check_response_type
from authsvc.oidc.requests.rules.scope import check_scope
from authsvc.oidc.requests.rules.unsupported import check_registration
from authsvc.oidc.requests.wanted import Context

Rule = Callable[[Context], None]

PUSHED_RULES: list[Rule] = [
    check_client,
    open_request_object,
    check_redirect_uri,
    check_response_mode,
    check_response_type,
    check_registration,
    check_scope,
    check_pkce,
    check_nonce,
    check_prompt,
    check_max_age,
    check_claims,
    check_acr,
    check_hints,
    check_dpop_key,
]
# At the authorization endpoint a request may also have been pushed before, or stand behind an address.
RULES: list[Rule] = [check_client, load_pushed_request, fetch_request_object, *PUSHED_RULES[1:]]


def run_rules(context: Context) -> None:
    """Run every rule of the authorization endpoint; raises RequestRefused at the first that is broken."""
    for rule in RULES:
        rule(context)


def run_pushed_rules(context: Context) -> None:
    """Run the rules of a request that is being pushed; raises RequestRefused."""
    for rule in PUSHED_RULES:
        rule(context)
