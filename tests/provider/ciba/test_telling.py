"""A person hears that somebody asks: on their devices, by mail, or on their own page; and not too often."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db.models import F

from authsvc.assurance.levels import Evidence, Level, assess
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.components import Component
from authsvc.delivery.models import Delivery
from authsvc.delivery.sender import send_due
from authsvc.limits.limit import forget_counts
from authsvc.management import people
from authsvc.management.actors import COMMAND_LINE
from authsvc.management.attempts.account import account_of
from authsvc.oidc.ciba.limits import AT_ONCE
from authsvc.oidc.models import BackchannelRequest
from authsvc.policy.services import publish_quiet_hours
from authsvc.reach.message import words
from authsvc.reach.models import Preference, Subscription
from authsvc.reach.subscriptions import Address, subscribe
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from tests.factories import make_device
from tests.provider.browser import Browser, make_partner
from tests.provider.ciba.conftest import HINT, Starter
from tests.provider.ciba.test_answers import approve, at_the_phone
from tests.provider.push_service import PushService, TakesPushes, push_service
from tests.provider.tokens import key_set, new_key

MAIL = "ada@example.org"


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_counts()
    yield
    forget_counts()


def listening(person: Subject, service: PushService, name: str = "one") -> TakesPushes:
    """Let a device of the person take pushes."""
    browser = service.subscribed(name)
    subscribe(make_device(person, name=f"Phone {name}"), Address(**browser.form))
    return browser


def has_mail(person: Subject) -> None:
    person.claims = {"email": MAIL}
    person.save()


def deliver() -> None:
    """Let the process that delivers run until nothing is due: it finds the ways first, then takes them."""
    for _ in range(3):
        send_due()


def later(seconds: int) -> None:
    Delivery.objects.exclude(due_at=None).update(due_at=F("due_at") - timedelta(seconds=seconds))


def told() -> list[tuple[str, str, str]]:
    """How the person was told, or was not: event, way, reason."""
    rows = AuditEvent.objects.filter(tag__in=[Tag.PERSON_TOLD, Tag.PERSON_NOT_TOLD]).order_by("sequence")
    return [(row.tag.rpartition(":")[2], row.details["way"], row.reason) for row in rows]


class TestPush:
    """To every device that takes pushes."""

    def test_each_device_is_told_and_none_of_them_whom_it_is_about(
        self, starter: Starter, person: Subject, service: PushService
    ) -> None:
        has_mail(person)
        browsers = [listening(person, service, name) for name in ("one", "two")]
        starter.ask()
        deliver()
        assert [service.words_for(browser) for browser in browsers] == [[words()], [words()]]
        assert service.refused == []
        assert mail.outbox == []
        assert told() == [("told", "push", "it answered 201")] * 2
        ttl = int(str(service.came[0].headers["TTL"]))
        assert 100 < ttl <= 120, "not longer than the request waits"
        said = json.dumps(words())
        for name in (person.name, starter.partner.party.name, "blue whale", HINT):
            assert name not in said

    def test_whoever_has_answered_by_then_is_not_told(
        self, starter: Starter, visitor: Browser, person: Subject, service: PushService
    ) -> None:
        listening(person, service)
        starter.ask()
        at_the_phone(visitor, person)
        row = BackchannelRequest.objects.get()
        visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "no"})
        deliver()
        assert service.came == []

    @pytest.mark.parametrize("status", [404, 410])
    def test_what_a_browser_gave_up_is_forgotten_and_a_mail_goes_out(
        self, starter: Starter, person: Subject, service: PushService, status: int
    ) -> None:
        has_mail(person)
        listening(person, service)
        service.status = status
        starter.ask()
        deliver()
        assert not Subscription.objects.exists()
        assert AuditEvent.objects.get(tag=Tag.PUSH_REMOVED).reason == "gone"
        assert len(mail.outbox) == 1
        assert told() == [
            ("not-told", "push", f"it answered {status}"),
            ("told", "mail", "the mail server took it"),
        ]

    def test_one_device_that_is_told_is_enough(
        self, starter: Starter, person: Subject, service: PushService
    ) -> None:
        has_mail(person)
        gone, kept = listening(person, service, "gone"), listening(person, service, "kept")
        service.answers[urlsplit(gone.endpoint).path] = 410
        starter.ask()
        deliver()
        assert service.words_for(kept) == [words()]
        assert mail.outbox == []
        assert Subscription.objects.count() == 1

    def test_a_service_that_is_ill_is_asked_again_and_then_a_mail_goes_out(
        self, starter: Starter, person: Subject, service: PushService
    ) -> None:
        has_mail(person)
        listening(person, service)
        service.status = 503
        starter.ask()
        deliver()
        assert (len(service.came), mail.outbox) == (1, [])
        for _ in range(4):
            later(31)
            deliver()
        assert len(service.came) == 4
        assert len(mail.outbox) == 1
        assert Subscription.objects.count() == 1, "it may be well again"

    def test_a_service_that_is_well_again_is_enough(
        self, starter: Starter, person: Subject, service: PushService
    ) -> None:
        has_mail(person)
        browser = listening(person, service)
        service.status = 503
        starter.ask()
        deliver()
        service.status = 201
        later(31)
        deliver()
        assert service.words_for(browser) == [words()] * 2
        assert mail.outbox == []
        assert told() == [("told", "push", "it answered 201")]

    def test_a_row_that_was_altered_is_called_nowhere(
        self, starter: Starter, person: Subject, service: PushService
    ) -> None:
        listening(person, service)
        Subscription.objects.update(sealed=b"\x01" + b"x" * 60)
        starter.ask()
        deliver()
        assert (service.came, Subscription.objects.count()) == ([], 0)

    @pytest.mark.requirement("S9.4-11")
    def test_the_address_is_in_no_log_no_event_and_no_outbox(
        self,
        starter: Starter,
        person: Subject,
        service: PushService,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        browsers = [listening(person, service, name) for name in ("one", "two")]
        service.answers[urlsplit(browsers[1].endpoint).path] = 500
        starter.ask()
        deliver()
        rows = [*AuditEvent.objects.values(), *Delivery.objects.values()]
        written = caplog.text + json.dumps(rows, default=str)
        for browser in browsers:
            for secret in (urlsplit(browser.endpoint).path, *browser.form.values()):
                assert secret not in written

    def test_who_revokes_a_passkey_hears_no_more_by_its_device(
        self, starter: Starter, person: Subject, service: PushService
    ) -> None:
        listening(person, service)
        people.revoke_device(
            by=COMMAND_LINE, device=Subscription.objects.select_related("device").get().device
        )
        assert not Subscription.objects.exists()
        starter.ask()
        deliver()
        assert service.came == []


@pytest.mark.requirement("S5.4-02")
@pytest.mark.parametrize(
    ("declared", "delivered", "level"),
    [
        ((Component("mail", grade="L1"),), True, Level.L1),
        ((Component("push", grade="L1"),), True, Level.L2),
        ((), True, Level.L2),
        ((Component("mail", grade="L1"),), False, Level.L2),
    ],
)
def test_a_sign_in_rests_on_the_way_by_which_its_person_was_told(
    starter: Starter,
    visitor: Browser,
    person: Subject,
    settings: Any,
    declared: tuple[Component, ...],
    delivered: bool,
    level: Level,
) -> None:
    settings.COMPONENTS = declared
    has_mail(person)
    starter.ask()
    if delivered:
        deliver()
    at_the_phone(visitor, person)
    approve(visitor, person)
    proven = Transaction.objects.unchecked().exclude(client=None).get().evidence
    assert ("mail" in {part.kind for part in proven.touched}) == delivered
    assert assess(Evidence.from_record(proven)).level == level


class TestMail:
    """Where no device takes pushes, or as the person chose."""

    def test_a_mail_names_nobody_and_leads_to_the_page(
        self, starter: Starter, visitor: Browser, person: Subject
    ) -> None:
        has_mail(person)
        starter.ask()
        deliver()
        [sent] = mail.outbox
        assert sent.to == [MAIL]
        assert f"{visitor.root}approve/" in sent.body
        for name in (person.name, starter.partner.party.name, "blue whale"):
            assert name not in f"{sent.subject} {sent.body}"

    def test_by_mail_alone_as_chosen(self, starter: Starter, person: Subject, service: PushService) -> None:
        has_mail(person)
        listening(person, service)
        Preference.objects.create(subject=person, way=Preference.Way.MAIL)
        starter.ask()
        deliver()
        assert (service.came, len(mail.outbox)) == ([], 1)

    def test_without_any_way_the_log_says_so(self, starter: Starter, person: Subject) -> None:
        starter.ask()
        deliver()
        assert told() == [("not-told", "", "no-way")]

    def test_a_mail_server_that_is_away_is_tried_once_more(
        self, starter: Starter, person: Subject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise ConnectionRefusedError(MAIL)

        has_mail(person)
        monkeypatch.setattr("authsvc.delivery.calling.message", refuse)
        starter.ask()
        deliver()
        later(11)
        deliver()
        assert told() == [("not-told", "mail", "no mail server took it: ConnectionRefusedError")]
        assert MAIL not in json.dumps(list(Delivery.objects.values()), default=str)


class TestQuietHours:
    """A request waits for its person, and nobody wakes them."""

    def hours(self, *, until: timedelta) -> str:
        begin, end = now() - timedelta(hours=1), now() + until
        return f"{begin:%H:%M}-{end:%H:%M} UTC"

    def test_nobody_is_told_and_the_page_shows_it(
        self, starter: Starter, visitor: Browser, person: Subject, service: PushService
    ) -> None:
        has_mail(person)
        listening(person, service)
        quiet = self.hours(until=timedelta(hours=1))
        Preference.objects.create(subject=person, quiet_hours=quiet)
        starter.ask()
        deliver()
        assert (service.came, mail.outbox) == ([], [])
        assert told() == [("not-told", "", "quiet-hours")]
        assert not Delivery.objects.exclude(due_at=None).exists()
        at_the_phone(visitor, person)
        assert "blue whale 42" in visitor.http.get(f"{visitor.root}approve/").content.decode()

    def test_the_organisations_hold_for_who_has_chosen_none(
        self, starter: Starter, person: Subject, service: PushService
    ) -> None:
        listening(person, service)
        publish_quiet_hours(line=self.hours(until=timedelta(hours=1)), published_by="test")
        starter.ask()
        deliver()
        assert service.came == []
        Preference.objects.create(subject=person, quiet_hours="")
        starter.ask()
        deliver()
        assert len(service.came) == 1

    def test_what_still_waits_when_they_end_is_told_then(
        self, starter: Starter, person: Subject, service: PushService
    ) -> None:
        listening(person, service)
        Preference.objects.create(subject=person, quiet_hours=self.hours(until=timedelta(minutes=2)))
        starter.ask()
        BackchannelRequest.objects.update(expires_at=now() + timedelta(minutes=4))
        deliver()
        assert service.came == []
        Preference.objects.update(quiet_hours="")
        later(121)
        deliver()
        assert len(service.came) == 1


class TestBounds:
    """T03: a phone is nobody's bell."""

    @pytest.mark.parametrize("hint", [HINT, "nobody"])
    def test_t03_three_wait_at_once_and_the_fourth_is_refused(
        self, starter: Starter, person: Subject, service: PushService, hint: str
    ) -> None:
        listening(person, service)
        answers = [starter.ask(login_hint=hint) for _ in range(AT_ONCE + 1)]
        assert [answer.status_code for answer in answers] == [200] * AT_ONCE + [403]
        assert answers[-1].json()["error"] == "access_denied"
        assert AuditEvent.objects.get(tag=Tag.TOKEN_REFUSED).reason == "ciba-too-many-waiting"
        deliver()
        assert len(service.came) == (AT_ONCE if hint == HINT else 0)

    def test_t03_an_answer_makes_room(self, starter: Starter, visitor: Browser, person: Subject) -> None:
        for _ in range(AT_ONCE):
            starter.ask()
        at_the_phone(visitor, person)
        row = BackchannelRequest.objects.first()
        assert row is not None
        visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "no"})
        assert starter.ask().status_code == 200

    def test_t03_of_many_relying_parties_three_reach_a_person_at_once(
        self, visitor: Browser, person: Subject, service: PushService
    ) -> None:
        listening(person, service)
        for _ in range(AT_ONCE + 2):
            key = new_key("ES256")
            partner = make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll")
            assert Starter(partner, key, visitor).ask().status_code == 200
        deliver()
        assert len(service.came) == AT_ONCE
        asked = AuditEvent.objects.filter(tag=Tag.BACKCHANNEL_ASKED).order_by("sequence")
        assert [row.reason for row in asked] == [""] * AT_ONCE + ["too-many-waiting"] * 2

    def test_t03_the_outbox_is_the_same_for_somebody_and_for_nobody(
        self, starter: Starter, person: Subject
    ) -> None:
        starter.ask()
        starter.ask(login_hint="nobody")
        kinds = Delivery.objects.order_by("created_at").values_list("kind", "content", "tries")
        assert len(set(map(str, kinds))) == 1
        deliver()
        assert told() == [("not-told", "", "no-way")], "nobody is no person"


def test_the_portal_says_by_which_way_and_when(
    starter: Starter, visitor: Browser, person: Subject, service: PushService
) -> None:
    listening(person, service)
    starter.ask()
    deliver()
    at_the_phone(visitor, person)
    approve(visitor, person)
    attempt = Transaction.objects.filter(client=starter.partner.party).get()
    steps = account_of(attempt.pk).steps
    titles = [(str(step.title), [str(value) for _, value in step.facts]) for step in steps]
    assert titles[0] == ("The relying party asked, without a browser", [])
    assert titles[1] == ("The person was told", ["a push to a device"])
    other = Transaction.objects.exclude(pk=attempt.pk).get()
    assert "The person was told" not in {str(step.title) for step in account_of(other.pk).steps}


def test_a_refusal_says_so_in_the_log_and_ends_the_attempt(
    starter: Starter, visitor: Browser, person: Subject
) -> None:
    starter.ask()
    at_the_phone(visitor, person)
    row = BackchannelRequest.objects.get()
    page = visitor.http.get(f"{visitor.root}approve/").content.decode()
    assert f"<title>Approve: {starter.partner.party.name}" in page
    assert "I did not ask for this" in page
    txn = visitor.opened(visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "yes"}))
    capture = visitor.http.get(f"{visitor.root}signin/{txn}/").content.decode()
    assert "I did not ask for this" in capture
    sent = {"answer": "no", "leaving": txn}
    assert "answered=no" in visitor.http.post(f"{visitor.root}approve/{row.pk}/", sent)["Location"]
    assert AuditEvent.objects.get(tag=Tag.BACKCHANNEL_DENIED).reason == "not-asked-for"
    assert Transaction.objects.get(pk=txn).state == Transaction.State.CANCELLED


def test_a_person_who_is_closed_leaves_no_way_to_them(
    starter: Starter, person: Subject, service: PushService
) -> None:
    listening(person, service)
    Preference.objects.create(subject=person)
    people.close(by=COMMAND_LINE, subject=person)
    assert not Subscription.objects.exists()
    assert not Preference.objects.exists()
