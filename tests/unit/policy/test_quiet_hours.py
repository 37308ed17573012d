"""When people are told of nothing who have not chosen themselves: a policy's."""

import pytest

from authsvc.policy.evaluate import DEFAULT, read_policy
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import current_policy, publish_quiet_hours, quiet_hours
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

NIGHT = "22:00-07:00 Europe/Berlin"


def test_none_are_shipped() -> None:
    assert "quiet_hours" not in DEFAULT
    assert read_policy(DEFAULT).quiet_hours == ""


@pytest.mark.django_db
def test_they_are_published_and_taken_back() -> None:
    with tenant_scope(make_tenant().id):
        assert quiet_hours() is None
        publish_quiet_hours(line=NIGHT, published_by="admin")
        hours = quiet_hours()
        assert hours is not None
        assert hours.line == NIGHT
        assert publish_quiet_hours(line=NIGHT, published_by="admin") is None
        publish_quiet_hours(line="", published_by="admin")
        assert (quiet_hours(), current_policy().digest) == (None, read_policy(DEFAULT).digest)
        with pytest.raises(ValueError):
            publish_quiet_hours(line="at night", published_by="admin")
        PolicyVersion.objects.unchecked().update(digest="x")
        assert quiet_hours() is None, "people are told at any time"
