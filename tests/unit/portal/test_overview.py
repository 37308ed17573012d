"""The overview: numbers against the usual, attacks, and that each number leads to just what it counts."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import ClientSecret
from authsvc.core.clock import now
from authsvc.core.remembered import forget_everything
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.services import create_link
from authsvc.management import overview, sign_ins, team
from authsvc.management.actors import System
from authsvc.management.attacks import ATTACKS, noted
from authsvc.management.models import Approval
from authsvc.management.sign_ins import Figure
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Invitation
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import AttemptCounter, Transaction
from portal.accounts.models import AdministratorSession
from portal.overview.tiles import Tile
from tests.factories import make_device, make_party, make_subject, make_tenant, offer_sample_key
from tests.tenancy.people import make_user
from tests.unit.transactions import flow

pytestmark = pytest.mark.django_db
MOST = 12
EVENTS = [
    ("presentation", Tag.VERDICT_RECORDED, "presentation-attack"),
    ("injection", Tag.VERDICT_RECORDED, "injection"),
    ("injection", Tag.VERDICT_RECORDED, "chain-signature"),
    ("replay", Tag.VERDICT_RECORDED, "sample-of-another-transaction"),
    ("replay", Tag.SAMPLE_REFUSED, "no-challenge"),
    ("replay", Tag.CODE_REUSED, "code-reused"),
    ("replay", Tag.REFRESH_REUSED, "refresh-reused"),
    ("forgery", Tag.VERDICT_REFUSED, "verdict-refused"),
    ("forgery", Tag.VERDICT_RECORDED, "part-altered"),
    ("other-face", Tag.VERDICT_RECORDED, "non-match"),
]


@pytest.fixture
def moment() -> datetime:
    """Ten minutes to an hour that is over: what is made a little before is of the same hour."""
    return now().replace(minute=50, second=0, microsecond=0) - timedelta(hours=1)


def sign_in(at: datetime, subject: Subject | None = None, **fields: Any) -> Transaction:
    """A sign-in that began then, and was accepted after four seconds."""
    given = {
        "kind": "authenticate",
        "state": "consumed",
        "created_at": at,
        "expires_at": at + timedelta(minutes=5),
        "decided_at": at + timedelta(seconds=4),
        "ended_at": at + timedelta(seconds=5),
        "browser_digest": "0",
        "tenant": Tenant.objects.get(),
    }
    return Transaction._base_manager.create(subject=subject, **{**given, **fields})


REFUSED: dict[str, Any] = {"state": "expired", "decided_at": None, "refused_for": "non-match"}
LEFT: dict[str, Any] = {"state": "cancelled", "decided_at": None}


@pytest.fixture
def filled(tenant: Tenant) -> None:
    """Sign-ins of today and of the week before, attacks, a sample that waits, and what ends soon."""
    party, subject, late = make_party(name="Harbour"), make_subject(), now() - timedelta(minutes=1)
    sign_in(late, subject, client=party, level="L2")
    sign_in(late - timedelta(hours=3), subject, client=party, level="L1")
    sign_in(late, subject, client=party, **REFUSED)
    sign_in(late, **LEFT)
    sign_in(late - timedelta(days=7), subject, level="L2")
    for _name, tag, reason in EVENTS:
        record(tag, reason=reason)
    flow.submitted(flow.person()[1])
    ClientSecret.objects.create(
        relying_party=party, digest="0", hint="abcd", expires_at=now() + timedelta(days=3)
    )
    AttemptCounter.objects.create(subject=subject, disabled=True)
    waits = now() + timedelta(minutes=5)
    AttemptCounter.objects.create(subject=make_subject(), failures=5, locked_until=waits)


def shown(browser: Client, address: str) -> Any:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer


def tile(tiles: list[Tile], label: str) -> Tile:
    return next(each for each in tiles if str(each.label) == label)


@pytest.mark.usefixtures("filled")
def test_each_number_leads_to_the_list_of_just_what_it_counts(admin: Client, base: str) -> None:
    context = shown(admin, base).context
    found = [*context["tiles"], *context["attacks"], *context["levels"]]
    lists = ("/attempts/", "/people/", "/relying-parties/")
    counting = [each for each in found if any(part in each.url for part in (*lists, "group="))]
    counted = {
        str(each.label): (int(str(each.value)), shown(admin, each.url).context["page"].counted)
        for each in counting
        if "Median" not in str(each.label)
    }
    assert {label: pair for label, pair in counted.items() if pair[0] != pair[1]} == {}
    assert counted["Sign-ins accepted"] == (2, 2)
    assert {"Presentation attacks", "L2", "Left unfinished", "People", "Faces in the queue"} <= set(counted)


@pytest.mark.usefixtures("filled")
def test_each_bar_and_its_line_in_the_table_lead_to_the_attempts_of_that_hour(
    admin: Client, base: str
) -> None:
    page = shown(admin, base)
    values = [bar.value for bar in page.context["chart"].bars if bar.value.url]
    assert sum(value.accepted + value.refused for value in values) == 3
    for value in values:
        rows = shown(admin, value.url).context["page"].rows
        assert sum(row.outcome in {"accepted", "refused"} for row in rows) == value.accepted + value.refused
        assert page.content.decode().count(f'href="{value.url.replace("&", "&amp;")}"') == 2


@pytest.mark.usefixtures("filled")
def test_what_needs_attention_leads_to_it(admin: Client, base: str) -> None:
    places = {str(item.title): place for item, place in shown(admin, base).context["attention"]}
    for title in ("Client secrets expire", "Faces turned off", "Faces waiting", "Alarm"):
        assert shown(admin, places[title]).context["page"].counted == 1, title


@pytest.mark.parametrize(("name", "tag", "reason"), EVENTS)
def test_an_attack_is_counted_under_its_kind(tenant: Tenant, name: str, tag: Tag, reason: str) -> None:
    record(tag, reason=reason)
    record(Tag.VERDICT_RECORDED, reason="quality-below-limit")
    assert {seen.name: seen.today for seen in noted(now()).attacks if seen.today} == {name: 1}


@pytest.mark.parametrize(("name", "tag", "reason"), EVENTS)
def test_all_is_well_never_stands_beside_what_may_be_an_attack(
    admin: Client, base: str, monkeypatch: pytest.MonkeyPatch, name: str, tag: Tag, reason: str
) -> None:
    offer_sample_key()
    monkeypatch.setattr(overview, "_evidence", lambda _moment: [])
    assert "All is well" in shown(admin, base).content.decode()
    record(tag, reason=reason)
    for address in (base, f"{base}now/"):
        page = shown(admin, address).content.decode()
        assert "All is well" not in page
        assert str(ATTACKS[name].label) in page


def test_an_attack_of_the_day_before_is_of_no_number_of_today(tenant: Tenant) -> None:
    record(Tag.VERDICT_REFUSED)
    later = noted(now() + timedelta(hours=25))
    assert (later.sure, later.alarms) == (0, [])
    assert not later.any_today


def test_the_usual_is_the_mean_of_the_same_hours_of_the_weeks_in_which_somebody_signed_in(
    tenant: Tenant, moment: datetime
) -> None:
    subject, at = make_subject(), moment - timedelta(minutes=5)
    week = timedelta(days=7)
    for before, count in ((week, 1), (3 * week, 4)):
        for _ in range(count):
            sign_in(at - before, subject, level="L1")
    sign_in(at - week, subject, **REFUSED)
    # Of other hours: later than now was then, and earlier than the 24.
    sign_in(moment - week + timedelta(minutes=1), subject)
    sign_in(moment - week - timedelta(hours=24), subject)
    sign_in(at, subject, level="L1")
    sign_in(at, **REFUSED)
    day = sign_ins.today(moment)
    assert (day.accepted.today, day.accepted.usual) == (1, 2.5)
    assert (day.refused, day.refused_known.today, day.refused_known.usual) == (1, 0, 0.5)
    assert (day.hours[-1].accepted, day.hours[-1].refused, day.hours[-1].usual) == (1, 1, 3)
    assert [(name, figure.today, figure.usual) for name, figure in day.levels] == [("L1", 1, 2.5)]


def test_the_weeks_before_are_read_once_and_today_each_time(tenant: Tenant, moment: datetime) -> None:
    subject, at = make_subject(), moment - timedelta(minutes=5)
    week = timedelta(days=7)
    sign_in(at - week, subject)
    first = overview.read(moment)
    sign_in(at, subject)
    sign_in(at - week, subject)
    second = overview.read(moment)
    assert (first.sign_ins.accepted, second.sign_ins.accepted) == (Figure(0, 1), Figure(1, 1))
    assert first.counts.usual_median == second.counts.usual_median == timedelta(seconds=4)
    other = make_tenant()
    with tenant_scope(other.pk):
        assert overview.read(moment).sign_ins.accepted == Figure(0, None)
    forget_everything()
    assert overview.read(moment).sign_ins.accepted == Figure(1, 2)


def test_of_today_only_what_may_still_change_is_read_again(tenant: Tenant, moment: datetime) -> None:
    """It began in the present hour or in the one before; what is older has ended, whatever becomes of it."""
    party, subject = make_party(name="Harbour"), make_subject()
    hour = moment.replace(minute=0)
    known, settled = {"client": party, "level": "L1"}, hour - timedelta(hours=1, minutes=1)
    sign_in(settled, subject, **known)
    first, most = sign_ins.today(moment), sign_ins.by_party(moment)
    assert (first.accepted.today, most) == (1, [sign_ins.Party(party.client_id, "Harbour", 1, 0)])
    for at in (settled, hour - timedelta(hours=1), hour, moment - timedelta(seconds=1)):
        sign_in(at, subject, **known)
    sign_in(hour, subject, **{**known, **REFUSED})
    second = sign_ins.today(moment)
    assert (second.accepted.today, second.refused, second.levels) == (4, 1, [("L1", Figure(5, None))])
    assert [hour.accepted for hour in second.hours[-3:]] == [1, 1, 2]
    assert sign_ins.by_party(moment) == [sign_ins.Party(party.client_id, "Harbour", 4, 1)]
    other = make_tenant()
    with tenant_scope(other.pk):
        assert (sign_ins.today(moment).accepted.today, sign_ins.by_party(moment)) == (0, [])
    forget_everything()
    assert sign_ins.today(moment).accepted.today == 5
    assert sign_ins.by_party(moment) == [sign_ins.Party(party.client_id, "Harbour", 5, 1)]


def test_the_parties_are_those_with_most_sign_ins(tenant: Tenant, moment: datetime) -> None:
    parties = [make_party(name=f"Party {count}") for count in range(7)]
    for count, party in enumerate(parties):
        for at in range(count):
            # Of hours that are settled and of the present one, in turns.
            sign_in(moment - timedelta(minutes=1, hours=6 * (at % 2)), client=party)
    sign_in(moment - timedelta(hours=25), client=parties[0])
    sign_in(moment - timedelta(minutes=1), client=parties[0], **LEFT)
    found = [(party.name, party.accepted) for party in sign_ins.by_party(moment)]
    assert found == [(f"Party {count}", count) for count in (6, 5, 4, 3, 2)]


def test_of_very_many_the_median_of_today_is_remembered_for_a_while(
    tenant: Tenant, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = moment - timedelta(minutes=5)

    def medians(*seconds: int) -> list[timedelta | None]:
        for each in seconds:
            sign_in(at, decided_at=at + timedelta(seconds=each))
        return [overview.read(moment).counts.median for _ in range(2)]

    assert medians(2, 9) == [timedelta(seconds=9)] * 2
    assert medians(1) == [timedelta(seconds=2)] * 2
    monkeypatch.setattr(sign_ins, "_MANY", 3)
    assert medians() == [timedelta(seconds=2)] * 2
    assert medians(20, 20) == [timedelta(seconds=2)] * 2
    forget_everything()
    assert medians() == [timedelta(seconds=9)] * 2


def test_without_weeks_before_nothing_is_usual(tenant: Tenant, moment: datetime) -> None:
    sign_in(moment - timedelta(minutes=1), make_subject())
    day = sign_ins.today(moment)
    assert (day.accepted.usual, day.hours[0].usual) == (None, None)


def test_the_median_is_that_of_accepted_sign_ins(tenant: Tenant, moment: datetime) -> None:
    at = moment - timedelta(minutes=5)
    for seconds in (2, 9, 30):
        sign_in(at, decided_at=at + timedelta(seconds=seconds))
    sign_in(at, **REFUSED)
    sign_in(at - timedelta(days=7), decided_at=at - timedelta(days=7) + timedelta(seconds=6))
    counts = overview.read(moment).counts
    assert (counts.median, counts.usual_median) == (timedelta(seconds=9), timedelta(seconds=6))


def test_the_queue_tells_how_long_the_oldest_has_waited(tenant: Tenant) -> None:
    assert overview.read(now()).oldest_wait is None
    _row, capture = flow.submitted(flow.person()[1])
    assert capture.submitted_at is not None
    read = overview.read(capture.submitted_at + timedelta(seconds=11))
    assert (read.counts.waiting, read.oldest_wait, read.waits_long) == (1, timedelta(seconds=11), True)


def test_a_key_that_is_not_rotated_needs_a_look(admin: Client, tenant: Tenant, base: str) -> None:
    from authsvc.keys.signing import ensure_keys

    ensure_keys()
    titles = [str(each.title) for each in overview.read(now() + timedelta(days=89)).attention]
    assert "A signing key is old" not in titles
    titles = [str(each.title) for each in overview.read(now() + timedelta(days=93)).attention]
    assert "A signing key is old" in titles


def test_what_lapses_is_said_where_it_is_mended(admin: Client, tenant: Tenant, base: str) -> None:
    soon = now() + timedelta(hours=5)
    person, late = make_subject(name="Invited Ivy", status=Subject.Status.INVITED), make_subject()
    link, _url = create_link(subject=person, created_by="a test")
    create_link(subject=late, created_by="a test")
    EnrolmentLink.objects.filter(pk=link.pk).update(expires_at=now() - timedelta(hours=1))
    team.invite(by=System("a test"), email="grace@example.org", role="auditor")
    Invitation.objects.update(expires_at=soon)
    issue_initial_token(note="For a test", life=timedelta(hours=5))
    Approval.objects.create(
        act="policies.publish",
        arguments={},
        asked_by=make_user().pk,
        asked_by_name="grace@example.org",
        digest="0",
        asked_at=now(),
        expires_at=soon,
        why="For a test",
    )
    found = dict(shown(admin, base).context["attention"])
    places = {str(item.title): place.removeprefix(base) for item, place in found.items()}
    assert places["An agreement is missing"] == "approvals/"
    assert places["Enrolment links ended"] == "people/?link=over"
    assert places["An invitation ends"] == "team/"
    assert places["Initial access tokens end"] == "provider/tokens/"
    listed = shown(admin, f"{base}people/?link=over").content.decode()
    assert "Invited Ivy" in listed
    assert str(late) not in listed
    create_link(subject=person, created_by="a test")
    Approval.objects.update(expires_at=now() + timedelta(days=3))
    titles = [str(each.title) for each in overview.read(now()).attention]
    assert {"Enrolment links ended", "An agreement is missing"} & set(titles) == set()


@pytest.mark.usefixtures("filled")
def test_statements_are_few_and_do_not_grow(admin: Client, base: str) -> None:
    def statements(address: str) -> int:
        admin.get(address)
        with CaptureQueriesContext(connection) as asked:
            admin.get(address)
        return len(asked)

    few = statements(base)
    assert few <= MOST
    with CaptureQueriesContext(connection) as asked:
        overview.read(now())
        forget_everything()
    with CaptureQueriesContext(connection) as asked_first:
        overview.read(now())
    # Of all that is read, the page before has let the process remember the policy alone.
    assert len(asked_first) == len(asked) + 1 <= MOST
    assert statements(f"{base}now/") < few
    subject, late = make_subject(), now() - timedelta(minutes=2)
    for at in range(30):
        sign_in(late - timedelta(days=7 * (at % 5)), subject, client=make_party(name=f"Party {at}"))
        record(Tag.VERDICT_REFUSED)
    make_device(subject)
    assert statements(base) == few


def test_what_is_read_by_itself_does_not_keep_a_session_alive(admin: Client, base: str) -> None:
    session = admin.session
    long_ago = (now() - timedelta(minutes=30)).isoformat()
    session["portal_seen"] = long_ago
    session.save()
    admin.get(f"{base}now/", headers={"X-Visor-By-Itself": "1"})
    assert admin.session["portal_seen"] == long_ago
    admin.get(f"{base}now/")
    assert admin.session["portal_seen"] != long_ago
    assert AdministratorSession.objects.count() == 1


@pytest.mark.parametrize("hour", ["", "today", "2026-13-01T00", "0001-01-01T00", "9999-12-31T23"])
def test_what_is_no_hour_filters_nothing(admin: Client, base: str, tenant: Tenant, hour: str) -> None:
    sign_in(now() - timedelta(minutes=1), make_subject())
    assert shown(admin, f"{base}attempts/?hour={hour}&hours=99").context["page"].counted == 1


def test_a_list_says_which_hours_it_is_narrowed_to(admin: Client, base: str) -> None:
    page = shown(admin, f"{base}attempts/?hour=2026-11-29T04&hours=24").content.decode()
    assert 'datetime="2026-11-29T04:00:00+00:00"' in page
    assert 'datetime="2026-11-30T04:00:00+00:00"' in page
    assert 'name="hour" value="2026-11-29T04"' in page
