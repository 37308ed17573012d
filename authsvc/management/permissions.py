"""Who may do what: each act with the permission that it takes, and each role with its permissions."""

from collections.abc import Mapping
from dataclasses import dataclass
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
    SEE_EVIDENCE = "see_evidence"
    SEE_AUDIT = "see_audit"
    SEE_TEAM = "see_team"
    SEE_APPROVALS = "see_approvals"

    CHANGE_PEOPLE = "change_people"
    CHANGE_RELYING_PARTIES = "change_relying_parties"
    CHANGE_PROVIDER = "change_provider"
    CHANGE_KEYS = "change_keys"
    CHANGE_POLICY = "change_policy"
    CHANGE_TEAM = "change_team"
    AGREE = "agree"


SEEING: Final = frozenset(permission for permission in Permission if permission.startswith("see_"))


@dataclass(frozen=True)
class Act:
    """What an act takes of somebody who has signed in to the portal: a permission, and how fresh a proof.

    Without a permission nobody of the portal may: it is done by whom it is about, at their own page.
    JUST_PROVEN is for all that changes who may sign in, what is trusted or what is revealed: they used a
    passkey or their second factor minutes ago (acting.FRESH). ANY_TIME is for what only takes back or names.
    """

    permission: Permission | None
    just_proven: bool


JUST_PROVEN: Final = True
ANY_TIME: Final = False

# An act is called by its module and its name; `@act` finds its row here.
ACTS: Final[Mapping[str, Act]] = {
    "people.invite": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "people.create_link": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "people.revoke_link": Act(Permission.CHANGE_PEOPLE, ANY_TIME),
    "people.revoke_device": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "people.rename_device": Act(Permission.CHANGE_PEOPLE, ANY_TIME),
    "people.close": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "people.make_recovery_codes": Act(None, JUST_PROVEN),
    "faces.remove": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "faces.withdraw": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "needs.set_light": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "relying_parties.register": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.change": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.add_secret": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.revoke_secret": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "provider.set_options": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "provider.trust_statements": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "provider.distrust_statements": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "provider.issue_initial_token": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "provider.revoke_initial_token": Act(Permission.CHANGE_PROVIDER, ANY_TIME),
    "keys.rotate": Act(Permission.CHANGE_KEYS, JUST_PROVEN),
    "keys.revoke": Act(Permission.CHANGE_KEYS, JUST_PROVEN),
    "policies.set_least_age": Act(Permission.CHANGE_POLICY, JUST_PROVEN),
    "team.admit": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.invite": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.withdraw_invitation": Act(Permission.CHANGE_TEAM, ANY_TIME),
    "team.set_role": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.disable": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.enable": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.remove": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.start_anew": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    # To ask for an act, or to agree to one, takes the permission for that act besides.
    "approvals.ask": Act(Permission.AGREE, JUST_PROVEN),
    "approvals.approve": Act(Permission.AGREE, JUST_PROVEN),
    "approvals.carry_out_alone": Act(Permission.AGREE, JUST_PROVEN),
    "approvals.refuse": Act(Permission.AGREE, ANY_TIME),
}

# What a person may do with what is their own, and whether it takes a passkey used just now.
OWN: Final[Mapping[str, bool]] = {
    "people.rename_device": False,
    "people.revoke_device": True,
    # What was asked for about them, before it is done.
    "approvals.refuse": False,
    "people.make_recovery_codes": True,
    "faces.remove": True,
    "faces.withdraw": True,
    # It makes the proof of a living person easier.
    "needs.set_light": True,
}

ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission) - {Permission.CHANGE_TEAM},
    Role.AUDITOR: SEEING,
}


def permissions_of(role: str) -> frozenset[Permission]:
    """Return what a role lets somebody see and do; nothing for an unknown role."""
    return ROLES.get(role, frozenset())
