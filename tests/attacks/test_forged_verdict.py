"""A forged verdict changes nothing, and leaves a row though what it came with is rolled back (T26)."""

from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import tasks
from authsvc.capture.browser import cookie_name
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import secret_hash
from authsvc.management import overview
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import NO_FINDINGS
from authsvc.transactions.verdict import sign_verdict
from tests.provider.browser import Browser, make_partner, make_person
from tests.unit.transactions import flow

pytestmark = [
    pytest.mark.needs("postgresql"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S6.2-04", "S9.4-11"),
]


@pytest.fixture
def visitor(shared: Tenant) -> Browser:
    """A browser at a tenant whose changes are truly committed and rolled back."""
    return Browser(shared)


@pytest.fixture
def foreign(settings: Any) -> Any:
    """Sign like a worker that is not ours: with a key of its own."""

    def sign(verdict: Any) -> str:
        own, kept = Ed25519PrivateKey.generate(), settings.SECRETS
        raw = serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        settings.SECRETS = {**kept, "verdict_private_key": own.private_bytes(*raw)}
        try:
            return sign_verdict(verdict)
        finally:
            settings.SECRETS = kept

    return sign


def disbelieved() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(tag=Tag.VERDICT_REFUSED).order_by("sequence")
    return [(row.reason, row.transaction) for row in rows]


def alarmed() -> bool:
    words = str(Tag.VERDICT_REFUSED.words)
    return any(found.kind == "bad" and str(found.text) == words for found in overview.read(now()).attention)


def test_t26_a_verdict_of_another_key_leaves_a_row_and_an_alarm(
    shared: Tenant, foreign: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, capture = flow.submitted(flow.person()[1])
    assert not alarmed()
    judged = SimpleNamespace(
        store=None, findings=NO_FINDINGS, verdict=lambda judged, made: flow.verdict_of(judged)
    )
    monkeypatch.setattr(tasks, "sign_verdict", foreign)
    with pytest.raises(Refused, match="the signature is not the worker's"):
        tasks._conclude(capture, judged)  # type: ignore[arg-type]
    assert disbelieved() == [("verdict-refused", row.pk)]
    assert alarmed()
    capture.refresh_from_db()
    assert (capture.state, capture.verdict) == (Capture.State.SUBMITTED, "")
    assert AuditEvent.objects.filter(tag=Tag.VERDICT_RECORDED).count() == 0


def test_t26_a_verdict_put_into_the_database_signs_nobody_in(visitor: Browser, foreign: Any) -> None:
    partner = make_partner()
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, make_person(), face=visitor.show_face(txn))
    capture = Capture.objects.get()
    Capture.objects.update(verdict=foreign(flow.verdict_of(capture)))
    assert "code=" not in visitor.resume(txn).get("Location", "")
    assert disbelieved() == [("verdict-refused", txn)]
    assert alarmed()
    assert Transaction.objects.get(pk=txn).state == Transaction.State.DECIDED


def test_t26_evidence_that_the_worker_did_not_sign_is_an_alarm_too(visitor: Browser) -> None:
    partner = make_partner()
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, make_person(), face=visitor.show_face(txn))
    row = Transaction.objects.get(pk=txn)
    row.stored_evidence["face"]["model"] = "?"
    row.save()
    assert "code=" not in visitor.resume(txn).get("Location", "")
    assert disbelieved() == [("verdict-altered", txn)]


def test_t26_an_enrolment_with_a_forged_verdict_says_so_as_well(shared: Tenant, foreign: Any) -> None:
    person, _ = flow.person()
    row = flow.opened(kind=Transaction.Kind.BIND, subject=person, continue_path=f"/t/{shared.slug}/x/{{id}}/")
    browser = Browser(shared)
    browser.prove(row.pk, person, face=browser.show_face(row.pk))
    path = f"/t/{shared.slug}/passkeys/finish/{row.pk}/"
    Transaction.objects.update(continue_path=path)
    Capture.objects.update(verdict=foreign(flow.verdict_of(Capture.objects.get())))
    client = Client()
    client.cookies[cookie_name(row.pk)] = "k" * 43
    Transaction.objects.update(browser_digest=secret_hash("k" * 43))
    assert client.get(path).status_code == 409
    assert disbelieved() == [("verdict-refused", row.pk)]
