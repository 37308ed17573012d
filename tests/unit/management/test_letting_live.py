"""A relying party of a live tenant is in test until its bench, or two people, let it live (S6.2-08)."""

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.settings.life import in_test
from authsvc.core.clock import now
from authsvc.delivery.models import Delivery
from authsvc.management import relying_parties
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member, System
from authsvc.oidc.bench.cases import Case
from authsvc.oidc.bench.driver import Seen
from authsvc.oidc.bench.running import last_run
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from tests.tenancy.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S6.2-08")]
BY = System("test")


@pytest.fixture
def party(tenant: Tenant) -> RelyingParty:
    tenant.kind = Tenant.Kind.LIVE
    tenant.save()
    made, _ = relying_parties.register(
        by=BY,
        name="Partner",
        redirect_uris=["https://partner.example/cb"],
        initiate_login_uri="https://partner.example/start",
        signed_in_uri="https://partner.example/members",
    )
    return made


def seen(party: RelyingParty, **changes: Seen) -> None:
    """Let the last run's cases end well, but for `changes`."""
    run = last_run(party)
    assert run is not None
    for case in Case:
        well = Seen.LET_IN if case == Case.GOOD else Seen.KEPT_OUT
        end = changes.get(case.name, well)
        record(Tag.BENCH_SEEN, client=party.client_id, reason=str(end), run=run.name, case=case.value, why="")


def fresh(party: RelyingParty) -> RelyingParty:
    return RelyingParty.objects.get(pk=party.pk)


def test_it_begins_in_test_and_in_a_sandbox_live(party: RelyingParty, tenant: Tenant) -> None:
    assert in_test(party)
    tenant.kind = Tenant.Kind.SANDBOX
    tenant.save()
    made, _ = relying_parties.register(by=BY, name="Toy", redirect_uris=["https://toy.example/cb"])
    assert not in_test(made)


def test_no_form_and_no_metadata_lets_it_live(party: RelyingParty) -> None:
    with pytest.raises(Exception, match="cannot be set"):
        relying_parties.change(by=BY, party=party, stage="")
    assert in_test(fresh(party))


def test_every_case_is_sent_once_and_in_its_order(party: RelyingParty) -> None:
    relying_parties.start_bench(by=BY, party=party)
    rows = Delivery.objects.order_by("due_at")
    assert [row.content["case"] for row in rows] == [case.value for case in Case]
    assert Subject.objects.get(external_id="visor-test-bench").name == "Test Bench"
    with pytest.raises(relying_parties.BenchGoesOn):
        relying_parties.start_bench(by=BY, party=party)
    relying_parties.stop_bench(by=BY, party=party)
    assert not Delivery.objects.exclude(due_at=None).exists()


def test_nothing_is_sent_where_nobody_could_see_what_comes_of_it(party: RelyingParty) -> None:
    relying_parties.change(by=BY, party=party, signed_in_uri="")
    with pytest.raises(relying_parties.CannotTry):
        relying_parties.start_bench(by=BY, party=fresh(party))


def test_it_goes_live_when_every_bad_token_was_rejected(party: RelyingParty) -> None:
    with pytest.raises(relying_parties.NotTested):
        relying_parties.let_live(by=BY, party=party)
    relying_parties.start_bench(by=BY, party=party)
    seen(party, LEVEL=Seen.NOT_ASKED)
    relying_parties.let_live(by=BY, party=party)
    assert not in_test(fresh(party))
    assert AuditEvent.objects.get(tag=Tag.CLIENT_LIVE).reason.startswith("bench ")


@pytest.mark.parametrize(
    "ends",
    [
        *({case.name: Seen.LET_IN} for case in Case if case != Case.GOOD),
        {"GOOD": Seen.KEPT_OUT},
        {"GOOD": Seen.NOT_ASKED},
        {"NONCE": Seen.UNSEEN},
    ],
    ids=str,
)
def test_one_case_that_did_not_end_well_keeps_it_in_test(party: RelyingParty, ends: dict[str, Seen]) -> None:
    relying_parties.start_bench(by=BY, party=party)
    seen(party, **ends)
    with pytest.raises(relying_parties.NotTested):
        relying_parties.let_live(by=BY, party=party)


def test_only_the_last_run_counts(party: RelyingParty) -> None:
    relying_parties.start_bench(by=BY, party=party)
    seen(party)
    relying_parties.start_bench(by=BY, party=party)
    with pytest.raises(relying_parties.NotTested):
        relying_parties.let_live(by=BY, party=party)


def test_an_exception_takes_two(party: RelyingParty, tenant: Tenant) -> None:
    user = make_user((tenant, Role.OWNER), email="one@example.org")
    alone = Member(user_id=user.pk, name=user.email, proven_at=now())
    with pytest.raises(NeedsAgreement):
        relying_parties.let_live_untested(by=alone, party=party)
    assert in_test(fresh(party))


def test_a_deleted_one_is_refused_and_comes_back_as_it_was(party: RelyingParty) -> None:
    before = list(ClientSecret.objects.values_list("digest", flat=True))
    relying_parties.remove(by=BY, party=party)
    assert fresh(party).status == RelyingParty.Status.REMOVED
    assert party not in relying_parties.kept()
    relying_parties.restore(by=BY, party=party)
    assert fresh(party).status == RelyingParty.Status.ACTIVE
    assert list(ClientSecret.objects.values_list("digest", flat=True)) == before
    with pytest.raises(relying_parties.NotDeleted):
        relying_parties.restore(by=BY, party=party)
