"""Policies: tightened, never loosened; versioned; an altered one decides nothing."""

import pytest

from authsvc.policy.evaluate import DEFAULT, policy_problems, read_policy
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import current_policy, publish_policy
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant


def changed(**values):
    return {**DEFAULT, **values}


def test_the_default_is_sound():
    assert policy_problems(DEFAULT) == []


@pytest.mark.requirement("S5.2-03")
@pytest.mark.parametrize(
    "values",
    [
        {"operating_point": "1e-3"},
        {"operating_point": 0.6},
        {"minimum_quality": 39},
        {"minimum_quality": True},
        {"models": ["A"]},
        {"models": []},
        {"challenge": {**DEFAULT["challenge"], "L2": []}},
        {"challenge": {**DEFAULT["challenge"], "L2": ["blink"]}},
        {"challenge": {"L1": ["turn"]}},
        {"threshold": 0.1},
    ],
)
def test_a_loosened_or_odd_policy_is_refused(values):
    with pytest.raises(ValueError):
        read_policy(changed(**values))


@pytest.mark.django_db
@pytest.mark.requirement("S5.2-03", "S7-03")
def test_versions_follow_each_other_and_an_altered_one_is_refused():
    with tenant_scope(make_tenant().id):
        assert current_policy() == read_policy(DEFAULT)
        publish_policy(document=changed(operating_point="3e-5"), published_by="admin")
        second = publish_policy(document=changed(minimum_quality=50), published_by="admin")
        assert (second.number, current_policy().minimum_quality) == (2, 50)
        PolicyVersion.objects.filter(number=2).update(document=DEFAULT)
        with pytest.raises(ValueError, match="does not match its digest"):
            current_policy()
