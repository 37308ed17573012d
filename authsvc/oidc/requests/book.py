"""The one book of rules: which run at which endpoint, and in which order.

A row is a file of `rules/`; its columns are the endpoints that take requests. At the authorization endpoint
a refusal up to `redirect_uri` is a page for the person; after it, it goes back to the relying party.
"""

from collections.abc import Callable
from enum import IntEnum
from importlib import import_module
from typing import cast

from authsvc.oidc.requests import rules
from authsvc.oidc.requests.wanted import Context

Rule = Callable[[Context], None]
YES, NOT = True, False


class Endpoint(IntEnum):
    """The endpoints that take a request, as columns of the table."""

    AUTHORIZE = 1
    PUSHED = 2
    BACKCHANNEL = 3


# fmt: off
TABLE: tuple[tuple[str, bool, bool, bool], ...] = (
    # the file            authorize pushed backchannel
    ("client",                  YES, YES, YES),
    ("backchannel_registered",  NOT, NOT, YES),
    ("pushed_request",          YES, NOT, NOT),
    ("live",                    YES, NOT, YES),
    ("request_uri",             YES, NOT, NOT),
    ("request_object",          YES, YES, NOT),
    ("signed_request",          NOT, NOT, YES),
    ("redirect_uri",            YES, YES, NOT),
    ("response_mode",           YES, YES, NOT),
    ("response_type",           YES, YES, NOT),
    ("registration",            YES, YES, NOT),
    ("scope",                   YES, YES, YES),
    ("resource",                YES, YES, YES),
    ("pkce",                    YES, YES, NOT),
    ("nonce",                   YES, YES, NOT),
    ("prompt",                  YES, YES, NOT),
    ("max_age",                 YES, YES, NOT),
    ("claims",                  YES, YES, NOT),
    ("face",                    YES, YES, NOT),
    ("presence",                YES, YES, NOT),
    ("acr",                     YES, YES, YES),
    ("acr_reachable",           NOT, NOT, YES),
    ("binding_message",         NOT, NOT, YES),
    ("notification_token",      NOT, NOT, YES),
    ("requested_expiry",        NOT, NOT, YES),
    ("one_hint",                NOT, NOT, YES),
    ("hints",                   YES, YES, YES),
    ("hinted_person",           NOT, NOT, YES),
    ("dpop_key",                YES, YES, NOT),
)
# fmt: on


def rules_of(endpoint: Endpoint) -> list[Rule]:
    """Return the rules of an endpoint, in the order of the table."""
    return [_check_of(row[0]) for row in TABLE if row[endpoint]]


def run_rules(context: Context, endpoint: Endpoint) -> None:
    """Run every rule of the endpoint; raises RequestRefused at the first that is broken."""
    for rule in _RULES[endpoint]:
        rule(context)


def _check_of(file: str) -> Rule:
    return cast(Rule, import_module(f"{rules.__name__}.{file}").check)


_RULES = {endpoint: rules_of(endpoint) for endpoint in Endpoint}
