"""T09: an enrolment takes effect when it is finished, on a link that is still open, and not before."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.enrolment import services as enrolment
from authsvc.enrolment.models import EnrolmentLink
from authsvc.management import faces, people
from authsvc.management.actors import System
from authsvc.privacy.consent import live_consent
from authsvc.privacy.notice import current_notice
from authsvc.protection.base import Features, Share
from authsvc.protection.split_secret import PROTECTION
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services, sweeping
from authsvc.transactions.models import AttemptCounter, Capture, Transaction
from authsvc.transactions.records import NewReference
from authsvc.vault.models import DeviceWrap, Reference
from tests.factories import make_subject, make_tenant
from tests.unit.capture.agent import Agent
from tests.unit.transactions import flow

TEST = System("a test")


@dataclass
class Place:
    """A person with one open link; `renewal` says that they had a face and a passkey before."""

    tenant: Tenant
    subject: Subject
    path: str
    link: EnrolmentLink

    def judged(self) -> tuple[Agent, Transaction, Reference]:
        """Take the link in a browser of its own, up to the worker's verdict."""
        agent = Agent(self.tenant)
        row = self._agreed(agent)
        assert agent.passkey(row).json()["next"] == "capture"
        row.refresh_from_db()
        services.issue_capture(row, challenge=flow.CHALLENGE)
        capture = services.accept_sample(row, b"sealed")
        made = self._kept(capture)
        verdict = flow.verdict_on(
            capture, reference=NewReference(made.pseudonym, made.version, share_kind="browser")
        )
        assert services.record_verdict(capture.pk, verdict)
        row.refresh_from_db()
        return agent, row, made

    def _agreed(self, agent: Agent) -> Transaction:
        body = {"notice_version": current_notice(self.tenant).version}
        headers = {"origin": agent.origin}
        path = self.path + "consent"
        answer: Any = agent.client.post(path, body, content_type="application/json", headers=headers)
        return Transaction.objects.get(pk=answer.json()["transaction"])

    def _kept(self, capture: Capture) -> Reference:
        device, consent = capture.transaction.device, live_consent(self.subject)
        assert device is not None
        assert consent is not None
        self.subject.refresh_from_db()
        kept = PROTECTION.protect(
            Features(b"template", "engine:1", 80),
            subject=self.subject,
            device=device,
            share=Share(os.urandom(32), "browser"),
            consent=consent.id,
        )
        return Reference.objects.get(pk=kept.pseudonym)

    def stands(self) -> tuple[Any, ...]:
        """Return what an enrolment may change of the person."""
        row = Subject.objects.get(pk=self.subject.pk)
        alive = Reference.objects.filter(status="active", pk=row.reference).exists()
        active = Device.objects.filter(subject=row, status=Device.Status.ACTIVE)
        devices = set(active.values_list("pk", flat=True))
        return row.status, row.reference, row.reference_version, alive, devices


@pytest.fixture(params=["first", "renewal"])
def place(request: pytest.FixtureRequest, db: None) -> Iterator[Place]:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        subject = make_subject(reference="", reference_version=0, status=Subject.Status.INVITED)
        place = _with_link(tenant, subject)
        if request.param == "renewal":
            agent, row, _ = place.judged()
            assert agent.client.get(row.continue_path).status_code == 200
            place = _with_link(tenant, Subject.objects.get(pk=subject.pk))
            assert place.stands()[:1] + place.stands()[2:4] == ("active", 1, True)
        yield place


def _with_link(tenant: Tenant, subject: Subject) -> Place:
    link, url = enrolment.create_link(subject=subject, created_by="admin")
    return Place(tenant, subject, urlsplit(url).path, link)


def gone(made: Reference) -> bool:
    row = Reference.objects.get(pk=made.pk)
    wraps = DeviceWrap.objects.filter(reference=row).exists()
    return row.status == "revoked" and bytes(row.sealed_template) == b"" and not wraps


def test_t09_a_verdict_alone_changes_nothing_of_a_person(place: Place) -> None:
    before = place.stands()
    AttemptCounter.objects.update_or_create(subject=place.subject, defaults={"failures": 9})
    _, row, made = place.judged()
    assert row.state == Transaction.State.DECIDED
    assert place.stands() == before
    assert row.device is not None
    assert row.device.share_kind == "prf"
    assert AttemptCounter.objects.get().failures == 9
    assert not gone(made)


def test_t09_the_finish_attaches_the_reference_and_erases_the_one_before(place: Place) -> None:
    old = place.stands()[1]
    AttemptCounter.objects.update_or_create(subject=place.subject, defaults={"failures": 9})
    agent, row, made = place.judged()
    page = agent.client.get(row.continue_path)
    assert page.status_code == 200
    assert "Once more, with other light or another place" in page.content.decode()
    status, reference, version, alive, devices = place.stands()
    assert (status, reference, version, alive) == ("active", made.pseudonym, made.version, True)
    assert row.device_id in devices
    assert Device.objects.get(pk=row.device_id).share_kind == "browser"
    assert AttemptCounter.objects.get().failures == 0
    assert not old or gone(Reference.objects.get(pk=old))
    assert [each.pk for each in Reference.objects.filter(status="active")] == [made.pk]


def test_t09_of_two_on_one_link_the_second_changes_nothing(place: Place) -> None:
    first, second = place.judged(), place.judged()
    assert first[0].client.get(first[1].continue_path).status_code == 200
    after = place.stands()
    answer = second[0].client.get(second[1].continue_path)
    assert answer.status_code == 410
    assert place.stands() == after
    assert after[1] == first[2].pseudonym
    assert gone(second[2])
    second[1].refresh_from_db()
    assert second[1].state == Transaction.State.CANCELLED
    assert AuditEvent.objects.get(tag=Tag.ENROLMENT_LINK_REFUSED).reason == "link-used"


def revoke(place: Place) -> None:
    enrolment.revoke_link(link=place.link, revoked_by="admin")


def expire(place: Place) -> None:
    EnrolmentLink.objects.filter(pk=place.link.pk).update(expires_at=now() - timedelta(seconds=1))


def another_persons(place: Place) -> None:
    EnrolmentLink.objects.filter(pk=place.link.pk).update(subject=make_subject())


def close(place: Place) -> None:
    Subject.objects.filter(pk=place.subject.pk).update(status=Subject.Status.CLOSED)


def withdraw(place: Place) -> None:
    place.subject.consents.update(withdrawn_at=now())


def overtake(place: Place) -> None:
    version = place.subject.reference_version + 1
    Subject.objects.filter(pk=place.subject.pk).update(reference_version=version)


@pytest.mark.parametrize("between", [revoke, expire, another_persons, close, withdraw, overtake])
def test_t09_what_ends_before_the_finish_destroys_what_was_made(
    place: Place, between: Callable[[Place], None]
) -> None:
    agent, row, made = place.judged()
    between(place)
    before = place.stands()
    assert agent.client.get(row.continue_path).status_code in {403, 404, 409, 410}
    assert place.stands() == before
    assert gone(made)
    row.refresh_from_db()
    assert row.state == Transaction.State.CANCELLED
    assert not EnrolmentLink.objects.filter(pk=place.link.pk).exclude(used_at=None).exists()


def test_t09_an_erased_reference_is_not_attached(place: Place) -> None:
    agent, row, made = place.judged()
    before = place.stands()
    Reference.objects.filter(pk=made.pk).update(status="revoked")
    assert agent.client.get(row.continue_path).status_code == 409
    assert place.stands() == before


def test_t09_an_enrolment_that_is_left_or_overdue_destroys_what_it_made(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, overdue = place.judged(), place.judged()
    before = place.stands()
    services.cancel(left[1])
    Transaction.objects.filter(pk=overdue[1].pk).update(expires_at=now())
    monkeypatch.setattr(sweeping, "reclaim_space", lambda: None)  # not within a test's transaction
    assert services.sweep()["transactions"] == 1
    assert gone(left[2])
    assert gone(overdue[2])
    assert place.stands() == before


@pytest.mark.parametrize("act", [faces.withdraw, faces.remove, people.close])
def test_t09_an_act_on_the_person_ends_an_enrolment_that_waits_for_its_finish(
    place: Place, act: Callable[..., object]
) -> None:
    agent, row, made = place.judged()
    act(by=TEST, subject=place.subject)
    assert gone(made)
    before = place.stands()
    assert "All set" not in agent.client.get(row.continue_path).content.decode()
    assert place.stands() == before
    assert not before[3]


def test_t09_what_no_worker_signed_is_not_attached(place: Place) -> None:
    agent, row, _made = place.judged()
    before = place.stands()
    capture = row.captures.get()
    head, payload, signature = capture.verdict.split(".")
    Capture.objects.filter(pk=capture.pk).update(verdict=f"{head}.{payload[:-2]}AA.{signature}")
    assert agent.client.get(row.continue_path).status_code == 409
    assert place.stands() == before


def test_t09_a_finish_of_somebody_elses_browser_ends_nothing(place: Place) -> None:
    _, row, made = place.judged()
    assert Agent(place.tenant).client.get(row.continue_path).status_code == 403
    row.refresh_from_db()
    assert (row.state, gone(made)) == (Transaction.State.DECIDED, False)


def test_t09_a_reference_that_a_release_before_attached_is_kept(place: Place) -> None:
    agent, row, made = place.judged()
    Subject.objects.filter(pk=place.subject.pk).update(
        reference=made.pseudonym, reference_version=made.version
    )
    assert agent.client.get(row.continue_path).status_code == 200
    assert place.stands()[1:4] == (made.pseudonym, made.version, True)


@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_t09_of_many_finishes_at_the_same_moment_one_takes_effect() -> None:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        subject = make_subject(reference="", reference_version=0, status=Subject.Status.INVITED)
        place = _with_link(tenant, subject)
        begun = [place.judged() for _ in range(6)]

    def finish(mine: tuple[Agent, Transaction, Reference]) -> int:
        try:
            return mine[0].client.get(mine[1].continue_path).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(finish, begun))
    assert sorted(answers) == [200, *[410] * 5]
    winner = begun[answers.index(200)][2]
    with tenant_scope(tenant.id):
        assert [row.pk for row in Reference.objects.filter(status="active")] == [winner.pk]
        assert place.stands()[1:4] == (winner.pk, 1, True)
        assert Device.objects.filter(status=Device.Status.ACTIVE).count() == 1
