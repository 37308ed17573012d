"""What somebody can look for to do: a line each, with the route that it begins at."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text
from authsvc.management.permissions import Permission


@dataclass(frozen=True)
class Doable:
    """An act: what it is called, where it begins, and what it takes; `query` completes the address."""

    label: Text
    route: str
    permission: Permission
    query: str = ""


_POLICY: Final = Permission.CHANGE_POLICY
DOABLE: Final = (
    Doable(_("Invite a person"), "person-create", Permission.CHANGE_PEOPLE),
    Doable(_("Register a relying party"), "relying-party-create", Permission.CHANGE_RELYING_PARTIES),
    Doable(_("Invite an administrator"), "team-invite", Permission.CHANGE_TEAM),
    Doable(_("Set up single sign-on"), "single-sign-on-change", Permission.CHANGE_TEAM),
    Doable(_("Look a receipt number up"), "receipt", Permission.SEE_OVERVIEW),
    Doable(_("Verify the audit log"), "audit", Permission.SEE_AUDIT, "?verify=1"),
    Doable(_("See alarms"), "audit", Permission.SEE_AUDIT, "?group=alarms"),
    Doable(_("See what was refused"), "attempts", Permission.SEE_ATTEMPTS, "?outcome=refused"),
    Doable(_("Rotate a signing key"), "signing-keys", Permission.CHANGE_KEYS),
    Doable(_("Change the provider’s options"), "provider-options", Permission.CHANGE_PROVIDER),
    Doable(_("Move to an address of your own"), "address", Permission.CHANGE_PROVIDER),
    Doable(_("Set which application models are allowed"), "policies", _POLICY, "change/models/"),
    Doable(_("Set the least age for a face"), "policies", _POLICY, "change/age/"),
    Doable(_("Set what a second phone may take over"), "policies", _POLICY, "change/phones/"),
    Doable(_("Set how strictly faces are compared"), "policies", _POLICY, "change/strictness/"),
    Doable(_("Try a draft of the policy"), "policies", Permission.SEE_POLICIES),
    Doable(_("Pin faces to a region"), "policies", _POLICY, "change/region/"),
    Doable(_("Set quiet hours"), "policies", _POLICY, "change/quiet/"),
    Doable(_("Trust an issuer of software statements"), "statement-issuer-trust", Permission.CHANGE_PROVIDER),
    Doable(_("Issue an initial access token"), "initial-token-create", Permission.CHANGE_PROVIDER),
)


def doable(permissions: Collection[Permission]) -> list[Doable]:
    """Return what somebody with these permissions may do."""
    return [each for each in DOABLE if each.permission in permissions]
