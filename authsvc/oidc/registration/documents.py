"""Client metadata on the wire, and the fields of a relying party that they stand for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from authsvc.clients.fields import FIELDS, on_the_wire
from authsvc.clients.grant_types import AUTHORIZATION_CODE, CIBA, GRANT_TYPES, grant_types_of
from authsvc.clients.kinds import TEXTS
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.setting import Setting
from authsvc.clients.settings.returning import WEB

# Members that stand for no setting, or for more than one.
_FLOW = {"grant_types": TEXTS, "response_types": TEXTS}
# What the sector is worked out from.
_SOURCES = {"sector": "sector_identifier_uri"}


def member_of(field: str) -> str:
    """Return the member of the metadata that a problem with a setting is about."""
    row = FIELDS.get(field)
    return row.wire_name if row and row.wire else _SOURCES.get(field, field)


def fields_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return every field that the metadata set; what they leave out has its default.

    Members that are not known are left alone (RFC 7591 section 2), and so are redirect URIs of one that
    only starts sign-ins without a browser (CIBA Core 1.0 section 4). Whoever registers itself is a third
    party, so people are asked. Raises RegistrationProblems, by member.
    """
    kinds = {row.wire_name: row.kind for row in on_the_wire()} | _FLOW
    given = {name: value for name, value in document.items() if name in kinds and value is not None}
    problems = Problems()
    for name, value in given.items():
        if not kinds[name].fits(value):
            problems.add(name, f"must be {kinds[name].expected}")
    problems.raise_if_any()
    _check_flow(given, problems)
    problems.raise_if_any()
    if AUTHORIZATION_CODE not in _grants(given):
        given.pop("redirect_uris", None)
    return {
        **{row.name: _value(row, given) for row in on_the_wire()},
        "name": given.get("client_name") or _name(given.get("redirect_uris", [])),
        "offline_access": "refresh_token" in given.get("grant_types", []),
        "first_party": False,
    }


def document_of(party: RelyingParty) -> dict[str, Any]:
    """Return what is registered, as client metadata; empty members are left out."""
    members = {row.wire_name: row.kind.write(row.of(party)) for row in on_the_wire()}
    return {
        "client_id": party.client_id,
        "client_id_issued_at": int(party.created_at.timestamp()),
        "grant_types": grant_types_of(party),
        "response_types": ["code"] if party.redirect_uris else [],
        "application_type": WEB,
        **{name: value for name, value in members.items() if value not in (None, "", [], ())},
    }


def _value(row: Setting, given: Mapping[str, Any]) -> Any:
    if row.wire_name in given:
        return row.kind.read(given[row.wire_name])
    return row.of(RelyingParty())


def _check_flow(given: Mapping[str, Any], problems: Problems) -> None:
    for grant in given.get("grant_types", []):
        if grant not in GRANT_TYPES:
            problems.add("grant_types", f"{grant!r} is not offered; use {' or '.join(GRANT_TYPES)}.")
    grants = _grants(given)
    if not {AUTHORIZATION_CODE, CIBA} & set(grants):
        problems.add("grant_types", "Without authorization_code or CIBA nobody can sign in.")
    if AUTHORIZATION_CODE in grants and not given.get("redirect_uris"):
        problems.add("redirect_uris", "At least one redirect URI is needed.")
    if CIBA in grants and not given.get("backchannel_token_delivery_mode"):
        problems.add("backchannel_token_delivery_mode", "CIBA needs one: poll or ping.")
    # Without authorization codes there is nothing to answer with (RFC 7591 section 2.1).
    offered = [{"code"}] if AUTHORIZATION_CODE in grants else [set(), {"code"}]
    if set(given.get("response_types", ["code"])) not in offered:
        problems.add("response_types", "code is the only one offered.")


def _grants(given: Mapping[str, Any]) -> list[str]:
    return list(given.get("grant_types", [AUTHORIZATION_CODE]))


def _name(redirect_uris: list[str]) -> str:
    try:
        parts = urlsplit(redirect_uris[0] if redirect_uris else "")
    except ValueError:
        return ""
    return (parts.hostname or parts.scheme)[:120]
