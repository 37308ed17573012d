"""What is published is what the web role made, whoever writes to the database (S8.3-01)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.remembered import forget_everything
from authsvc.keys import signing
from authsvc.keys.models import SigningKey
from authsvc.keys.vouching import adopt
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-01", "S6.1-01")]
State = SigningKey.State


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        signing.ensure_keys()
        yield


def public_part(kid: str) -> dict[str, Any]:
    made = ECKey.generate_key("P-256").as_dict(private=False)
    return {**made, "kid": kid, "use": "sig", "alg": "ES256"}


def published() -> set[str]:
    forget_everything()
    return {key["kid"] for key in json.loads(signing.key_ring().document)["keys"]}


@pytest.mark.parametrize("state", [State.NEXT, State.CURRENT, State.PREVIOUS])
@pytest.mark.parametrize("borrowed", [False, True], ids=["no seal", "the seal of another key"])
def test_a_key_that_somebody_else_wrote_is_not_published_and_leaves(state: str, borrowed: bool) -> None:
    before = published()
    seal = SigningKey.objects.filter(algorithm="ES256").first().public_seal if borrowed else None
    SigningKey.objects.create(
        kid="foreign",
        algorithm="ES256",
        state=state,
        public_jwk=public_part("foreign"),
        public_seal=seal,
        sealed_private=b"",
        state_changed_at=now(),
    )
    assert published() == before
    assert signing.verification_key("foreign") is None
    assert signing.signer("ES256").kid != "foreign"
    signing.rotate_due()
    assert SigningKey.objects.get(kid="foreign").state == State.RETIRED
    assert AuditEvent.objects.filter(tag=Tag.KEY_REVOKED.value, reason="foreign").count() == 1
    assert published() == before


@pytest.mark.parametrize("state", [State.NEXT, State.CURRENT])
def test_a_key_whose_public_part_was_changed_is_replaced(state: str) -> None:
    row = SigningKey.objects.get(algorithm="ES256", state=state)
    SigningKey.objects.filter(pk=row.pk).update(public_jwk=public_part(row.kid))
    after = published()
    assert row.kid not in after
    assert signing.signer("ES256").kid in after
    assert {key.state for key in SigningKey.objects.filter(algorithm="ES256", kid__in=after)} == {
        State.NEXT,
        State.CURRENT,
    }


def test_keys_of_a_release_before_seals_stay_where_an_operator_vouches_for_them() -> None:
    before = published()
    SigningKey.objects.update(public_seal=None)
    assert all(adopt(key) for key in SigningKey.objects.all())
    assert published() == before
    assert not any(adopt(key) for key in SigningKey.objects.all())


def test_t02_reading_seals_no_key() -> None:
    row = SigningKey.objects.filter(algorithm="ES256").first()
    SigningKey.objects.filter(pk=row.pk).update(public_seal=None)
    assert row.kid not in published()
    assert SigningKey.objects.get(pk=row.pk).public_seal is None


def test_t02_a_retired_key_does_not_come_back() -> None:
    row = SigningKey.objects.get(algorithm="ES256", state=State.CURRENT)
    signing.revoke(row.kid)
    SigningKey.objects.filter(pk=row.pk).update(state=State.PREVIOUS)
    assert row.kid not in published()
