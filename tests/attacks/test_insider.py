"""With the whole database and the keys of one process, nobody has the power of another one (S8.3-01)."""

import base64
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.remembered import forget_everything
from authsvc.keys.holding import Holder
from authsvc.keys.signing import ensure_keys
from authsvc.oidc.proofs import jose
from authsvc.tenancy.models import Tenant
from authsvc.transactions.records import Verdict
from authsvc.transactions.verdict import sign_verdict
from authsvc.vault import opening as vault
from config import secrets
from tests.factories import offer_sample_key

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-01", "S6.1-01")]
SHARE = os.urandom(32)
MEMORY = "the memory of the worker that made a sample key"
KEYS = {"token_kek", "vault_kek", "verdict_private_key", MEMORY}
Power = Callable[[], object]


@pytest.fixture
def powers(tenant: Tenant, settings: Any, keys_of: Callable[[str], dict[str, bytes]]) -> dict[str, Power]:
    """What each process is there for, tried on rows that the right processes have made."""
    settings.SECRETS = keys_of("web")
    ensure_keys()
    settings.SECRETS = keys_of("worker")
    kid = offer_sample_key(Holder())
    row = vault.create_reference(
        model="G",
        template=b"a template",
        engine="engine",
        quality=70,
        consent="consent",
        device="device",
        device_share=SHARE,
        share_kind="prf",
    )
    verdict = Verdict("tenant", "transaction", "capture", "sample", "accepted", "matched", None, None)
    named = {"pseudonym": row.pseudonym, "device": "device"}
    return {
        "sign a token": lambda: jose.sign({"sub": "anybody"}, algorithm="ES256"),
        "open a sample": lambda: opened(kid),
        "open a reference": lambda: vault.open_reference(version=1, device_share=SHARE, **named),
        "sign a verdict": lambda: sign_verdict(verdict),
    }


@pytest.fixture
def keys_of() -> Callable[[str], dict[str, bytes]]:
    """Give the section of one secrets file that a process of a role reads."""
    made = secrets.generate()

    def read(role: str) -> dict[str, bytes]:
        mine = {**made["public"], **made[role]}
        mine.pop("django_secret_key", None)
        return {name: base64.b64decode(value) for name, value in mine.items()}

    return read


def opened(kid: str) -> object:
    """Open a sample as a process does that has just begun, with whatever secrets."""
    key = Holder().open(kid)
    if key is None:
        raise KeyError(MEMORY)
    return key


def usable(power: Power) -> bool:
    """Tell whether a power can be used; it cannot where one of the keys is not the process's."""
    forget_everything()
    try:
        power()
    except KeyError as missing:
        return missing.args[0] not in KEYS
    return True


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("web", {"sign a token"}),
        ("worker", {"open a reference", "sign a verdict"}),
        ("portal", set()),
    ],
)
def test_each_process_has_its_own_power_and_no_other(
    powers: dict[str, Power],
    settings: Any,
    keys_of: Callable[[str], dict[str, bytes]],
    role: str,
    allowed: set[str],
) -> None:
    settings.SECRETS = keys_of(role)
    assert {name for name, power in powers.items() if usable(power)} == allowed


def test_no_process_erases_what_was_recorded(tenant: Tenant) -> None:
    record(Tag.ADMIN_SIGNED_IN, actor="an insider")
    for erase in (AuditEvent.objects.all().delete, lambda: AuditEvent.objects.update(actor="nobody")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            erase()
    assert AuditEvent.objects.filter(actor="an insider").exists()
