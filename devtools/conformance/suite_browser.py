"""How the conformance suite's scripted browser walks through the provider's pages, by element ids that stay.

A task is done where the browser stands at an address that matches; optional ones are passed over otherwise.
A pattern is looked for in the text of the very element that is waited for.
tests/journeys/clients/suite_browser.py obeys the scripts as the suite does.
"""

import re
from typing import Any

Task = dict[str, Any]
_SECONDS = 10
_SHOT = "update-image-placeholder"
# The number under which a refusal is found.
_NUMBER = "^[A-Za-z0-9_-]{12,}$"
# Modules that end at a page for the person: the request does not say for sure where else to go.
_REFUSED_AT_AUTHORIZE = (
    "oidcc-ensure-registered-redirect-uri",
    "oidcc-ensure-redirect-uri-in-authorization-request",
    "oidcc-redirect-uri-query-added",
    "oidcc-redirect-uri-query-mismatch",
)
_REFUSED_AT_LOGOUT = (
    "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
    "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
)
_BAD_HINT_AT_LOGOUT = (
    "oidcc-rp-initiated-logout-bad-id-token-hint",
    "oidcc-rp-initiated-logout-modified-id-token-hint",
    "oidcc-rp-initiated-logout-no-id-token-hint",
)
_STAYS_AT_LOGOUT = (
    "oidcc-rp-initiated-logout-no-params",
    "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
    "oidcc-rp-initiated-logout-only-state",
)
# Modules whose second sign-in has to be seen.
_SIGN_IN_SEEN = ("oidcc-prompt-login", "oidcc-max-age-1")
# Modules that end at the sign-in, where people see what the client registered.
_CLIENT_SEEN = (
    "oidcc-registration-logo-uri",
    "oidcc-registration-policy-uri",
    "oidcc-registration-tos-uri",
)
# Modules that open the sign-in and leave it, and then open it again with the same request_uri.
_LOOKED_AT_ONCE = (
    "fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds",
    "fapi2-security-profile-id2-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds",
)
_DENIED = (
    "fapi2-security-profile-final-user-rejects-authentication",
    "fapi2-security-profile-id2-user-rejects-authentication",
)


def browser_of(issuer: str, suite: str) -> list[dict[str, Any]]:
    """Return what the browser does at each address where a module sends it."""
    return [_authorize(issuer, suite, [_choose(issuer)]), _logout(issuer, [_back_after_logout(suite)])]


def overrides_of(issuer: str, suite: str) -> dict[str, Any]:
    """Return the modules where it does something else, by their names."""
    usual = _authorize(issuer, suite, [_choose(issuer)])
    refused = {"match": f"{issuer}authorize*", "tasks": [_seen(f"{issuer}authorize*", "reference", _NUMBER)]}
    no_way_back = {
        "match": f"{issuer}end-session*",
        "tasks": [_seen(f"{issuer}end-session*", "reference", _NUMBER)],
    }
    stays = _logout(issuer, [_seen(f"{issuer}end-session*", "signed-out", "You are signed out")])
    shot = _authorize(issuer, suite, [_choose(issuer, shot=True)])
    shown = {"match": f"{issuer}authorize*", "tasks": [_form_seen(issuer, shot=_SHOT)]}
    left = {"match": f"{issuer}authorize*", "match-limit": 1, "tasks": [_form_seen(issuer)]}
    return {
        **{name: {"browser": [refused]} for name in _REFUSED_AT_AUTHORIZE},
        **{name: {"browser": [usual, no_way_back]} for name in _REFUSED_AT_LOGOUT + _BAD_HINT_AT_LOGOUT},
        **{name: {"browser": [usual, stays]} for name in _STAYS_AT_LOGOUT},
        **{name: {"browser": [shot]} for name in _SIGN_IN_SEEN},
        **{name: {"browser": [shown]} for name in _CLIENT_SEEN},
        **{name: {"browser": [left, usual]} for name in _LOOKED_AT_ONCE},
        **{name: {"browser": [_authorize(issuer, suite, [_deny(issuer)])]} for name in _DENIED},
    }


def _authorize(issuer: str, suite: str, first: list[Task]) -> dict[str, Any]:
    agree: Task = {
        "task": "Agree",
        "optional": True,
        "match": f"{issuer}authorize*",
        "commands": [["click", "css", "#consent-yes", "optional"]],
    }
    back: Task = {
        "task": "Back at the suite",
        "optional": True,
        "match": f"{suite}/test/*/callback*",
        "commands": [["wait", "id", "submission_complete", _SECONDS]],
    }
    refused = {
        **_seen(f"{issuer}authorize*", "reference", _NUMBER, shot=f"{_SHOT}-optional"),
        "optional": True,
    }
    return {"match": f"{issuer}authorize*", "tasks": [*first, agree, back, refused]}


def _choose(issuer: str, *, shot: bool = False) -> Task:
    seen = _form_seen(issuer, shot=f"{_SHOT}-optional")["commands"] if shot else []
    return {
        "task": "Choose the first test person",
        "optional": True,
        "match": f"{issuer}sandbox/*",
        "commands": [*seen, ["click", "id", "sandbox-continue"]],
    }


def _form_seen(issuer: str, *, shot: str = "") -> Task:
    return _seen(f"{issuer}sandbox/*", "sandbox-form", "Continue", shot=shot)


def _deny(issuer: str) -> Task:
    return {
        "task": "Refuse to share",
        "match": f"{issuer}sandbox/*",
        "commands": [["click", "id", "sandbox-deny"]],
    }


def _logout(issuer: str, last: list[Task]) -> dict[str, Any]:
    confirm: Task = {
        "task": "Confirm the sign-out",
        "optional": True,
        "match": f"{issuer}end-session*",
        "commands": [["click", "id", "logout-yes", "optional"]],
    }
    return {"match": f"{issuer}end-session*", "tasks": [confirm, *last]}


def _back_after_logout(suite: str) -> Task:
    # The page that loads other sites' logout pages in frames goes on a moment later.
    return {
        "task": "Back at the suite",
        "commands": [["wait", "match", f"^{re.escape(suite)}/test/a/", _SECONDS]],
    }


def _seen(match: str, element: str, text: str, *, shot: str = _SHOT) -> Task:
    command: list[Any] = ["wait", "id", element, _SECONDS, text]
    return {"task": f"See {element}", "match": match, "commands": [[*command, shot] if shot else command]}
