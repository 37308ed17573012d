"""Which acts take the agreement of a second administrator, and why: the table of four eyes (S9.4-02).

An act has a row where some of what it can do is risky; each rule of the row looks at what the act is given
and says why that takes another's agreement, or nothing. Live tenants alone are asked: a sandbox is there to
try things, and nobody who signs in to one is anybody (docs/adr/0283).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.assurance.levels import Level
from authsvc.clients.fields import FIELDS
from authsvc.clients.models import RelyingParty
from authsvc.clients.setting import Agreement, Setting
from authsvc.core.texts import Text
from authsvc.devices.models import Device
from authsvc.enrolment.notices import tell_of_link_asked_for
from authsvc.management.permissions import permissions_of
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant, TenantOwned
from authsvc.tenancy.scope import current_tenant_id

Given = Mapping[str, Any]
Rule = Callable[[Given], Text | None]


def new_return_address(given: Given) -> Text | None:
    """A relying party that is in use would send people to one more address."""
    party: RelyingParty = given["party"]
    added = set(given.get("redirect_uris", ())) - set(party.redirect_uris)
    return _("It adds an address that sign-ins are sent to.") if added else None


def _by_agreement(row: Setting, agreement: Agreement) -> Rule:
    """Return the rule that a setting of relying parties has in its own row of clients/fields.py."""

    def rule(given: Given) -> Text | None:
        party = given.get("party") or RelyingParty()
        takes = row.name in given and row.needs_approval(party, given[row.name])
        return agreement.why if takes else None

    return rule


def lower_floor(given: Given) -> Text | None:
    """People would be let in with less."""
    party: RelyingParty = given["party"]
    level = given.get("floor_level", party.floor_level)
    if level not in Level.__members__ or Level[level] >= Level[party.floor_level]:
        return None
    return _("It lets people in with less assurance.")


def person_in_use(given: Given) -> Text | None:
    """Whoever follows the link could sign in as somebody who signs in already (T13)."""
    person: Subject = given["subject"]
    if person.status == Subject.Status.CLOSED:
        return None
    passkeys = Device.objects.filter(subject=person, status=Device.Status.ACTIVE)
    in_use = person.status == Subject.Status.ACTIVE or person.has_face or passkeys.exists()
    return _("Whoever follows the link can sign in as somebody who signs in already.") if in_use else None


def new_administrator(given: Given) -> Text | None:
    """Somebody would see or change what this organisation keeps."""
    return _("It lets somebody into the team.")


def more_power(given: Given) -> Text | None:
    """A member would be able to do more than now, as one who is disabled and let in again is."""
    # Not above: a process without the portal has no users, and so no memberships to import.
    from authsvc.management.membership import locked_team

    member = next((row for row in locked_team() if row.pk == given["membership"].pk), given["membership"])
    now_may = frozenset() if member.disabled_at else permissions_of(member.role)
    then_may = permissions_of(given.get("role", member.role))
    return None if then_may <= now_may else _("It lets a member of the team do more.")


def account_of_another(given: Given) -> Text | None:
    """Whoever reads the mail would be this member, without the password and the factors from before."""
    return _("Whoever follows the link can sign in as this member of the team.")


OF_SETTINGS: Final = tuple(
    _by_agreement(row, row.approval) for row in FIELDS.values() if row.approval is not None
)

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "relying_parties.register": OF_SETTINGS,
    "relying_parties.change": (new_return_address, lower_floor, *OF_SETTINGS),
    "people.create_link": (person_in_use,),
    "team.invite": (new_administrator,),
    "team.set_role": (more_power,),
    "team.enable": (more_power,),
    "team.start_anew": (account_of_another,),
}

# Who is told, beside the team, that an act was asked for: whom it is about.
TOLD: Final[Mapping[str, Callable[[Given], None]]] = {
    "people.create_link": lambda given: tell_of_link_asked_for(given["subject"]),
}


def reasons(act: str, given: Given) -> list[Text]:
    """Return why an act, given this, takes a second administrator; nothing where it takes none."""
    if act not in RULES:
        return []
    stored = {name: _stored(value) for name, value in given.items()}
    found = [why for rule in RULES[act] if (why := rule(stored)) is not None]
    return found if found and not Tenant.objects.get(pk=current_tenant_id()).is_sandbox else []


def _stored(value: Any) -> Any:
    """Return a row as it is stored, locked until the act is over: what the caller holds may be old."""
    if not isinstance(value, TenantOwned):
        return value
    return type(value).objects.select_for_update(no_key=True).filter(pk=value.pk).first() or value


def narrowed(act: str, given: Given) -> dict[str, Any]:
    """Return what an act is given without what would change nothing: a request is kept for days."""
    if act != "relying_parties.change":
        return dict(given)
    party: RelyingParty = given["party"]
    return {
        name: value
        for name, value in given.items()
        if name == "party" or name not in FIELDS or _differs(FIELDS[name].of(party), value)
    }


def _differs(before: Any, after: Any) -> bool:
    """Of a list that nobody has set there is an empty tuple, and a form sends an empty list."""
    return bool((list(before) if isinstance(before, tuple) else before) != after)
