"""Publishing a policy, and reading the one in force."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.keys.service.chosen import key_service
from authsvc.policy.evaluate import DEFAULT, LEAST_AGE, Policy, policy_digest, read_policy
from authsvc.policy.models import PolicyVersion
from authsvc.seals.refusals import tell_of
from authsvc.seals.sealing import holds
from authsvc.tenancy.scope import current_tenant_id

# The shipped policy, stored when a tenant begins, so that the digest in its decisions can be looked up.
SHIPPED = 0


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
    row = PolicyVersion.objects.unchecked().order_by("-number").first()
    try:
        return _policy_of(row)
    except BrokenPolicy as broken:
        tell_of(current_tenant_id(), "policy", broken.detail)
        raise


def least_age() -> int:
    """Return the age from which the face is for people of the tenant in scope.

    While nobody can say which policy is in force it is the shipped one; faces wait meanwhile.
    """
    try:
        return current_policy().least_age
    except BrokenPolicy:
        return LEAST_AGE


def policy_stands() -> bool:
    """Whether there is a policy to judge faces by."""
    try:
        current_policy()
    except BrokenPolicy:
        return False
    return True


def _policy_of(row: PolicyVersion | None) -> Policy:
    number, newest = row.number if row is not None else SHIPPED, key_service().current(_newest())
    if number < newest:
        raise BrokenPolicy(f"version {number} is stored, and version {newest} was")
    if row is None:
        return read_policy(DEFAULT)
    if not holds(row):
        raise BrokenPolicy(f"version {number} has no valid seal")
    if row.digest != policy_digest(row.document):
        raise BrokenPolicy(f"version {number} does not match its digest")
    try:
        return read_policy(row.document)
    except ValueError as problem:
        raise BrokenPolicy(f"version {number}: {problem}") from None


@transaction.atomic
def publish_policy(*, document: Mapping[str, Any], published_by: str) -> PolicyVersion:
    """Store the next version of the tenant's policy; raises ValueError with every problem it has."""
    policy = read_policy(document)
    last = PolicyVersion.objects.unchecked().select_for_update().order_by("-number").first()
    number = max(last.number if last else SHIPPED, key_service().current(_newest())) + 1
    version, name = _store(number, policy, document, published_by), _newest()
    transaction.on_commit(lambda: key_service().advance(name, at_least=number))
    return version


@transaction.atomic
def publish_least_age(*, age: int, published_by: str) -> PolicyVersion | None:
    """Store the next version of the policy with another least age; None where it is the present one.

    Raises BrokenPolicy, since there is nothing to change then, and ValueError for an age that no policy may
    have.
    """
    if current_policy().least_age == age:
        return None
    row = PolicyVersion.objects.unchecked().order_by("-number").first()
    document = {**(DEFAULT if row is None else row.document), "least_age": age}
    if age == LEAST_AGE:
        del document["least_age"]  # As a release before has it, which may run beside this one.
    return publish_policy(document=document, published_by=published_by)


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
