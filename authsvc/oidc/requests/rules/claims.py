"""claims: which claims are wanted in particular (OpenID Connect Core section 5.5)."""

from typing import Any

from authsvc.core.lengths import json_problem
from authsvc.core.strictjson import NotJson, parse_json
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

_MEMBERS = ("userinfo", "id_token")


def check(context: Context) -> None:
    """Read the parameter; members and claims that are not known are left alone, as the specification says."""
    text = context.parameters.get("claims")
    if text is None:
        return
    try:
        content = parse_json(text)
    except NotJson:
        raise _refused("not JSON") from None
    if not isinstance(content, dict):
        raise _refused("not an object")
    if problem := json_problem(content):
        raise _refused(problem)
    context.wanted.claims = {
        member: _requests(content[member]) for member in _MEMBERS if content.get(member) is not None
    }


def _requests(asked: Any) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise _refused("a member that is not an object")
    for name, options in asked.items():
        if options is not None and not isinstance(options, dict):
            raise _refused(f"{name}: neither null nor an object")
    return asked


def _refused(came: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request",
        "claims cannot be understood.",
        rule="claims",
        came=came,
        expected='{"userinfo": {…}, "id_token": {…}}',
    )
