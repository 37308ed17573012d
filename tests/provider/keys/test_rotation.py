"""Signing keys: staged before use, rotated on schedule and on demand, revoked in an emergency (S9.4-09)."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from joserfc import jws
from joserfc.jwk import KeySet

from authsvc.core.remembered import forget_everything
from authsvc.keys.models import SigningKey
from authsvc.keys.problems import NoSigningKey
from authsvc.keys.schedule import KEEP_PREVIOUS, ROTATE_AFTER, STAGE_FOR
from authsvc.keys.signing import ensure_keys, revoke, rotate, rotate_due
from authsvc.oidc.tasks import rotate_signing_keys
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from config.celery import app
from tests.factories import make_tenant
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person

State = SigningKey.State


def age(by: timedelta, **which: Any) -> None:
    """Let the last change of keys lie back in time."""
    for key in SigningKey.objects.filter(**which):
        key.state_changed_at -= by
        key.save(update_fields=["state_changed_at"])
    forget_everything()


def published(visitor: Browser) -> KeySet:
    return KeySet.import_key_set(visitor.http.get(f"{visitor.root}jwks").json())


def signer_of(keys: KeySet, token: str) -> str:
    """The kid of the published key that verifies a token; raises where there is none."""
    signed = jws.deserialize_compact(token, keys, ["RS256", "ES256"])
    return str(signed.headers()["kid"])


def states(algorithm: str = "RS256") -> Counter[str]:
    return Counter(SigningKey.objects.filter(algorithm=algorithm).values_list("state", flat=True))


@pytest.mark.requirement("S9.4-09")
def test_a_rotation_surprises_nobody_who_read_the_keys_before(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    first = visitor.tokens(partner, person)["id_token"]
    before = published(visitor)
    age(STAGE_FOR, state=State.NEXT)
    rotate("RS256")
    second = visitor.tokens(partner, person, prompt="login")["id_token"]
    assert signer_of(before, second) != signer_of(before, first)
    # What the old key signed goes on verifying, here and there.
    assert signer_of(published(visitor), first)
    assert "code" in answer_of(visitor.authorize(partner, prompt="none", id_token_hint=first))


@pytest.mark.requirement("S9.4-09")
def test_a_key_that_was_not_staged_does_not_sign(visitor: Browser) -> None:
    published(visitor)
    with pytest.raises(NoSigningKey):
        rotate("RS256")
    assert states() == {State.CURRENT: 1, State.NEXT: 1}


@pytest.mark.requirement("S9.4-09")
def test_the_schedule_takes_a_key_through_its_life(visitor: Browser) -> None:
    published(visitor)
    first = SigningKey.objects.get(algorithm="RS256", state=State.CURRENT)
    rotate_due()
    assert states() == {State.CURRENT: 1, State.NEXT: 1}
    age(ROTATE_AFTER + timedelta(hours=1))
    rotate_signing_keys()
    assert states() == {State.PREVIOUS: 1, State.CURRENT: 1, State.NEXT: 1}
    first.refresh_from_db()
    assert first.state == State.PREVIOUS
    # It never signs again, so its private part is gone.
    assert bytes(first.sealed_private) == b""
    age(KEEP_PREVIOUS + timedelta(hours=1), state=State.PREVIOUS)
    rotate_signing_keys()
    assert states() == {State.RETIRED: 1, State.CURRENT: 1, State.NEXT: 1}
    assert first.kid not in visitor.http.get(f"{visitor.root}jwks").content.decode()
    assert app.conf.beat_schedule["signing-keys"]["task"] == "authsvc.oidc.tasks.rotate_signing_keys"


@pytest.mark.requirement("S9.4-09")
def test_a_key_staged_too_late_waits_for_the_next_run(visitor: Browser) -> None:
    published(visitor)
    age(ROTATE_AFTER + timedelta(hours=1), state=State.CURRENT)
    age(ROTATE_AFTER + timedelta(hours=1), state=State.NEXT, algorithm="ES256")
    rotate_due()
    assert (states("RS256")[State.PREVIOUS], states("ES256")[State.PREVIOUS]) == (0, 1)
    age(STAGE_FOR, state=State.NEXT)
    rotate_due()
    assert states("RS256")[State.PREVIOUS] == 1


@pytest.mark.requirement("S9.4-09")
def test_the_schedule_makes_what_a_rotation_left_to_it(visitor: Browser) -> None:
    ensure_keys(["EdDSA"])
    SigningKey.objects.filter(state=State.NEXT).delete()
    rotate_due()
    for algorithm in ("RS256", "ES256", "EdDSA"):
        assert states(algorithm) == {State.CURRENT: 1, State.NEXT: 1}


@pytest.mark.requirement("S9.4-09")
@pytest.mark.parametrize("state", [State.CURRENT, State.NEXT])
def test_a_revoked_key_verifies_nothing_and_nobody_waits(visitor: Browser, state: str) -> None:
    partner, person = make_partner(), make_person()
    first = visitor.tokens(partner, person)["id_token"]
    key = SigningKey.objects.get(algorithm="RS256", state=state)
    revoke(key.kid, actor="test")
    assert states() == {State.RETIRED: 1, State.CURRENT: 1, State.NEXT: 1}
    assert key.kid not in visitor.http.get(f"{visitor.root}jwks").content.decode()
    hinted = answer_of(visitor.authorize(partner, prompt="none", id_token_hint=first))
    assert ("error" in hinted) == (state == State.CURRENT)
    again = visitor.tokens(partner, person, prompt="login")["id_token"]
    assert signer_of(published(visitor), again) != key.kid
    key.refresh_from_db()
    assert bytes(key.sealed_private) == b""


@pytest.mark.requirement("S9.4-09")
def test_another_algorithm_gets_its_keys_when_it_is_needed(visitor: Browser) -> None:
    partner = make_partner(id_token_signed_response_alg="PS256")
    assert not SigningKey.objects.filter(algorithm="PS256").exists()
    assert visitor.claims(visitor.tokens(partner, make_person())["id_token"])
    assert states("PS256") == {State.CURRENT: 1, State.NEXT: 1}


@pytest.mark.requirement("S9.4-09")
def test_each_tenant_has_keys_of_its_own(visitor: Browser) -> None:
    mine = published(visitor)
    other = make_tenant()
    with tenant_scope(other.id):
        theirs = published(Browser(other))
    assert not {key.kid for key in mine.keys} & {key.kid for key in theirs.keys}


@pytest.mark.requirement("S9.4-09")
@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_a_rotation_under_traffic_costs_no_relying_party_an_error(shared: Tenant) -> None:
    partners = [make_partner(id_token_signed_response_alg=name) for name in ("RS256", "ES256")]
    for partner in partners:
        Browser(shared).tokens(partner, make_person())
    age(STAGE_FOR, state=State.NEXT)
    # Every relying party goes on with the key set that it read before.
    cached, seen, problems = published(Browser(shared)), Counter[str](), list[str]()
    stop = threading.Event()

    def sign_in(partner: Partner) -> None:
        visitor = Browser(shared, http=Client())
        person = make_person()
        try:
            while not stop.is_set():
                tokens = visitor.tokens(partner, person, prompt="login")
                seen[signer_of(cached, tokens["id_token"])] += 1
                assert visitor.userinfo(tokens["access_token"]).status_code == 200
        except Exception as problem:  # noqa: BLE001 - a thread's problem must reach the test
            problems.append(repr(problem))
        finally:
            connection.close()

    threads = [threading.Thread(target=_in_scope, args=(shared, sign_in, one)) for one in partners * 2]
    for thread in threads:
        thread.start()
    while len(seen) < 2 and not problems:
        stop.wait(0.05)
    rotate("RS256")
    rotate("ES256")
    while len(seen) < 4 and not problems:
        stop.wait(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(seen) == 4


def _in_scope(tenant: Tenant, step: Any, partner: Partner) -> None:
    with tenant_scope(tenant.id):
        step(partner)
