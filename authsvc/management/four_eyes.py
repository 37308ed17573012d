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
from authsvc.core.application_models import application_model
from authsvc.core.texts import Text
from authsvc.enrolment.notices import tell_of_link_asked_for
from authsvc.enrolment.services import is_in_use
from authsvc.management.keeping import risk
from authsvc.management.permissions import permissions_of
from authsvc.policy.evaluate import CHALLENGED, OPTIONAL
from authsvc.policy.services import BrokenPolicy, current_policy
from authsvc.self_enrolment.models import PeopleProvider
from authsvc.self_enrolment.provider import provider_in_force as people_provider_in_force
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


def untested(given: Given) -> Text | None:
    """People would sign in at a relying party of which nobody has seen that it rejects bad tokens."""
    return _("The test bench has not seen it reject every bad token.")


def person_in_use(given: Given) -> Text | None:
    """Whoever follows the link could sign in as somebody who signs in already (T13)."""
    if not is_in_use(given["subject"]):
        return None
    return _("Whoever follows the link can sign in as somebody who signs in already.")


def another_model_to_agree_on(given: Given) -> Text | None:
    """References would be kept by a model that a tenant may choose by agreement alone (S6.3-02)."""
    try:
        present = current_policy().models
    except BrokenPolicy:
        present = ()
    added = [letter for letter in given["models"] if letter not in present]
    rows = (application_model(letter) for letter in added)
    return next((risk(row) for row in rows if row is not None and row.agreed), None)


def another_address(given: Given) -> Text | None:
    """Every site and every person would meet the organisation at another origin, with another issuer."""
    return _("Everybody signs in at another address, and every site has to be told of a new issuer.")


def another_region(given: Given) -> Text | None:
    """Faces would be processed where they may not be now (S10-12)."""
    try:
        present = current_policy().region
    except BrokenPolicy:
        present = ""
    if present in ("", given["region"]):
        return None
    return _("Faces could then be processed outside the region that was pinned.")


def all_that_happened(given: Given) -> Text | None:
    """What happened to everybody leaves the portal in one file."""
    return _("It takes what happened to everybody out of the portal.")


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


def others_word(given: Given) -> Text | None:
    """Somebody else than the team would say who comes in."""
    before = _provider_in_force(given)
    if before is None:
        return None
    if not before or any(before[name] != given[name] for name in ("issuer", "client_id", "role_claim")):
        return _("It lets whoever this provider names into the team, with the roles that it names.")
    if given["just_in_time"] and not before["just_in_time"]:
        return _("It lets people into the team whom nobody of it has invited.")
    return None


def more_power_by_provider(given: Given) -> Text | None:
    """The provider's word would let somebody do more than now."""
    before = _provider_in_force(given)
    then, was = dict(given["roles"]), dict(before["roles"]) if before else {}
    more = any(not permissions_of(role) <= permissions_of(was.get(value, "")) for value, role in then.items())
    return _("It lets more people in, or lets them do more.") if before and more else None


def weaker_sign_in(given: Given) -> Text | None:
    """Administrators would come in with less than now."""
    before = _provider_in_force(given)
    if not before:
        return None
    added = set(given["acr_values"]) - set(before["acr_values"])
    if added or (given["password_stays"] and not before["password_stays"]):
        return _("It lets the team sign in by other proofs than now.")
    return None


def _provider_in_force(given: Given) -> Mapping[str, Any] | None:
    """Return how the team signs in by a provider now, {} for not at all; None where it would not, then."""
    # Not above: a process without the portal has no users, and so no memberships to import.
    from authsvc.management.membership import provider_in_force

    row = provider_in_force() if given["enabled"] else None
    if row is None:
        return {} if given["enabled"] else None
    return {name: getattr(row, name) for name in given if name != "by"}


def others_word_about_people(given: Given) -> Text | None:
    """Somebody else than the team would say who people are."""
    before = _people_provider_in_force(given)
    if before is None:
        return None
    named = ("issuer", "client_id", "external_id_claim")
    if not before or any(before[name] != given[name] for name in named):
        return _("Whoever this provider signs in can enrol by themselves, as who it says that they are.")
    return None


def more_people(given: Given) -> Text | None:
    """People could enrol who cannot now, or with less proof."""
    before = _people_provider_in_force(given)
    if not before:
        return None
    if given["newcomers"] and not before["newcomers"]:
        return _("It lets people enrol whom nobody here has entered.")
    if _lets_more_in(given, before) or _takes_less(given, before):
        return _("It lets more people enrol by themselves, or with less proof.")
    return None


def _lets_more_in(given: Given, before: Mapping[str, Any]) -> bool:
    if before["everybody"]:
        return False
    another = given["gate_claim"] != before["gate_claim"]
    return given["everybody"] or another or bool(set(given["gate_values"]) - set(before["gate_values"]))


def _takes_less(given: Given, before: Mapping[str, Any]) -> bool:
    added = set(given["acr_values"]) - set(before["acr_values"])
    weaker = bool(before["acr_values"]) and (bool(added) or not given["acr_values"])
    longer = bool(before["max_age"]) and not 0 < given["max_age"] <= before["max_age"]
    verified = before["email"] == PeopleProvider.Email.NEEDED
    return weaker or longer or (verified and given["email"] != PeopleProvider.Email.NEEDED)


def _people_provider_in_force(given: Given) -> Mapping[str, Any] | None:
    """Return how people enrol by a provider now, {} for not at all; None where they would not, then."""
    if not given["enabled"]:
        return None
    row = people_provider_in_force()
    return {} if row is None else {name: getattr(row, name) for name in given if name != "by"}


def weaker_faces(given: Given) -> Text | None:
    """Somebody else's face, or a worse picture of one, would be enough."""
    after = _policy_in(given)
    try:
        present = current_policy()
    except BrokenPolicy:
        return _("Nobody can say how strict the policy in force is.")
    if float(after["operating_point"]) > float(present.operating_point):
        return _("It takes a face for the right one with less likeness.")
    if after["minimum_quality"] < present.minimum_quality:
        return _("It takes worse pictures of a face.")
    if set(present.challenge) - set(after["challenge"][CHALLENGED]):
        return _("It asks people to do less before the camera.")
    return None


def _policy_in(given: Given) -> Mapping[str, Any]:
    """Return the document that would be in force, of a draft or of an older version."""
    document: Mapping[str, Any] = given["document"] if "document" in given else given["version"].document
    return document


def _of_document(rule: Rule) -> Rule:
    """Return a rule about one part of a policy as one about a whole document."""

    def whole(given: Given) -> Text | None:
        return rule({**OPTIONAL, **_policy_in(given)})

    return whole


def of_parties(given: Given) -> Text | None:
    """A relying party would be changed in a way that takes another's agreement by itself."""
    rows = RelyingParty.objects.select_for_update(no_key=True).filter(pk__in=given["parties"])
    for party in rows.order_by("pk"):
        for rule in RULES["relying_parties.change"]:
            why = rule({"party": party, **given["parties"][party.pk]})
            if why is not None:
                return why
    return None


OF_SETTINGS: Final = tuple(
    _by_agreement(row, row.approval) for row in FIELDS.values() if row.approval is not None
)

OF_POLICIES: Final = (
    weaker_faces,
    _of_document(another_model_to_agree_on),
    _of_document(another_region),
)

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "relying_parties.register": OF_SETTINGS,
    "relying_parties.change": (new_return_address, lower_floor, *OF_SETTINGS),
    "relying_parties.let_live_untested": (untested,),
    "people.create_link": (person_in_use,),
    "policies.set_region": (another_region,),
    "policies.set_models": (another_model_to_agree_on,),
    "policies.publish": (*OF_POLICIES, of_parties),
    "policies.roll_back": OF_POLICIES,
    "hosts.go_live": (another_address,),
    "hosts.leave": (another_address,),
    "log.allow_export": (all_that_happened,),
    "team.invite": (new_administrator,),
    "team.set_role": (more_power,),
    "team.enable": (more_power,),
    "team.start_anew": (account_of_another,),
    "single_sign_on.configure": (others_word, more_power_by_provider, weaker_sign_in),
    "self_enrolment.configure": (others_word_about_people, more_people),
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
