"""What a stolen thing opens of a reference, by model, to one who knows how all of it is put together."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from authsvc.core.application_models import Place, application_model
from authsvc.keys.models import VaultKey
from authsvc.vault.models import DeviceWrap, Reference
from tests import models
from tests.attacks.thief import Thief
from tests.unit.protection.test_each_model import MADE, Kept

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("tenant"),
    pytest.mark.requirement("S8.3-01", "S9.2-11", "S6.3-02"),
]
DATABASE, STORE, SECRETS, SHARE, STORAGE = (
    "the database",
    "the key service's store",
    "the worker's secrets",
    "the passkey's share",
    "what the phone keeps",
)
THINGS = (DATABASE, STORE, SECRETS, SHARE, STORAGE)


def row_of(kept: Kept) -> dict[str, Any]:
    """Return a reference's row with its one wrap and the tenant's vault key, as the database has them."""
    reference = Reference.objects.values().get(pk=kept.subject.reference)
    wrap = DeviceWrap.objects.values().get(reference_id=kept.subject.reference)
    return {**wrap, **reference, "vault_key": VaultKey.objects.get().sealed}


def needed(letter: str) -> set[str]:
    """Return what opens a reference of this model, and nothing less does: docs/security.md says the same."""
    row = application_model(letter)
    assert row is not None
    found = {DATABASE, STORE, SECRETS}
    found |= {SHARE} if row.shares else set()
    return found | ({STORAGE} if row.stored == Place.PHONE else set())


def opens(kept: Kept, taken: set[str]) -> bool:
    """Whether somebody who has taken these things has the template of one who is enrolled by the model."""
    keys = [*settings.SECRETS.values()] if SECRETS in taken else []
    thief = Thief(
        row_of(kept),
        database=DATABASE in taken,
        keys=[*keys, *([kept.share.value] if SHARE in taken else [])],
        store=Path(settings.KEY_STORE) if STORE in taken else None,
        bundles=kept.share.bundles if STORAGE in taken else (),
    )
    return MADE.template in thief.everything()


@pytest.mark.modes("stolen")
@pytest.mark.parametrize("letter", models.each())
def test_it_takes_everything_that_the_model_is_made_of_and_nothing_less(letter: str) -> None:
    """Who has less opens no more: so all things but one that is needed stand for every lesser set."""
    kept = Kept(letter)
    assert opens(kept, needed(letter))
    for missing in needed(letter):
        assert not opens(kept, {*THINGS} - {missing}), missing
