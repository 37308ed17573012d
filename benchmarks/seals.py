"""What a seal costs: to make and to check those of the rows of an exchange, in one process.

A grant and its tokens have MACs, which the web tier makes and checks; a passkey's and a person's rows have
signatures, and counters in the key store. A signature that was looked at is remembered.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import django

from benchmarks.figures import Figure

ROWS = 2000
ROUNDS = 5


def measure() -> Iterator[Figure]:
    """Yield, of each kind, the cost of making and checking a seal, and what an exchange needs of both."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    from django.conf import settings

    with tempfile.TemporaryDirectory() as folder:
        settings.KEY_STORE = Path(folder)
        costs = {name: _costs(make) for name, make in _makers().items()}
    for name, (made, checked, again) in costs.items():
        yield Figure(f"seal of a {name}, made", made, "µs")
        yield Figure(f"seal of a {name}, checked", checked, "µs")
        yield Figure(f"seal of a {name}, checked again", again, "µs")
    exchange = costs["grant"][1] + costs["token"][0]
    yield Figure("seals of code→token: the grant checked, the access token made", exchange, "µs")


def _costs(make: Callable[[], Any]) -> tuple[float, float, float]:
    """Return microseconds a row for making a seal, for the first look at one, and for the next."""
    from authsvc.seals.sealing import holds, put_seal

    rounds = []
    for _ in range(ROUNDS):
        rows = [make() for _ in range(ROWS)]
        rounds.append([_each(rows, act) for act in (put_seal, holds, holds)])
    made, checked, again = (min(times) for times in zip(*rounds, strict=True))
    return made, checked, again


def _each(rows: list[Any], act: Callable[[Any], Any]) -> float:
    begun = perf_counter()
    for row in rows:
        if act(row) is False:
            raise RuntimeError("a seal does not hold")
    return (perf_counter() - begun) / len(rows) * 1e6


def _makers() -> dict[str, Callable[[], Any]]:
    from authsvc.core.clock import now
    from authsvc.core.ids import new_id, new_secret, secret_hash
    from authsvc.devices.models import Device
    from authsvc.oidc.models import Grant, Token
    from authsvc.subjects.models import Subject

    tenant, moment = uuid4(), now()

    def grant() -> Grant:
        return Grant(
            tenant_id=tenant,
            client_id=new_id(),
            subject_id=uuid4(),
            scope="openid profile",
            sub=secret_hash(new_id()),
            acr="urn:visor:acr:L2",
            amr=["face", "hwk", "mfa"],
            auth_time=moment,
            nonce=new_id(),
            redirect_uri="https://partner.example/callback",
            code_challenge=new_secret(),
            code_digest=secret_hash(new_id()),
            code_expires_at=moment,
            created_at=moment,
            expires_at=moment,
        )

    def token() -> Token:
        return Token(
            tenant_id=tenant,
            digest=secret_hash(new_id()),
            grant_id=new_id(),
            kind=Token.Kind.ACCESS,
            scope="openid profile",
            issued_at=moment,
            expires_at=moment,
        )

    def passkey() -> Device:
        return Device(tenant_id=tenant, subject_id=uuid4(), credential_id=new_secret(), public_key=bytes(77))

    def person() -> Subject:
        return Subject(
            tenant_id=tenant, name="A person", user_handle=new_secret().encode(), reference=new_id()
        )

    return {"grant": grant, "token": token, "passkey": passkey, "person": person}
