"""Who may do what: each act with the permission that it takes, and each role with its permissions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text
from authsvc.tenancy.roles import Role


class Permission(StrEnum):
    """Something that a role lets its holder see or do in a tenant, with what the portal calls it."""

    words: Text

    def __new__(cls, value: str, words: Text = "") -> Self:
        """Let a permission be its name."""
        permission = str.__new__(cls, value)
        permission._value_, permission.words = value, words
        return permission

    SEE_OVERVIEW = "see_overview", _("See the overview, and keep filters of lists")
    SEE_ATTEMPTS = "see_attempts", _("See sign-ins, enrolments, and why they ended as they did")
    SEE_PEOPLE = "see_people", _("See people, their devices and their consents; never a face")
    SEE_RELYING_PARTIES = "see_relying_parties", _("See relying parties and their settings; never a secret")
    SEE_PROVIDER = "see_provider", _("See the provider’s settings, addresses and public keys")
    SEE_EVIDENCE = "see_evidence", _("See the records that the levels rest on")
    SEE_POLICIES = "see_policies", _("See policies, and try a draft on attempts that were")
    SEE_AUDIT = "see_audit", _("See the audit log, have it checked, and take the proof of an event")
    SEE_TEAM = "see_team", _("See the team and what each role may do")
    SEE_APPROVALS = "see_approvals", _("See what waits for a second administrator")
    SEE_SETTINGS = "see_settings", _("See what the organisation is called and how its pages look")

    CHANGE_PEOPLE = (
        "change_people",
        _("Invite, change, suspend and erase people, revoke devices and links, answer disputes"),
    )
    CHANGE_RELYING_PARTIES = (
        "change_relying_parties",
        _("Register, change, test and remove relying parties, and make their secrets"),
    )
    CHANGE_PROVIDER = "change_provider", _("Change the provider’s settings, address and trust")
    CHANGE_KEYS = "change_keys", _("Rotate and revoke the keys that sign tokens")
    CHANGE_POLICY = "change_policy", _("Draft, publish and roll back policies")
    CHANGE_TEAM = "change_team", _("Invite members, give roles, disable and remove members")
    CHANGE_SETTINGS = "change_settings", _("Change the organisation’s name, language, colour and logo")
    EXPORT_LOG = "export_log", _("Export the audit log, and take its lists away as tables")
    AGREE = "agree", _("Ask for what takes two, and agree to what another asks for")


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
    # A table that is only looked at enters nobody.
    "importing.check": Act(Permission.CHANGE_PEOPLE, ANY_TIME),
    "importing.begin": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "importing.stop": Act(Permission.CHANGE_PEOPLE, ANY_TIME),
    "importing.take_links": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "people.create_link": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "people.revoke_link": Act(Permission.CHANGE_PEOPLE, ANY_TIME),
    "people.revoke_device": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "people.rename_device": Act(Permission.CHANGE_PEOPLE, ANY_TIME),
    "people.change": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    # It only takes away, and may be urgent.
    "people.suspend": Act(Permission.CHANGE_PEOPLE, ANY_TIME),
    "people.resume": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    # To write down what somebody says changes nothing.
    "disputes.raise_dispute": Act(Permission.CHANGE_PEOPLE, ANY_TIME),
    "disputes.answer": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "people.close": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "people.make_recovery_codes": Act(None, JUST_PROVEN),
    "faces.remove": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "faces.withdraw": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "needs.set_need": Act(Permission.CHANGE_PEOPLE, JUST_PROVEN),
    "reach.subscribe": Act(None, JUST_PROVEN),
    "reach.unsubscribe": Act(None, JUST_PROVEN),
    "reach.set_wish": Act(None, JUST_PROVEN),
    "relying_parties.register": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.change": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.add_secret": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.revoke_secret": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.remove": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.restore": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.begin_test": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.start_bench": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.stop_bench": Act(Permission.CHANGE_RELYING_PARTIES, ANY_TIME),
    "relying_parties.let_live": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "relying_parties.let_live_untested": Act(Permission.CHANGE_RELYING_PARTIES, JUST_PROVEN),
    "provider.set_options": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "provider.trust_statements": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "provider.distrust_statements": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "provider.issue_initial_token": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "provider.revoke_initial_token": Act(Permission.CHANGE_PROVIDER, ANY_TIME),
    "hosts.ask": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "hosts.go_live": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "hosts.leave": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "hosts.drop": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "keys.rotate": Act(Permission.CHANGE_KEYS, JUST_PROVEN),
    "keys.revoke": Act(Permission.CHANGE_KEYS, JUST_PROVEN),
    "log.allow_export": Act(Permission.EXPORT_LOG, JUST_PROVEN),
    "log.take_export": Act(Permission.EXPORT_LOG, JUST_PROVEN),
    # To look at the log closely changes nothing, and who only reads is there for it.
    "checks.start": Act(Permission.SEE_AUDIT, ANY_TIME),
    # Of a member's own, and of what they see anyway.
    "saved_filters.keep": Act(Permission.SEE_OVERVIEW, ANY_TIME),
    "saved_filters.drop": Act(Permission.SEE_OVERVIEW, ANY_TIME),
    "policies.set_least_age": Act(Permission.CHANGE_POLICY, JUST_PROVEN),
    "policies.set_handoff": Act(Permission.CHANGE_POLICY, JUST_PROVEN),
    "policies.set_region": Act(Permission.CHANGE_POLICY, JUST_PROVEN),
    "policies.set_quiet_hours": Act(Permission.CHANGE_POLICY, JUST_PROVEN),
    "policies.set_models": Act(Permission.CHANGE_POLICY, JUST_PROVEN),
    # A draft judges nobody, and can be thrown away.
    "policies.save_draft": Act(Permission.CHANGE_POLICY, ANY_TIME),
    "policies.discard_draft": Act(Permission.CHANGE_POLICY, ANY_TIME),
    "policies.publish": Act(Permission.CHANGE_POLICY, JUST_PROVEN),
    "policies.roll_back": Act(Permission.CHANGE_POLICY, JUST_PROVEN),
    "team.admit": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.invite": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.withdraw_invitation": Act(Permission.CHANGE_TEAM, ANY_TIME),
    "team.set_role": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.disable": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.enable": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.remove": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "team.start_anew": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    # What people are told whose page they are at.
    "organisation.describe": Act(Permission.CHANGE_SETTINGS, JUST_PROVEN),
    "organisation.set_accent": Act(Permission.CHANGE_SETTINGS, JUST_PROVEN),
    "organisation.set_logo": Act(Permission.CHANGE_SETTINGS, JUST_PROVEN),
    "organisation.drop_logo": Act(Permission.CHANGE_SETTINGS, JUST_PROVEN),
    # It changes nothing but what is still proposed to them.
    "starting.note_read": Act(Permission.CHANGE_SETTINGS, ANY_TIME),
    # Nobody of a tenant may: it is done by whoever runs the installation (PLATFORM).
    "tenants.found": Act(None, JUST_PROVEN),
    "tenants.suspend": Act(None, JUST_PROVEN),
    "tenants.resume": Act(None, JUST_PROVEN),
    "tenants.bound": Act(None, JUST_PROVEN),
    "single_sign_on.configure": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "single_sign_on.set_secret": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "single_sign_on.remove": Act(Permission.CHANGE_TEAM, JUST_PROVEN),
    "single_sign_on.unlink": Act(Permission.CHANGE_TEAM, ANY_TIME),
    # Who says who people are says who signs in.
    "self_enrolment.configure": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    "self_enrolment.set_secret": Act(Permission.CHANGE_PROVIDER, JUST_PROVEN),
    # It only takes away, and may be urgent.
    "self_enrolment.remove": Act(Permission.CHANGE_PROVIDER, ANY_TIME),
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
    # It makes the proof of a living person easier, or has it left out.
    "needs.set_need": True,
    # What they are told says nothing of anybody, and lets nobody in.
    "reach.subscribe": False,
    "reach.unsubscribe": False,
    "reach.set_wish": False,
}

# What whoever runs the installation may do, in no tenant.
PLATFORM: Final = frozenset({"tenants.found", "tenants.suspend", "tenants.resume", "tenants.bound"})

ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission) - {Permission.CHANGE_TEAM},
    Role.AUDITOR: SEEING,
}


def acts_of(permission: Permission) -> list[str]:
    """Return the acts that take a permission, by their names."""
    return [name for name, act in ACTS.items() if act.permission == permission]


def permissions_of(role: str) -> frozenset[Permission]:
    """Return what a role lets somebody see and do; nothing for an unknown role."""
    return ROLES.get(role, frozenset())
