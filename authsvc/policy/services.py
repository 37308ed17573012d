"""Publishing a policy, and reading the one in force."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.policy.evaluate import DEFAULT, Policy, policy_digest, read_policy
from authsvc.policy.models import PolicyVersion


def current_policy() -> Policy:
    """Return the policy in force for the tenant in scope: its newest version, or the shipped default.

    Raises ValueError where the stored version does not match its digest or its rules: nothing is
    decided by a policy that somebody altered.
    """
    row = PolicyVersion.objects.order_by("-number").first()
    if row is None:
        return read_policy(DEFAULT)
    if row.digest != policy_digest(row.document):
        raise ValueError(f"policy version {row.number} does not match its digest")
    return read_policy(row.document)


@transaction.atomic
def publish_policy(*, document: Mapping[str, Any], published_by: str) -> PolicyVersion:
    """Store the next version of the tenant's policy; raises ValueError with every problem it has."""
    policy = read_policy(document)
    last = PolicyVersion.objects.select_for_update().order_by("-number").first()
    version = PolicyVersion.objects.create(
        number=last.number + 1 if last else 1,
        document=dict(document),
        digest=policy.digest,
        published_by=published_by,
        published_at=now(),
    )
    record(Tag.POLICY_PUBLISHED, actor=published_by, number=version.number, digest=version.digest)
    return version
