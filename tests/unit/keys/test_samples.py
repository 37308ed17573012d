"""Sample keys: only a worker's key is offered, and it does not live long."""

from datetime import timedelta

import pytest

from authsvc.core.clock import now
from authsvc.keys import samples
from authsvc.keys.models import SampleKey

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.5-02")]


def test_nothing_is_offered_before_a_worker_published_a_key():
    assert samples.current_sample_key() is None


def test_a_worker_publishes_and_opens_its_key():
    offered = samples.ensure_sample_key()
    assert samples.current_sample_key() == offered
    assert set(offered.key) == {"kty", "crv", "x", "y"}
    assert samples.open_sample_key(offered.kid).as_dict(private=False)["x"] == offered.key["x"]
    assert samples.ensure_sample_key() == offered


def test_a_key_slipped_into_the_database_is_not_offered():
    samples.ensure_sample_key()
    SampleKey.objects.update(public_jwk={"kty": "EC", "crv": "P-256", "x": "a", "y": "b"})
    assert samples.current_sample_key() is None


def test_the_private_part_is_not_in_the_database_in_clear():
    kid = samples.ensure_sample_key().kid
    private = samples.open_sample_key(kid).as_dict(private=True)["d"]
    sealed = SampleKey.objects.get().sealed_private
    assert sealed
    assert str(private).encode() not in bytes(sealed)


def test_an_old_key_is_renewed_then_destroyed():
    first = samples.ensure_sample_key()
    SampleKey.objects.update(offered_until=now() + timedelta(minutes=1))
    assert samples.ensure_sample_key().kid != first.kid
    SampleKey.objects.filter(kid=first.kid).update(destroyed_at=now())
    with pytest.raises(samples.CannotUnseal):
        samples.open_sample_key(first.kid)
    assert samples.destroy_old_sample_keys() == 1


def test_an_unknown_key_does_not_open():
    with pytest.raises(samples.CannotUnseal):
        samples.open_sample_key("unknown")
