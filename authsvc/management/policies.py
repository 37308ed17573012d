"""The policy that sign-ins are judged by, as far as an administrator changes it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import try_settings
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.installation import away_from
from authsvc.management import relying_parties
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.models import PolicyDraft
from authsvc.management.policy_words import is_other
from authsvc.policy.evaluate import OPTIONAL
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import (
    SHIPPED,
    current_document,
    is_whole,
    policy_versions,
    publish_handoff,
    publish_least_age,
    publish_models,
    publish_policy,
    publish_quiet_hours,
    publish_region,
    require_publishable,
    with_changes,
)

OF_PARTIES: Final = ("floor_level", "scope_floors", "face", "presence")
"""The settings of a relying party that a draft may change with the policy; they live with the party."""


class PolicyMoved(Refused):
    """What would be published was compared with a version that is in force no more."""

    def __init__(self, *, over: int, newest: int) -> None:
        super().__init__(
            "policy-moved",
            _("Another version was published meanwhile. Look at what would change now, and publish again."),
            detail=f"compared with version {over}, and version {newest} is in force",
            status=409,
        )


class PartyGone(Refused):
    """A relying party whose settings would be changed is not there any more."""

    def __init__(self, key: str) -> None:
        super().__init__(
            "party-gone",
            _("A relying party that the draft changes is gone, so nothing was published."),
            detail=key,
            status=409,
        )


class NotWhole(Refused):
    """A version that was changed from outside would be published again."""

    def __init__(self, version: PolicyVersion) -> None:
        super().__init__(
            "policy-not-whole",
            _("This version is not as it was sealed, so nobody can go back to it."),
            detail=str(version),
            status=409,
        )


@act
def set_least_age(*, by: Actor, age: int) -> bool:
    """Let the face be for people from an age on, in years; False where it was so already.

    The notice says it, so everybody with a face is asked anew before their next capture. Raises ValueError
    for an age that no policy may have, and BrokenPolicy.
    """
    return publish_least_age(age=age, published_by=by.name) is not None


@act
def set_handoff(*, by: Actor, digits: int, near: bool) -> bool:
    """Let a number of so many digits take a sign-in to a phone, 0 for none; False where it was so already.

    With `near` the computer has to hear the phone's passkey before, over hybrid transport. What is under way
    keeps its number. Raises ValueError for a length that no policy may have, and BrokenPolicy.
    """
    return publish_handoff(digits=digits, near=near, published_by=by.name) is not None


@act
def set_region(*, by: Actor, region: str) -> bool:
    """Pin where faces are processed and references lie, or leave it open, ""; False where it was so already.

    What was kept before stays where it is. A pin that is taken away or changed takes a second administrator.
    Raises ValueError for a region in which store and key service are not, and BrokenPolicy.
    """
    _require_place(region)
    return publish_region(region=region, published_by=by.name) is not None


@act
def set_quiet_hours(*, by: Actor, line: str) -> bool:
    """Let people be told of nothing in these hours who have chosen none; False where it was so already.

    Raises ValueError for a line that is none of core/quiet_hours.py, and BrokenPolicy.
    """
    return publish_quiet_hours(line=line, published_by=by.name) is not None


@act
def set_models(*, by: Actor, models: Sequence[str], justification: str) -> bool:
    """Let references be kept by these models, the first for new ones; False where it was so already.

    Nobody is moved: a reference stays of its model, and counts no more where that is not among these, until
    its person enrols anew. One that takes a justification takes a second administrator too. Raises ValueError
    for models that no policy may have, and BrokenPolicy.
    """
    return publish_models(models=models, justification=justification, published_by=by.name) is not None


@act
def save_draft(
    *, by: Actor, changes: Mapping[str, Any], parties: Mapping[str, Mapping[str, Any]] | None = None
) -> PolicyDraft:
    """Let the draft say something else, and begin it where there is none; nobody is judged by it.

    `changes` are parts of a policy; what else the draft says stays, whoever said it. `parties` are settings
    of relying parties by their keys, which take the place of what it said of the same. Raises ValueError for
    what no policy of this tenant may say, RegistrationProblems for what no relying party may, and
    BrokenPolicy where there is nothing to begin from.
    """
    present = {**OPTIONAL, **current_document()}
    found = PolicyDraft.objects.select_for_update().first()
    draft = found or PolicyDraft()
    said = {**draft.changes, **changes}
    draft.changes = {name: value for name, value in said.items() if value != present[name]}
    _require_place(changes.get("region", ""))
    require_publishable(draft_document(draft))
    for key, settings in (parties or {}).items():
        draft.parties = {**draft.parties, key: _changed(key, settings)}
    draft.parties = {key: settings for key, settings in draft.parties.items() if settings}
    draft.saved_by, draft.saved_at = by.name, now()
    # Whose a draft is never changes, and the portal may not write it.
    draft.save(update_fields=["changes", "parties", "saved_by", "saved_at"] if found else None)
    record(
        Tag.POLICY_DRAFTED,
        actor=by.name,
        changed=sorted(changes),
        clients=sorted(parties or {}),
    )
    return draft


@act
def discard_draft(*, by: Actor) -> bool:
    """Throw the draft away; False where there is none."""
    if not PolicyDraft.objects.all().delete()[0]:
        return False
    record(Tag.POLICY_DRAFT_DISCARDED, actor=by.name)
    return True


@act
def publish(
    *, by: Actor, document: Mapping[str, Any], parties: Mapping[str, Mapping[str, Any]], over: int
) -> int:
    """Let a policy be in force, with settings of relying parties by their keys; return its number.

    `over` is the number of the version that it was compared with. Where the document is the one in force
    there is no new version, and its number is returned. A draft that says the same is used up. Raises
    BrokenPolicy, PolicyMoved, PartyGone, ValueError, and RegistrationProblems.
    """
    newest = newest_number()
    if newest != over:
        raise PolicyMoved(over=over, newest=newest)
    _require_place(document.get("region", ""))
    for key, settings in parties.items():
        party = RelyingParty.objects.filter(pk=key).first()
        if party is None:
            raise PartyGone(key)
        relying_parties.change(by=by, party=party, **settings)
    draft = PolicyDraft.objects.select_for_update().first()
    if draft is not None and (draft_document(draft), draft.parties) == (document, parties):
        draft.delete()
    if current_document() == document:
        return newest
    return publish_policy(document=document, published_by=by.name).number


@act
def roll_back(*, by: Actor, version: PolicyVersion) -> int:
    """Let what an older version says be in force again, as a new one; return its number.

    Settings of relying parties stay as they are: they live with these. Raises NotWhole for a version that
    was changed from outside, and ValueError for one that this release or tenant may not have.
    """
    if not is_whole(version):
        raise NotWhole(version)
    _require_place(version.document.get("region", ""))
    return publish_policy(document=version.document, published_by=by.name).number


def the_draft() -> PolicyDraft | None:
    """Return the tenant's draft, None where there is none."""
    return PolicyDraft.objects.first()


def draft_document(draft: PolicyDraft) -> dict[str, Any]:
    """Return the whole policy that a draft would put in force; raises BrokenPolicy."""
    return with_changes(current_document(), draft.changes)


def draft_digest(document: Mapping[str, Any], parties: Mapping[str, Any], over: int) -> str:
    """Return the SHA-256 of a draft and of the version that it would follow, hexadecimal.

    Who publishes it names by that what they were shown.
    """
    text = json.dumps([document, parties, over], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def newest_number() -> int:
    """Return the number of the newest version that is stored, that of the shipped policy where none is."""
    rows = PolicyVersion.objects.unchecked().order_by("-number")
    return rows.values_list("number", flat=True).first() or SHIPPED


def versions() -> list[tuple[PolicyVersion, bool]]:
    """Return every version, the newest first, and whether it is as the portal sealed it."""
    return [(row, is_whole(row)) for row in policy_versions()]


def _require_place(region: str) -> None:
    """Raise ValueError for a region in which store and key service are not."""
    if region and (away := away_from(region)):
        raise ValueError(f"region: {away}")


def _changed(key: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those settings that would be others; raises RegistrationProblems, and DoesNotExist."""
    party = RelyingParty.objects.get(pk=key)
    wanted = {name: settings[name] for name in OF_PARTIES if name in settings}
    try_settings(party, wanted)
    return {name: value for name, value in wanted.items() if is_other(party, name, value)}
