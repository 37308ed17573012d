"""Attempt limits: five free, then doubling waits, then off; and no race gets one more."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services, tries
from authsvc.transactions.models import AttemptCounter
from tests.factories import make_tenant
from tests.unit.transactions import flow


def fail_once(subject):
    tries.reserve_try(subject.pk)
    tries.settle_failure(subject.pk)


@pytest.mark.requirement("S9.2-07")
@pytest.mark.django_db
def test_waits_double_from_the_fifth_failure_and_the_tenth_disables():
    with tenant_scope(make_tenant().id):
        subject, _ = flow.person()
        waits = []
        for _ in range(10):
            fail_once(subject)
            counter = AttemptCounter.objects.get(subject=subject)
            waits.append(round((counter.locked_until - now()).total_seconds()) if counter.locked_until else 0)
            AttemptCounter.objects.update(locked_until=now() - timedelta(seconds=1))
        assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 960]
        with pytest.raises(Refused) as caught:
            tries.reserve_try(subject.pk)
        assert caught.value.code == "face-disabled"
        tries.rebind_face(subject)
        tries.reserve_try(subject.pk)


@pytest.mark.requirement("S9.2-07")
@pytest.mark.django_db
def test_a_locked_subject_is_told_when_to_come_back():
    with tenant_scope(make_tenant().id):
        subject, _ = flow.person()
        for _ in range(5):
            fail_once(subject)
        with pytest.raises(Refused) as caught:
            tries.reserve_try(subject.pk)
        assert caught.value.code == "locked"
        assert caught.value.retry_after == 30


@pytest.mark.django_db
def test_success_forgets_the_failures():
    with tenant_scope(make_tenant().id):
        subject, _ = flow.person()
        for _ in range(4):
            fail_once(subject)
        tries.reserve_try(subject.pk)
        tries.settle_success(subject.pk)
        counter = AttemptCounter.objects.get(subject=subject)
        assert (counter.failures, counter.in_flight) == (0, 0)


@pytest.mark.requirement("S8.3-03")
@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_parallel_bad_tries_evaluate_exactly_the_allowed_number(size):
    uploads = size("uploads", sample=40, whole=400)
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        subject, device = flow.person()
        rows = [flow.proven(device) for _ in range(uploads // 4)]
        for row in rows:
            with suppress(Refused):  # there are as many challenges as tries (T07)
                services.issue_capture(row, challenge=flow.CHALLENGE)

    def upload(number):
        try:
            with tenant_scope(tenant.id):
                capture = services.accept_sample(rows[number % len(rows)], b"sealed %d" % number)
                services.record_verdict(capture.id, flow.verdict_on(capture, "refused"))
                return 1
        except Refused:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        evaluated = sum(pool.map(upload, range(uploads)))
    with tenant_scope(tenant.id):
        counter = AttemptCounter.objects.get(subject=subject)
    assert evaluated == 5
    assert (counter.failures, counter.in_flight) == (5, 0)


@pytest.mark.requirement("S8.3-04")
@pytest.mark.django_db
def test_without_the_bound_device_nobody_uses_up_a_persons_tries():
    with tenant_scope(make_tenant().id):
        subject, _ = flow.person()
        for _ in range(30):
            row = flow.opened()
            services.record_device_refusal(row, reason="unknown-credential")
            with pytest.raises(Refused):
                services.issue_capture(row, challenge=flow.CHALLENGE)
            with pytest.raises(Refused):
                services.accept_sample(row, b"sealed")
        assert not AttemptCounter.objects.filter(subject=subject).exists()
