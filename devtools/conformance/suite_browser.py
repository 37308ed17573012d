"""How the conformance suite's scripted browser walks through the provider's pages, by element ids that stay.

A task is done where the browser stands at an address that matches; optional ones are passed over otherwise.
"""

from typing import Any

Task = dict[str, Any]
_SECONDS = 10
_SHOT = "update-image-placeholder"
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
_ASKED_AT_LOGOUT = (
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
_DENIED = (
    "fapi2-security-profile-final-user-rejects-authentication",
    "fapi2-security-profile-id2-user-rejects-authentication",
)


def browser_of(issuer: str, suite: str) -> list[dict[str, Any]]:
    """Return what the browser does at each address where a module sends it."""
    return [_authorize(issuer, suite, [_choose(issuer)]), _logout(issuer, [_back(suite, "post_logout*")])]


def overrides_of(issuer: str, suite: str) -> dict[str, Any]:
    """Return the modules where it does something else, by their names."""
    refused = {
        "match": f"{issuer}authorize*",
        "tasks": [_seen(f"{issuer}authorize*", "reference", "Reference")],
    }
    usual = _authorize(issuer, suite, [_choose(issuer)])
    not_possible = _logout(issuer, [_seen(f"{issuer}end-session*", "reference", "Reference")])
    stays = _logout(issuer, [_seen(f"{issuer}end-session*", "signed-out", "You are signed out")])
    asked = {
        "match": f"{issuer}end-session*",
        "tasks": [_seen(f"{issuer}end-session*", "logout-form", "Sign out\\?")],
    }
    shot = _authorize(issuer, suite, [_choose(issuer, shot=True)])
    return {
        **{name: {"browser": [refused]} for name in _REFUSED_AT_AUTHORIZE},
        **{name: {"browser": [usual, not_possible]} for name in _REFUSED_AT_LOGOUT},
        **{name: {"browser": [usual, asked]} for name in _ASKED_AT_LOGOUT},
        **{name: {"browser": [usual, stays]} for name in _STAYS_AT_LOGOUT},
        **{name: {"browser": [shot]} for name in _SIGN_IN_SEEN},
        **{name: {"browser": [_authorize(issuer, suite, [_deny(issuer)])]} for name in _DENIED},
    }


def _authorize(issuer: str, suite: str, first: list[Task]) -> dict[str, Any]:
    agree: Task = {
        "task": "Agree",
        "optional": True,
        "match": f"{issuer}authorize*",
        "commands": [["click", "css", "#consent-yes", "optional"]],
    }
    refused = {
        **_seen(f"{issuer}authorize*", "reference", "Reference", shot=f"{_SHOT}-optional"),
        "optional": True,
    }
    back = {**_back(suite, "callback*"), "optional": True}
    return {"match": f"{issuer}authorize*", "tasks": [*first, agree, back, refused]}


def _choose(issuer: str, *, shot: bool = False) -> Task:
    seen = [["wait", "id", "sandbox-form", _SECONDS, "Sandbox authenticator", f"{_SHOT}-optional"]]
    return {
        "task": "Choose the first test person",
        "optional": True,
        "match": f"{issuer}sandbox/*",
        "commands": [*(seen if shot else []), ["click", "id", "sandbox-continue"]],
    }


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


def _back(suite: str, path: str) -> Task:
    return {
        "task": "Back at the suite",
        "match": f"{suite}/test/*/{path}",
        "commands": [["wait", "id", "submission_complete", _SECONDS]] if path == "callback*" else [],
    }


def _seen(match: str, element: str, text: str, *, shot: str = _SHOT) -> Task:
    return {
        "task": f"See {element}",
        "match": match,
        "commands": [["wait", "id", element, _SECONDS, text, shot]],
    }
