"""The state machine from opening to use, and every way it must not go."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.limits.register import POOR_SAMPLES
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import drawing, services, tries
from authsvc.transactions.models import Capture, SealedSample, Transaction
from tests.factories import make_device, make_subject, make_tenant
from tests.unit.transactions import flow

pytestmark = pytest.mark.django_db
AGENT = services.Party.AGENT


@pytest.fixture(autouse=True)
def _tenant():
    with tenant_scope(make_tenant().id):
        yield


def refused(code, call, *arguments, **named):
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    assert caught.value.code == code
    return caught.value


@pytest.mark.requirement("S6.4-01", "S6.4-04")
def test_an_accepted_sign_in_is_used_once():
    _, device = flow.person()
    row, capture = flow.submitted(device)
    assert services.record_verdict(capture.id, flow.verdict_on(capture))
    used = services.consume(row.id, flow.BROWSER, at=f"/done/{row.id}")
    assert used.state == Transaction.State.CONSUMED
    assert used.evidence.face == flow.face_proof(capture)
    assert used.evidence.passkey.kind == "swk"
    refused("ended", services.consume, row.id, flow.BROWSER, at=f"/done/{row.id}")


@pytest.mark.requirement("S6.4-01")
def test_a_result_is_used_at_its_own_path_only():
    row = flow.opened()
    refused("elsewhere", services.consume, row.id, flow.BROWSER, at=f"/other/{row.id}")
    refused("not-decided", services.consume, row.id, flow.BROWSER, at=f"/done/{row.id}")


def test_the_sample_is_erased_with_the_verdict():
    _, device = flow.person()
    _, capture = flow.submitted(device)
    assert SealedSample.objects.count() == 1
    services.record_verdict(capture.id, flow.verdict_on(capture, "refused"))
    assert SealedSample.objects.count() == 0


def test_a_sealed_sample_is_read_in_its_own_tenant_until_it_is_erased():
    _, device = flow.person()
    _, capture = flow.submitted(device)
    SealedSample.objects.filter(capture=capture).update(body=bytes(range(256)))
    assert services.read_sealed(capture.id) == bytes(range(256))
    with tenant_scope(make_tenant().id):
        assert services.read_sealed(capture.id) is None
    services.record_verdict(capture.id, flow.verdict_on(capture, "refused"))
    assert services.read_sealed(capture.id) is None


@pytest.mark.needs("postgresql")
def test_postgresql_spends_no_time_on_compressing_a_sample():
    _, device = flow.person()
    _, capture = flow.submitted(device)
    SealedSample.objects.filter(capture=capture).update(body=b"e30." * 100_000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_column_compression(body), length(body) FROM transactions_sealedsample")
        assert cursor.fetchall() == [(None, 400_000)]


def test_a_second_verdict_changes_nothing():
    _, device = flow.person()
    row, capture = flow.submitted(device)
    services.record_verdict(capture.id, flow.verdict_on(capture, "refused"))
    assert not services.record_verdict(capture.id, flow.verdict_on(capture))
    row.refresh_from_db()
    assert row.state == Transaction.State.PROVEN


@pytest.mark.requirement("S6.4-01", "S8.3-06")
@pytest.mark.parametrize("field", ["tenant", "transaction", "capture", "sample"])
def test_a_verdict_on_something_else_is_refused(field):
    _, device = flow.person()
    _, capture = flow.submitted(device)
    refused(
        "verdict-refused", services.record_verdict, capture.id, flow.verdict_on(capture, **{field: "other"})
    )
    capture.refresh_from_db()
    assert capture.state == Capture.State.SUBMITTED


@pytest.mark.requirement("S8.3-06", "S6.2-09")
def test_a_forged_verdict_is_refused():
    _, device = flow.person()
    _, capture = flow.submitted(device)
    head, body, signature = flow.verdict_on(capture, "refused").split(".")
    accepted = flow.verdict_on(capture).split(".")[1]
    forged = f"{head}.{accepted}.{signature}"
    refused("verdict-refused", services.record_verdict, capture.id, forged)
    refused("verdict-refused", services.record_verdict, capture.id, f"{head}.{body}.")
    refused("verdict-refused", services.record_verdict, capture.id, "")


@pytest.mark.requirement("S8.3-06")
def test_evidence_changed_in_the_database_is_not_believed():
    _, device = flow.person()
    row, capture = flow.submitted(device)
    services.record_verdict(capture.id, flow.verdict_on(capture))
    row.refresh_from_db()
    other = replace(flow.face_proof(capture), share_kind="none")
    row.evidence = replace(row.evidence, face=other)
    row.save()
    refused("verdict-altered", services.consume, row.id, flow.BROWSER, at=f"/done/{row.id}")


def test_accepted_state_written_into_the_database_without_verdict_is_not_believed():
    _, device = flow.person()
    row, capture = flow.submitted(device)
    row.evidence = replace(row.evidence, face=flow.face_proof(capture))
    row.state = Transaction.State.DECIDED
    row.save()
    refused("verdict-refused", services.consume, row.id, flow.BROWSER, at=f"/done/{row.id}")


@pytest.mark.requirement("S6.2-01")
def test_no_challenge_before_device_proof():
    refused("not-proven", services.issue_capture, flow.opened(), challenge=flow.CHALLENGE)


@pytest.mark.requirement("S6.2-01")
def test_no_upload_before_device_proof():
    refused("no-challenge", services.accept_sample, flow.opened(), b"sealed")


@pytest.mark.requirement("S8.4-02")
def test_a_second_upload_is_refused():
    _, device = flow.person()
    row, _ = flow.submitted(device)
    refused("no-challenge", services.accept_sample, row, b"sealed")


@pytest.mark.requirement("S9.5-04")
def test_a_late_upload_is_refused():
    _, device = flow.person()
    row = flow.proven(device)
    capture = services.issue_capture(row, challenge=flow.CHALLENGE)
    Capture.objects.filter(pk=capture.pk).update(expires_at=now() - timedelta(seconds=1))
    refused("late", services.accept_sample, row, b"sealed")


@pytest.mark.requirement("S10-01")
def test_no_challenge_without_live_consent():
    device = make_device(make_subject())
    refused("no-consent", services.issue_capture, flow.proven(device), challenge=flow.CHALLENGE)


def test_another_browser_is_refused():
    row = flow.opened()
    assert refused("foreign-browser", services.find_live, row.id, "other", party=AGENT).status == 403
    assert refused("foreign-browser", services.find_live, row.id, None, party=AGENT).status == 403


def test_an_expired_transaction_is_refused():
    row = flow.opened()
    Transaction.objects.filter(pk=row.pk).update(expires_at=now())
    assert refused("expired", services.find_live, row.id, flow.BROWSER, party=AGENT).status == 410


def test_a_transaction_stays_with_its_subject():
    _, mine = flow.person()
    _, theirs = flow.person()
    row = flow.proven(mine)
    refused("other-person", flow.prove, row, theirs)


@pytest.mark.requirement("S5.3-02")
def test_the_face_can_be_declined_after_device_proof_only():
    _, device = flow.person()
    refused("not-proven", services.decline_face, flow.opened())
    row = flow.proven(device)
    services.decline_face(row)
    assert services.consume(row.id, flow.BROWSER, at=f"/done/{row.id}").evidence.face is None


@pytest.mark.parametrize(
    "key",
    [
        {},
        {"kty": "EC", "crv": "P-384", "x": "a", "y": "b"},
        {"kty": "EC", "crv": "P-256", "x": "!!", "y": "b"},
        {"kty": "EC", "crv": "P-256", "x": 7, "y": None},
    ],
)
def test_an_odd_session_key_is_refused(key):
    refused("bad-session-key", services.new_device_challenge, flow.opened(), key)


def test_a_private_session_key_is_refused():
    refused(
        "bad-session-key", services.new_device_challenge, flow.opened(), {**flow.session_key(), "d": "secret"}
    )


@pytest.mark.requirement("S9.2-08")
def test_poor_quality_costs_no_try_but_is_capped():
    subject, device = flow.person()
    row = flow.proven(device)
    for _ in range(10):
        services.issue_capture(row, challenge=flow.CHALLENGE)
        capture = services.accept_sample(row, b"sealed")
        services.record_verdict(capture.id, flow.verdict_on(capture, "again"))
    row.refresh_from_db()
    subject.refresh_from_db()
    assert (subject.face_attempts.failures, subject.face_attempts.in_flight) == (0, 0)
    refused("face-closed", services.issue_capture, row, challenge=flow.CHALLENGE)


@pytest.mark.requirement("S9.2-08", "S8.1-04")
def test_poor_samples_buy_no_more_tries_than_a_days_worth(monkeypatch):
    """Who sends poor samples on purpose, in one transaction after the other, uses up the person's tries."""
    # So many challenges take more than an hour.
    monkeypatch.setattr(drawing, "MOST_IN_A_WHILE", 2 * POOR_SAMPLES.most)
    subject, device = flow.person()
    for number in range(POOR_SAMPLES.most + 2):
        if number % 10 == 0:
            row = flow.proven(device)
        services.issue_capture(row, challenge=flow.CHALLENGE)
        capture = services.accept_sample(row, b"sealed")
        services.record_verdict(capture.id, flow.verdict_on(capture, "again", reason="liveness-unclear"))
        capture.refresh_from_db()
        assert capture.state == Capture.State.AGAIN
    subject.refresh_from_db()
    assert (subject.face_attempts.failures, subject.face_attempts.in_flight) == (2, 0)


def test_a_sample_that_was_lost_is_nobodys_poor_sample(monkeypatch):
    subject, device = flow.person()
    monkeypatch.setattr(tries, "settle_poor", lambda _: pytest.fail("it was counted"))
    _, capture = flow.submitted(device)
    services.record_verdict(capture.id, flow.verdict_on(capture, "again", reason="sample-lost", hint="lost"))
    subject.refresh_from_db()
    assert (subject.face_attempts.failures, subject.face_attempts.in_flight) == (0, 0)


def test_a_transaction_has_three_match_tries():
    _, device = flow.person()
    row = flow.proven(device)
    for _ in range(3):
        services.issue_capture(row, challenge=flow.CHALLENGE)
        capture = services.accept_sample(row, b"sealed")
        services.record_verdict(capture.id, flow.verdict_on(capture, "refused"))
    row.refresh_from_db()
    assert services.status_of(row) == {"state": "refused", "may_retry": False}
    refused("face-closed", services.issue_capture, row, challenge=flow.CHALLENGE)


@pytest.mark.requirement("S7-02")
def test_the_status_of_a_refusal_does_not_say_which_part_failed():
    _, device = flow.person()
    answers = []
    for reason in ("not-matched", "presentation-attack", "injection"):
        row, capture = flow.submitted(device)
        services.record_verdict(capture.id, flow.verdict_on(capture, "refused", reason=reason))
        row.refresh_from_db()
        answers.append(services.status_of(row))
    assert answers == [{"state": "refused", "may_retry": True}] * 3


@pytest.mark.requirement("S8.2-02")
def test_a_passkey_that_is_revoked_on_the_way_proves_nothing_any_more():
    _, device = flow.person()
    row = flow.proven(device)
    services.decline_face(row)
    Device.objects.filter(pk=device.pk).update(status=Device.Status.REVOKED)
    refused("device-revoked", services.consume, row.id, flow.BROWSER, at=f"/done/{row.id}")
    row.refresh_from_db()
    assert row.state == Transaction.State.DECIDED


@pytest.mark.requirement("S8.1-04", "S7-02")
def test_a_prober_learns_one_bit_ten_times_at_most(monkeypatch):
    """Someone with a stolen phone climbs towards the reference, patiently and with any sample they like."""
    _, device = flow.person()
    later = iter(range(1, 1000))
    monkeypatch.setattr("authsvc.transactions.tries.now", lambda: now() + timedelta(hours=next(later)))
    answers, judged = set(), 0
    for _ in range(60):
        row = flow.proven(device)
        try:
            services.issue_capture(row, challenge=flow.CHALLENGE)
            capture = services.accept_sample(row, b"sealed %d" % judged)
        except Refused as closed:
            answers.add(closed.code)
            continue
        judged += 1
        services.record_verdict(capture.id, flow.verdict_on(capture, "refused"))
        row.refresh_from_db()
        answers.add(services.status_of(row)["state"])
    assert judged == 10
    assert answers <= {"refused", "locked", "face-disabled"}


def test_leaving_ends_a_transaction_and_its_challenge():
    _, device = flow.person()
    row = flow.proven(device)
    services.issue_capture(row, challenge=flow.CHALLENGE)
    services.cancel(row)
    refused("ended", services.find_live, row.id, flow.BROWSER, party=AGENT)
    assert Capture.objects.get().state == Capture.State.EXPIRED


@pytest.mark.requirement("S6.4-04", "S7-04")
def test_the_sweeper_refuses_and_erases_what_has_no_verdict_in_time():
    subject, device = flow.person()
    row, capture = flow.submitted(device)
    Capture.objects.filter(pk=capture.pk).update(deadline=now())
    services.expire_capture(capture.pk)
    capture.refresh_from_db()
    row.refresh_from_db()
    subject.refresh_from_db()
    assert (capture.state, capture.reason) == (Capture.State.AGAIN, "deadline")
    assert SealedSample.objects.count() == 0
    assert (subject.face_attempts.failures, subject.face_attempts.in_flight) == (0, 0)
    assert not services.record_verdict(capture.id, flow.verdict_on(capture))
    assert row.state == Transaction.State.PROVEN
