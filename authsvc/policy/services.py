"""Publishing a policy, and reading the one in force."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.application_models import APPLICATION_MODELS, ApplicationModel, application_model
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.quiet_hours import QuietHours, read_quiet_hours
from authsvc.core.remembered import Remembered
from authsvc.keys.service.chosen import key_service
from authsvc.policy.evaluate import (
    DEFAULT,
    LEAST_AGE,
    OPTIONAL,
    Policy,
    policy_digest,
    read_policy,
    takes_justification,
)
from authsvc.policy.models import PolicyVersion
from authsvc.seals.refusals import tell_of
from authsvc.seals.sealing import holds
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id

# The shipped policy, stored when a tenant begins, so that the digest in its decisions can be looked up.
SHIPPED = 0
# A version never changes, and the counter outside the database tells which is the newest: each is read and
# checked once in so many seconds, by tenant and number.
_known: Final[Remembered[tuple[UUID, int], tuple[PolicyVersion | None, Policy]]] = Remembered(seconds=10)


class BrokenPolicy(Refused):
    """Nobody can say which policy is in force: faces wait until one is published, and nothing else does."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "face-closed",
            _("Your face cannot be used at the moment. Please continue without it."),
            detail=detail,
            status=409,
        )


def current_policy() -> Policy:
    """Return the policy in force for the tenant in scope: its newest version, or the shipped default.

    Raises BrokenPolicy where the portal did not seal the stored version, where it does not match its digest
    or its rules, and where a newer one was stored before; each is told to the audit log.
    """
    return _in_force()[1]


def _in_force() -> tuple[PolicyVersion | None, Policy]:
    tenant_id, newest = current_tenant_id(), key_service().current(_newest())
    known = _known.get((tenant_id, newest))
    if known is not None:
        return known
    row = PolicyVersion.objects.unchecked().order_by("-number").first()
    try:
        found = row, _policy_of(row, newest)
    except BrokenPolicy as broken:
        tell_of(tenant_id, "policy", broken.detail)
        raise
    if _number_of(row) == newest:  # else it is being published, and may be taken back
        _known.keep((tenant_id, newest), found)
    return found


def least_age() -> int:
    """Return the age from which the face is for people of the tenant in scope.

    While nobody can say which policy is in force it is the shipped one; faces wait meanwhile.
    """
    try:
        return current_policy().least_age
    except BrokenPolicy:
        return LEAST_AGE


def handoff_digits() -> int:
    """Return how many digits the number of a hand-off has by the tenant's policy, 0 where there is none.

    While nobody can say which policy is in force it may forbid one.
    """
    try:
        return current_policy().handoff_digits
    except BrokenPolicy:
        return 0


def handoff_needs_nearness() -> bool:
    """Whether the first device of a hand-off has to hear the passkey before, by the tenant's policy.

    While nobody can say which policy is in force there is no hand-off.
    """
    try:
        return current_policy().handoff_near
    except BrokenPolicy:
        return True


def pinned_region() -> str:
    """Return the region in which the faces of the tenant in scope are processed, "" where none is pinned.

    While nobody can say which policy is in force it is "", and no face is judged (BrokenPolicy).
    """
    try:
        return current_policy().region
    except BrokenPolicy:
        return ""


def quiet_hours() -> QuietHours | None:
    """Return when people of the tenant in scope who have not chosen themselves are told of nothing.

    While nobody can say which policy is in force, they are told at any time, as by the shipped one.
    """
    try:
        return read_quiet_hours(current_policy().quiet_hours)
    except BrokenPolicy:
        return None


def first_model() -> ApplicationModel:
    """Return the model of new references that people of the tenant in scope are told of.

    While nobody can say which policy is in force it is the shipped one's; faces wait meanwhile.
    """
    try:
        named = current_policy().models[0]
    except BrokenPolicy:
        named = DEFAULT["models"][0]
    row = application_model(named)
    assert row is not None
    return row


def allowed_models() -> list[ApplicationModel]:
    """Return the models that the policy in force allows, that of new references first; none of a broken."""
    try:
        named = current_policy().models
    except BrokenPolicy:
        return []
    return [row for letter in named if (row := application_model(letter)) is not None]


def offered_models() -> list[ApplicationModel]:
    """Return the models that a policy of the tenant in scope may name."""
    return [row for row in APPLICATION_MODELS if not row.sandbox or _is_sandbox()]


def _is_sandbox() -> bool:
    return Tenant.objects.get(pk=current_tenant_id()).is_sandbox


def _require_offered(policy: Policy) -> None:
    """Raise ValueError where a policy names a model that this tenant may not have."""
    rows = (application_model(letter) for letter in policy.models)
    tried = [row.letter for row in rows if row is not None and row.sandbox]
    if tried and not _is_sandbox():
        raise ValueError(
            f"models: {', '.join(tried)} is for sandbox tenants alone: no attestation of a phone's own "
            "program is listed yet that an organisation with real people could trust"
        )


def policy_stands() -> bool:
    """Whether there is a policy to judge faces by."""
    try:
        current_policy()
    except BrokenPolicy:
        return False
    return True


def policy_versions() -> list[PolicyVersion]:
    """Return every version of the tenant in scope, the newest first, whether it is whole or not."""
    return list(PolicyVersion.objects.unchecked().order_by("-number"))


def is_whole(version: PolicyVersion) -> bool:
    """Whether a version is as the portal sealed it, and its document as its digest says."""
    return holds(version) and version.digest == policy_digest(version.document)


def current_document() -> dict[str, Any]:
    """Return the document of the policy in force for the tenant in scope; raises BrokenPolicy."""
    row, _ = _in_force()
    return dict(DEFAULT if row is None else row.document)


def with_changes(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with other values; what is then as it ships is left out.

    A release before, which may run beside this one, has it so.
    """
    changed = {**document, **changes}
    if not takes_justification(changed["models"]):
        changed["justification"] = OPTIONAL["justification"]
    return {name: value for name, value in changed.items() if value != OPTIONAL.get(name, NotImplemented)}


def require_publishable(document: Mapping[str, Any]) -> Policy:
    """Return the policy of a document that this tenant may publish; raises ValueError with every problem."""
    policy = read_policy(document)
    _require_offered(policy)
    return policy


def _number_of(row: PolicyVersion | None) -> int:
    return SHIPPED if row is None else row.number


def _policy_of(row: PolicyVersion | None, newest: int) -> Policy:
    number = _number_of(row)
    if number < newest:
        raise BrokenPolicy(f"version {number} is stored, and version {newest} was")
    if row is None:
        return read_policy(DEFAULT)
    if not holds(row):
        raise BrokenPolicy(f"version {number} has no valid seal")
    if row.digest != policy_digest(row.document):
        raise BrokenPolicy(f"version {number} does not match its digest")
    try:
        policy = require_publishable(row.document)
    except ValueError as problem:
        raise BrokenPolicy(f"version {number}: {problem}") from None
    return policy


@transaction.atomic
def publish_policy(*, document: Mapping[str, Any], published_by: str) -> PolicyVersion:
    """Store the next version of the tenant's policy; raises ValueError with every problem it has."""
    policy = require_publishable(document)
    last = PolicyVersion.objects.unchecked().select_for_update().order_by("-number").first()
    number = max(last.number if last else SHIPPED, key_service().current(_newest())) + 1
    version, name = _store(number, policy, document, published_by), _newest()
    transaction.on_commit(lambda: key_service().advance(name, at_least=number))
    _known.forget_where(lambda key, _: key[0] == version.tenant_id)
    return version


def publish_least_age(*, age: int, published_by: str) -> PolicyVersion | None:
    """Store the next version of the policy with another least age; None where it is the present one.

    Raises BrokenPolicy, since there is nothing to change then, and ValueError for an age that no policy may
    have.
    """
    return _publish_change({"least_age": age}, published_by=published_by)


def publish_handoff(*, digits: int, near: bool, published_by: str) -> PolicyVersion | None:
    """Store the next version of the policy with another length of a hand-off's number, or with none, 0.

    With `near` the first device has to hear the passkey before. None where it is so already. Raises
    BrokenPolicy, and ValueError for a length that no policy may have.
    """
    changes = {"handoff_digits": digits, "handoff_near": near}
    return _publish_change(changes, published_by=published_by)


def publish_region(*, region: str, published_by: str) -> PolicyVersion | None:
    """Store the next version of the policy with another region, or with none, "".

    None where it is so already. Raises BrokenPolicy, and ValueError for what is no region's name.
    """
    return _publish_change({"region": region}, published_by=published_by)


def publish_quiet_hours(*, line: str, published_by: str) -> PolicyVersion | None:
    """Store the next version of the policy with other quiet hours, "" for none; None where it is so already.

    Raises BrokenPolicy, and ValueError for a line that is none of core/quiet_hours.py.
    """
    return _publish_change({"quiet_hours": line}, published_by=published_by)


@transaction.atomic
def _publish_change(changes: Mapping[str, int | str], *, published_by: str) -> PolicyVersion | None:
    policy = current_policy()
    if all(getattr(policy, name) == value for name, value in changes.items()):
        return None
    return publish_policy(document=with_changes(current_document(), changes), published_by=published_by)


@transaction.atomic
def publish_models(*, models: Sequence[str], justification: str, published_by: str) -> PolicyVersion | None:
    """Store the next version of the policy with other application models, that of new references first.

    None where they are the present ones. `justification` is kept where a model takes one, and dropped where
    none does. Raises BrokenPolicy, since there is nothing to change then, and ValueError for models that no
    policy may have.
    """
    present = current_policy()
    said = justification.strip() if takes_justification(models) else ""
    if (tuple(models), said) == (present.models, present.justification):
        return None
    changed = with_changes(current_document(), {"models": list(models), "justification": said})
    return publish_policy(document=changed, published_by=published_by)


@transaction.atomic
def store_shipped_policy(*, published_by: str) -> PolicyVersion | None:
    """Store the shipped policy as version 0 of a tenant that has none; None where it has one."""
    if PolicyVersion.objects.unchecked().exists() or key_service().current(_newest()):
        return None
    return _store(SHIPPED, read_policy(DEFAULT), DEFAULT, published_by)


def _store(number: int, policy: Policy, document: Mapping[str, Any], published_by: str) -> PolicyVersion:
    version = PolicyVersion.objects.create(
        number=number,
        document=dict(document),
        digest=policy.digest,
        published_by=published_by,
        published_at=now(),
    )
    record(Tag.POLICY_PUBLISHED, actor=published_by, number=number, digest=version.digest)
    return version


def _newest() -> str:
    return f"policy/{current_tenant_id()}"
