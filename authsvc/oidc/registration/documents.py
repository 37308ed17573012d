"""Client metadata on the wire, and the fields of a relying party that they stand for."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from authsvc.clients.grant_types import GRANT_TYPES, grant_types_of
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.validation.addresses import FIELDS as ADDRESSES

_TEXTS = (
    *ADDRESSES,
    "subject_type",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "tls_client_auth_subject_dn",
    "id_token_signed_response_alg",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "authorization_signed_response_alg",
    "request_object_signing_alg",
    "backchannel_token_delivery_mode",
    "backchannel_authentication_request_signing_alg",
)
_LISTS = ("redirect_uris", "post_logout_redirect_uris", "request_uris", "contacts", "default_acr_values")
_FLAGS = (
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "backchannel_logout_session_required",
    "frontchannel_logout_session_required",
)
_OTHERS = ("default_max_age", "jwks")
# Members and fields that differ in name.
MEMBER_OF = {"name": "client_name", "scopes": "scope", "sector": "sector_identifier_uri"}

_Kind = tuple[str, Callable[[Any], bool]]
_TEXT: _Kind = ("a text", lambda value: isinstance(value, str))
_LIST: _Kind = (
    "a list of texts",
    lambda value: isinstance(value, list) and all(isinstance(entry, str) for entry in value),
)
_FLAG: _Kind = ("true or false", lambda value: isinstance(value, bool))
_NUMBER: _Kind = (
    "a number of seconds",
    lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31,
)
_OBJECT: _Kind = ("an object", lambda value: isinstance(value, dict))
_KINDS: dict[str, _Kind] = {
    **dict.fromkeys(_TEXTS, _TEXT),
    **dict.fromkeys(_LISTS, _LIST),
    **dict.fromkeys(_FLAGS, _FLAG),
    "default_max_age": _NUMBER,
    "jwks": _OBJECT,
    "client_name": _TEXT,
    "scope": _TEXT,
    "grant_types": _LIST,
    "response_types": _LIST,
    "application_type": _TEXT,
}


def fields_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return every field that the metadata set; what they leave out has its default.

    Members that are not known are left alone (RFC 7591 section 2). Whoever registers itself is a third
    party, so people are asked. Raises RegistrationProblems, by member.
    """
    given = {name: value for name, value in document.items() if name in _KINDS and value is not None}
    problems = Problems()
    for name, value in given.items():
        expected, fits = _KINDS[name]
        if not fits(value):
            problems.add(name, f"must be {expected}")
    problems.raise_if_any()
    _check_flow(given, problems)
    problems.raise_if_any()
    fields = {name: given.get(name, _default(name)) for name in (*_TEXTS, *_LISTS, *_FLAGS, *_OTHERS)}
    scopes = given["scope"].split() if "scope" in given else _default("scopes")
    return {
        **fields,
        "name": given.get("client_name") or _name(given.get("redirect_uris", [])),
        "scopes": list(dict.fromkeys(scopes)),
        "offline_access": "refresh_token" in given.get("grant_types", []),
        "first_party": False,
    }


def document_of(party: RelyingParty) -> dict[str, Any]:
    """Return what is registered, as client metadata; empty members are left out."""
    fields = {name: getattr(party, name) for name in (*_TEXTS, *_LISTS, *_FLAGS, *_OTHERS)}
    return {
        "client_id": party.client_id,
        "client_id_issued_at": int(party.created_at.timestamp()),
        "client_name": party.name,
        "scope": " ".join(party.scopes),
        "grant_types": grant_types_of(party),
        "response_types": ["code"],
        "application_type": "web",
        **{name: value for name, value in fields.items() if value not in (None, "", [])},
    }


def _check_flow(given: Mapping[str, Any], problems: Problems) -> None:
    for grant in given.get("grant_types", []):
        if grant not in GRANT_TYPES:
            problems.add("grant_types", f"{grant!r} is not offered; use {' or '.join(GRANT_TYPES)}.")
    if "authorization_code" not in given.get("grant_types", GRANT_TYPES):
        problems.add("grant_types", "Without authorization_code nobody can sign in.")
    if set(given.get("response_types", ["code"])) != {"code"}:
        problems.add("response_types", "code is the only one offered.")
    if given.get("application_type", "web") != "web":
        problems.add("application_type", "Only web applications can register themselves.")


def _default(field: str) -> Any:
    return getattr(RelyingParty(), field)


def _name(redirect_uris: list[str]) -> str:
    try:
        return (urlsplit(redirect_uris[0]).hostname or "")[:120] if redirect_uris else ""
    except ValueError:
        return ""
