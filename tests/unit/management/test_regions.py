"""An organisation pins the region in which faces are processed; to loosen that takes two (S10-12)."""

from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.components import Component
from authsvc.management import approvals, policies
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member
from authsvc.policy.services import current_policy

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S10-12", "S9.4-02")]


@pytest.fixture(autouse=True)
def _in_a_region(settings: Any) -> None:
    settings.COMPONENTS = (Component("store", region="eu-1"), Component("keys", region="eu-1"))


def test_it_is_pinned_by_one_recorded_and_taken_back_by_two(ada: Member, grace: Member) -> None:
    assert policies.set_region(by=ada, region="eu-1")
    assert not policies.set_region(by=ada, region="eu-1")
    assert current_policy().region == "eu-1"
    assert AuditEvent.objects.filter(tag=Tag.POLICY_PUBLISHED, actor=ada.name).count() == 1
    with pytest.raises(NeedsAgreement) as needed:
        policies.set_region(by=ada, region="")
    assert current_policy().region == "eu-1"
    asked = approvals.ask(by=ada, wanted=needed.value, why="The workers move.")
    assert approvals.approve(by=grace, approval=asked)
    assert current_policy().region == ""


@pytest.mark.parametrize("region", ["ap-1", "EU"])
def test_a_region_in_which_nothing_lies_is_not_pinned(ada: Member, region: str) -> None:
    with pytest.raises(ValueError, match="region: the store is in eu-1"):
        policies.set_region(by=ada, region=region)
    assert current_policy().region == ""
