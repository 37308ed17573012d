"""A tenant's way to a host of its own and back: what is proven, what stays, what ends."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.fetch import Fetched, FetchRefused
from authsvc.hosts import moving
from authsvc.hosts.models import Host
from authsvc.hosts.names import HostRefused
from authsvc.hosts.places import forget_places, place_of, related_origins, tenant_address
from authsvc.management import hosts
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import System
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_device, make_host, make_subject, make_tenant
from tests.provider.browser import Browser, answer_of, make_partner, make_person
from tests.unit.management.conftest import member

pytestmark = pytest.mark.django_db
OPERATOR = System("an operator")


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


class Names:
    """Names that lead to this installation, or answer what they are told to."""

    def __init__(self) -> None:
        self.answers: dict[str, Fetched | FetchRefused] = {}

    def fetch(self, url: str, **_: Any) -> Fetched:
        host = url.split("/")[2]
        told = self.answers.get(host)
        if isinstance(told, FetchRefused):
            raise told
        if told is not None:
            return told
        answer = Client().get("/" + url.split("/", 3)[3], headers={"host": host})
        return Fetched(answer.status_code, "text/plain", answer.content)


@pytest.fixture(autouse=True)
def leads_here(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(moving, "fetch", names.fetch)
    return names


def moved(host: str) -> Host:
    hosts.ask(by=OPERATOR, host=host)
    return hosts.go_live(by=OPERATOR, host=host)


def test_a_name_that_leads_here_goes_live_and_is_the_issuer_from_then_on(tenant: Tenant) -> None:
    moved("a.localhost")
    assert tenant_address(tenant) == f"http://a.localhost:8000/t/{tenant.slug}/"
    said = AuditEvent.objects.get(tag=Tag.HOST_LIVE.value)
    assert (said.actor, said.details["host"], said.details["checked"]) == ("an operator", "a.localhost", True)


@pytest.mark.parametrize(
    "answer",
    [
        FetchRefused("a.localhost does not resolve"),
        Fetched(200, "text/plain", b"another installation's"),
        Fetched(302, "text/plain", b""),
        Fetched(404, "text/html", b""),
    ],
    ids=["no address", "another server", "redirect", "no such page"],
)
def test_a_name_that_does_not_lead_here_stays_where_it_is(
    tenant: Tenant, leads_here: Names, answer: Any
) -> None:
    leads_here.answers["a.localhost:8000"] = answer
    hosts.ask(by=OPERATOR, host="a.localhost")
    with pytest.raises(HostRefused, match="host-silent"):
        hosts.go_live(by=OPERATOR, host="a.localhost")
    assert place_of(tenant.pk).host == ""
    hosts.go_live(by=OPERATOR, host="a.localhost", unchecked=True)
    assert AuditEvent.objects.get(tag=Tag.HOST_LIVE.value).details["checked"] is False


def test_an_administrator_cannot_leave_the_question_out(tenant: Tenant, leads_here: Names) -> None:
    leads_here.answers["a.localhost:8000"] = Fetched(200, "text/plain", b"another installation's")
    by = member((tenant, Role.OWNER))
    hosts.ask(by=by, host="a.localhost")
    with pytest.raises(HostRefused, match="host-silent"):
        hosts.go_live(by=by, host="a.localhost", unchecked=True)


def test_a_name_is_one_tenants_alone_and_free_again_after_a_week(tenant: Tenant) -> None:
    hosts.ask(by=OPERATOR, host="a.localhost")
    with tenant_scope(make_tenant().id):
        with pytest.raises(HostRefused, match="host-taken"), transaction.atomic():
            hosts.ask(by=OPERATOR, host="a.localhost")
        for act in (hosts.go_live, hosts.leave, hosts.drop):
            with pytest.raises(HostRefused, match="host-unknown"), transaction.atomic():
                act(by=OPERATOR, host="a.localhost")
        Host.objects.update(asked_at=now() - moving.ASKED_FOR - timedelta(seconds=1))
        hosts.ask(by=OPERATOR, host="a.localhost")
    assert Host.objects.get().tenant != tenant


def test_a_name_that_is_live_is_nobody_elses_ever(tenant: Tenant) -> None:
    moved("a.localhost")
    Host.objects.update(asked_at=now() - timedelta(days=400))
    with tenant_scope(make_tenant().id), pytest.raises(HostRefused, match="host-taken"):
        hosts.ask(by=OPERATOR, host="a.localhost")


def test_another_wish_takes_the_place_of_the_one_before(tenant: Tenant) -> None:
    hosts.ask(by=OPERATOR, host="a.localhost")
    hosts.ask(by=OPERATOR, host="b.localhost")
    assert [row.host for row in hosts.names()] == ["b.localhost"]


def test_passkeys_keep_their_rp_id_and_the_new_origin_may_use_them(tenant: Tenant) -> None:
    make_device(make_subject())
    moved("a.localhost")
    assert place_of(tenant.pk).rp_id == "localhost"
    answer = Client().get("/.well-known/webauthn", headers={"host": "localhost"})
    assert answer.json() == {"origins": ["http://a.localhost:8000"]}
    assert Client().get("/.well-known/webauthn", headers={"host": "a.localhost:8000"}).status_code == 404


def test_without_passkeys_the_rp_id_is_the_new_name(tenant: Tenant) -> None:
    moved("a.localhost")
    assert place_of(tenant.pk).rp_id == "a.localhost"
    assert Client().get("/.well-known/webauthn", headers={"host": "localhost"}).status_code == 404


def test_back_at_the_installation_the_passkeys_of_the_host_go_on(tenant: Tenant) -> None:
    moved("a.localhost")
    make_device(make_subject())
    hosts.leave(by=OPERATOR, host="a.localhost")
    place = place_of(tenant.pk)
    assert (place.host, place.rp_id) == ("", "a.localhost")
    assert related_origins("a.localhost") == ["http://localhost:8000"]
    with pytest.raises(HostRefused, match="host-needed"), transaction.atomic():
        hosts.drop(by=OPERATOR, host="a.localhost")
    moved("b.localhost")
    assert related_origins("a.localhost") == ["http://b.localhost:8000"]
    hosts.go_live(by=OPERATOR, host="a.localhost")
    assert (place_of(tenant.pk).host, related_origins("a.localhost")) == ("a.localhost", [])
    hosts.drop(by=OPERATOR, host="b.localhost")
    assert [row.host for row in hosts.names()] == ["a.localhost"]


def test_no_more_origins_keep_an_rp_id_than_browsers_read(tenant: Tenant) -> None:
    for number in range(moving.RELATED_AT_MOST):
        make_host(make_tenant(), f"t{number}.example.org", rp_id="localhost")
    make_device(make_subject())
    hosts.ask(by=OPERATOR, host="a.example.org")
    with pytest.raises(HostRefused, match="host-related"), transaction.atomic():
        hosts.go_live(by=OPERATOR, host="a.example.org")
    # Below the RP ID itself a browser asks nobody.
    moved("a.localhost")


def test_two_hosts_are_never_live_at_once(tenant: Tenant) -> None:
    moved("a.localhost")
    moved("b.localhost")
    states = {row.host: row.state for row in hosts.names()}
    assert states == {"a.localhost": "left", "b.localhost": "live"}


def test_what_was_given_at_the_address_before_is_over(tenant: Tenant) -> None:
    partner, visitor = make_partner(offline_access=True, scopes=["openid", "offline_access"]), Browser(tenant)
    ada = make_person()
    tokens = visitor.tokens(partner, ada, scope="openid offline_access")
    code = answer_of(visitor.authorize(partner))["code"]
    assert visitor.userinfo(tokens["access_token"]).status_code == 200
    moved("a.localhost")
    there = Browser(tenant, Client(headers={"host": "a.localhost:8000"}))
    assert there.userinfo(tokens["access_token"]).status_code == 401
    assert there.refresh(partner, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert there.redeem(partner, code).json()["error"] == "invalid_grant"
    anew = there.tokens(partner, ada, scope="openid offline_access")
    assert there.userinfo(anew["access_token"]).status_code == 200
    assert there.refresh(partner, anew["refresh_token"]).status_code == 200


@pytest.mark.requirement("S9.4-02")
def test_t21_a_live_organisation_moves_by_two(leads_here: Names) -> None:
    tenant = make_tenant(kind=Tenant.Kind.LIVE)
    with tenant_scope(tenant.id):
        by = member((tenant, Role.OWNER))
        hosts.ask(by=by, host="a.example.org")
        with pytest.raises(NeedsAgreement), transaction.atomic():
            hosts.go_live(by=by, host="a.example.org")
        moved("b.example.org")
        with pytest.raises(NeedsAgreement), transaction.atomic():
            hosts.leave(by=by, host="b.example.org")
        assert place_of(tenant.pk).host == "b.example.org"


def test_the_command_says_how_it_stands(tenant: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("tenant_host", tenant.slug, "ask", "a.localhost")
    asked = capsys.readouterr().out
    assert f"/.well-known/visor-host has to answer {Host.objects.get().challenge}" in asked
    call_command("tenant_host", tenant.slug, "live", "a.localhost", "--unchecked")
    assert f"issuer: http://a.localhost:8000/t/{tenant.slug}/" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no such name"):
        call_command("tenant_host", tenant.slug, "leave", "b.localhost")
    with pytest.raises(CommandError, match="no tenant"):
        call_command("tenant_host", "nobody")


def test_t02_a_name_that_nobody_sealed_goes_nowhere(tenant: Tenant) -> None:
    hosts.ask(by=OPERATOR, host="a.localhost")
    Host._base_manager.update(seal=None)
    with pytest.raises(Refused, match="not-believed"):
        hosts.go_live(by=OPERATOR, host="a.localhost", unchecked=True)


def test_t02_a_name_that_somebody_moved_to_another_tenant_goes_nowhere(tenant: Tenant) -> None:
    moved("a.localhost")
    Host._base_manager.update(tenant=make_tenant())
    forget_places()
    assert place_of(Host.objects.get().tenant_id).host == place_of(tenant.pk).host == ""
