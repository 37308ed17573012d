"""A reference is written to a store of the pinned region, and opens nowhere else (S10-12)."""

from collections.abc import Iterator
from typing import Any

import pytest

from authsvc.core.components import Component
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault import bundles, opening
from authsvc.vault.models import Reference
from tests.factories import make_tenant
from tests.unit.vault.conftest import TEMPLATE, create

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S10-12")]


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        yield


def lies_in(settings: Any, store: str, keys: str | None = None) -> None:
    settings.COMPONENTS = (
        Component("store", region=store),
        Component("keys", region=store if keys is None else keys),
    )


def pin(region: str) -> None:
    publish_policy(document={**DEFAULT, "region": region}, published_by="admin")


def opened(row: Reference, share: bytes) -> tuple[bytes, ...]:
    return opening.open_reference(
        pseudonym=row.pseudonym, version=1, device="device-1", device_share=share
    ).templates


@pytest.mark.parametrize(
    ("store", "keys", "said"),
    [
        ("ap-1", "eu-1", "the store is in ap-1"),
        ("eu-1", "ap-1", "the key service is in ap-1"),
        ("", "", "the store is in no named region and the key service is in no named region"),
    ],
)
def test_a_store_of_another_region_is_refused_at_writing(
    settings: Any, share: bytes, store: str, keys: str, said: str
) -> None:
    pin("eu-1")
    lies_in(settings, store, keys)
    with pytest.raises(opening.KeptElsewhere, match=f"pinned to eu-1: {said}"):
        create(share)
    with pytest.raises(opening.KeptElsewhere):
        bundles.create_reference(
            model="B", template=TEMPLATE, engine="engine-1", quality=70, consent="consent",
            device="device-1", device_share=share, share_kind="prf",
        )  # fmt: skip
    assert not Reference.objects.exists()


def test_in_its_region_it_is_written_opened_and_grows(settings: Any, share: bytes) -> None:
    pin("eu-1")
    lies_in(settings, "eu-1")
    row = create(share)
    assert (row.region, opened(row, share)) == ("eu-1", (TEMPLATE,))
    lies_in(settings, "ap-1")
    with pytest.raises(opening.KeptElsewhere):
        opened(row, share)
    with pytest.raises(opening.KeptElsewhere):
        opening.add_moment(
            pseudonym=row.pseudonym, version=1, device="device-1", device_share=share,
            template=TEMPLATE, quality=70,
        )  # fmt: skip


def test_a_copy_from_another_region_does_not_open(settings: Any, share: bytes) -> None:
    lies_in(settings, "ap-1")
    row = create(share)
    pin("eu-1")
    lies_in(settings, "eu-1")
    with pytest.raises(opening.KeptElsewhere, match="the reference is of ap-1"):
        opened(row, share)
    # Nor does one whose row says something else than what is sealed.
    for region in ("eu-1", ""):
        Reference.objects.update(region=region)
        with pytest.raises(opening.CannotOpenReference, match="shares do not open"):
            opened(row, share)


def test_what_was_written_before_the_region_was_named_goes_on(settings: Any, share: bytes) -> None:
    row = create(share)
    lies_in(settings, "eu-1")
    pin("eu-1")
    assert (row.region, opened(row, share)) == ("", (TEMPLATE,))
