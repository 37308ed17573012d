"""Who may do what: each act with the permission that it takes, and each role with its permissions."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from authsvc.tenancy.roles import Role


class Permission(StrEnum):
    """Something that a role lets its holder see or do in a tenant."""

    SEE_OVERVIEW = "see_overview"
    SEE_ATTEMPTS = "see_attempts"
    SEE_PEOPLE = "see_people"
    SEE_RELYING_PARTIES = "see_relying_parties"
    SEE_PROVIDER = "see_provider"
    SEE_AUDIT = "see_audit"

    CHANGE_PEOPLE = "change_people"
    CHANGE_RELYING_PARTIES = "change_relying_parties"
    CHANGE_PROVIDER = "change_provider"
    CHANGE_KEYS = "change_keys"
    CHANGE_TEAM = "change_team"


SEEING: Final = frozenset(permission for permission in Permission if permission.startswith("see_"))

# An act is called by its module and its name; `@act` finds its row here.
ACTS: Final[Mapping[str, Permission]] = {
    "people.invite": Permission.CHANGE_PEOPLE,
    "people.create_link": Permission.CHANGE_PEOPLE,
    "people.revoke_link": Permission.CHANGE_PEOPLE,
    "people.revoke_device": Permission.CHANGE_PEOPLE,
    "people.rename_device": Permission.CHANGE_PEOPLE,
    "people.close": Permission.CHANGE_PEOPLE,
    "faces.remove": Permission.CHANGE_PEOPLE,
    "faces.withdraw": Permission.CHANGE_PEOPLE,
    "relying_parties.register": Permission.CHANGE_RELYING_PARTIES,
    "relying_parties.change": Permission.CHANGE_RELYING_PARTIES,
    "relying_parties.add_secret": Permission.CHANGE_RELYING_PARTIES,
    "relying_parties.revoke_secret": Permission.CHANGE_RELYING_PARTIES,
    "provider.set_options": Permission.CHANGE_PROVIDER,
    "provider.trust_statements": Permission.CHANGE_PROVIDER,
    "provider.distrust_statements": Permission.CHANGE_PROVIDER,
    "provider.issue_initial_token": Permission.CHANGE_PROVIDER,
    "provider.revoke_initial_token": Permission.CHANGE_PROVIDER,
    "keys.rotate": Permission.CHANGE_KEYS,
    "keys.revoke": Permission.CHANGE_KEYS,
    "team.admit": Permission.CHANGE_TEAM,
}

# What a person may do with what is their own, and whether it takes a passkey used just now.
OWN: Final[Mapping[str, bool]] = {
    "people.rename_device": False,
    "people.revoke_device": True,
    "faces.remove": True,
    "faces.withdraw": True,
}

ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission) - {Permission.CHANGE_TEAM},
    Role.AUDITOR: SEEING,
}


def permissions_of(role: str) -> frozenset[Permission]:
    """Return what a role lets somebody see and do; nothing for an unknown role."""
    return ROLES.get(role, frozenset())
