"""The platform's screens over HTTP: for whom the settings name, with every guard of the portal."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.services import register
from authsvc.core.clock import now
from authsvc.core.remembered import forget_everything
from authsvc.heartbeats.beats import PARTS, SILENT
from authsvc.heartbeats.models import Heartbeat
from authsvc.keys.models import SigningKey
from authsvc.keys.signing import ensure_keys
from authsvc.management import health, importing, people, tenants
from authsvc.management.acting import NotPermitted, ProveAgain
from authsvc.management.actors import Member, Operator, System
from authsvc.policy.models import PolicyVersion
from authsvc.subjects.models import Subject
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.quotas import QuotaReached
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User
from tests.factories import make_tenant, offer_sample_key
from tests.tenancy.people import PASSWORD, make_user, signed_in

NEW = {"name": "Orchard", "slug": "orchard", "owner": "Grace@Example.org", "kind": "live"}
PAGES = ("", "new/", "organisations/{slug}/")
ACTS = (
    "new/",
    "organisations/{slug}/quotas/",
    "organisations/{slug}/suspend/",
    "organisations/{slug}/resume/",
)


@pytest.fixture
def operator(db: None) -> Client:
    """The browser of somebody who runs the installation and belongs to no organisation."""
    return signed_in(make_user(email="operator@example.org"))


def person(tenant: Tenant, path: str, **headers: str) -> Any:
    forget_everything()
    return Client().get(f"/t/{tenant.slug}/{path}", headers={"accept": "text/html", **headers})


def test_an_organisation_is_made_and_its_owner_comes_in(operator: Client, mailoutbox: list[Any]) -> None:
    answer = operator.post("/platform/new/", NEW)
    assert answer["Location"] == "/platform/organisations/orchard/"
    made = Tenant.objects.get(slug="orchard")
    assert (made.name, made.kind) == ("Orchard", "live")
    with tenant_scope(made.pk):
        first, second = AuditEvent.objects.order_by("sequence")[:2]
        assert (first.tag, first.actor) == (Tag.TENANT_CREATED, "operator@example.org")
        assert PolicyVersion.objects.count() == 1
        assert Invitation.objects.get().role == Role.OWNER
    assert second.actor == "operator@example.org"
    [mail] = mailoutbox
    assert mail.to == ["grace@example.org"]
    link = re.search(r"(/account/join/\S+)", str(mail.body))
    assert link is not None
    Client().post(link[1], {"name": "Grace", "password": PASSWORD})
    assert Membership.objects.get(tenant=made).user.email == "grace@example.org"


def test_every_page_is_shown_in_no_tenants_scope(operator: Client) -> None:
    made = make_tenant(name="<b>Orchard</b>")
    for path in PAGES:
        page = operator.get(f"/platform/{path.format(slug=made.slug)}")
        assert page.status_code == 200
        assert "<b>Orchard" not in page.content.decode()


def test_a_form_that_is_sent_twice_makes_one(operator: Client, mailoutbox: list[Any]) -> None:
    assert (
        operator.post("/platform/new/", NEW)["Location"] == operator.post("/platform/new/", NEW)["Location"]
    )
    assert len(mailoutbox) == 1
    taken = operator.post("/platform/new/", {**NEW, "name": "Another"})
    assert taken.status_code == 422
    assert "Another organisation has this address" in taken.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Or chard"),
        ("slug", "-x"),
        ("slug", "a" * 41),
        ("name", "Or\u202ehard"),
        ("owner", "no"),
        ("kind", "x"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    operator: Client, mailoutbox: list[Any], field: str, value: str
) -> None:
    answer: Any = operator.post("/platform/new/", {**NEW, field: value})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert (Tenant.objects.count(), mailoutbox) == (0, [])


def test_without_the_mail_there_is_no_organisation(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError

    monkeypatch.setattr("portal.accounts.services.send_invitation", broken)
    assert operator.post("/platform/new/", NEW).status_code == 422
    assert not Tenant.objects.exists()


def test_suspended_nobody_signs_in_and_everything_is_kept(operator: Client, tenant: Tenant) -> None:
    ensure_keys(["ES256"])
    at = f"/platform/organisations/{tenant.slug}/"
    assert person(tenant, "authorize").status_code != 503
    assert operator.post(f"{at}suspend/")["Location"] == at
    assert "Suspended since" in operator.get(at).content.decode()
    page = person(tenant, "authorize")
    assert (page.status_code, page["Retry-After"]) == (503, "3600")
    assert "is paused" in page.content.decode()
    assert f'href="/t/{tenant.slug}/me/"' in page.content.decode()
    for path in ("token", "par", "userinfo", "introspect", "backchannel-authentication", "register"):
        refused = Client().post(f"/t/{tenant.slug}/{path}")
        assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable"), path
    for path in ("enrol/x/", "approve/", "passkeys/", "liveness/sessions", "what-comes-later"):
        assert person(tenant, path).status_code == 503, path
    for path in ("jwks", ".well-known/openid-configuration", "me/"):
        assert person(tenant, path).status_code == 200, path
    owner = signed_in(make_user((tenant, Role.OWNER)))
    assert "Signing in is paused" in owner.get(f"/portal/{tenant.slug}/").content.decode()

    operator.post(f"{at}resume/")
    operator.post(f"{at}resume/")
    assert person(tenant, "authorize").status_code != 503
    for tag in (Tag.TENANT_SUSPENDED, Tag.TENANT_RESUMED):
        assert AuditEvent.objects.get(tag=tag).actor == "operator@example.org"


QUOTAS = "organisations/{slug}/quotas/"


def test_nobody_is_added_beyond_a_quota(operator: Client, tenant: Tenant) -> None:
    owner, base = signed_in(make_user((tenant, Role.OWNER))), f"/portal/{tenant.slug}/"
    with tenant_scope(tenant.pk):
        there, parties = Subject.objects.count(), RelyingParty.objects.count()
    sent = {"most_people": there + 1, "most_relying_parties": parties}
    page = operator.post(f"/platform/{QUOTAS.format(slug=tenant.slug)}", sent, follow=True)
    assert "The quotas are set" in page.content.decode()
    assert [owner.post(f"{base}people/new/", {"name": name}).status_code for name in ("Ada", "Grace")] == [
        302,
        422,
    ]
    refused = owner.post(f"{base}people/new/", {"name": "Grace"}).content.decode()
    assert "as many people as it may have" in refused
    with tenant_scope(tenant.pk):
        by = Member(Membership.objects.get(tenant=tenant, role=Role.OWNER).user_id, "o", proven_at=now())
        table = importing.check(by=by, name="people.csv", content=b"name,number\nGrace,7\n")
        with pytest.raises(QuotaReached):
            importing.begin(by=by, table=table, way="link")
        with pytest.raises(RegistrationProblems, match="as many relying parties"):
            register(name="One more", redirect_uris=["https://a.example/"], scopes=["openid"])
        assert (Subject.objects.count(), RelyingParty.objects.count()) == (there + 1, parties)
        told = AuditEvent.objects.filter(tag=Tag.TENANT_BOUNDED).get()
    assert told.details == {"most_people": str(there + 1), "most_relying_parties": str(parties)}
    operator.post(
        f"/platform/{QUOTAS.format(slug=tenant.slug)}", {"most_people": "", "most_relying_parties": ""}
    )
    assert owner.post(f"{base}people/new/", {"name": "Grace"}).status_code == 302


def test_who_is_entered_as_the_quota_fills_is_left_out_and_it_is_said(tenant: Tenant) -> None:
    by = System("a test")
    with tenant_scope(tenant.pk):
        table = importing.check(by=by, name="people.csv", content=b"name,number\nAda,7\nGrace,8\n")
        importing.begin(by=by, table=table, way="link")
        Tenant.objects.filter(pk=tenant.pk).update(most_people=Subject.objects.count() + 1)
        importing.go_on(table.pk)
        lines = list(table.lines.order_by("number").values_list("outcome", "problem"))
    assert lines == [("linked", ""), ("failed", "full")]


@pytest.mark.parametrize("wrong", ["-1", "many", "1000000000"])
def test_a_quota_that_is_none_is_said_beside_its_field(operator: Client, tenant: Tenant, wrong: str) -> None:
    sent = {"most_people": wrong, "most_relying_parties": "5"}
    page = operator.post(f"/platform/{QUOTAS.format(slug=tenant.slug)}", sent)
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.content.decode()
    assert Tenant.objects.get(pk=tenant.pk).most_relying_parties is None


def test_another_organisation_goes_on(operator: Client, tenant: Tenant) -> None:
    other = make_tenant()
    operator.post(f"/platform/organisations/{tenant.slug}/suspend/")
    assert person(other, "authorize").status_code != 503


def test_for_everybody_else_there_is_nothing(owner: Client, tenant: Tenant, operator: Client) -> None:
    half = signed_in(User.objects.get(email="operator@example.org"), second_factor=False)
    for browser, status in ((owner, 404), (half, 302), (Client(), 302)):
        for path in PAGES:
            assert browser.get(f"/platform/{path.format(slug=tenant.slug)}").status_code == status
    for path in ACTS:
        assert owner.post(f"/platform/{path.format(slug=tenant.slug)}", NEW).status_code == 404
        assert Client().post(f"/platform/{path.format(slug=tenant.slug)}", NEW).status_code == 401
        assert operator.get(f"/platform/{path.format(slug=tenant.slug)}").status_code in {200, 405}
    assert Tenant.objects.get(pk=tenant.pk).suspended_at is None
    assert "platform" not in owner.get("/portal/", follow=True).content.decode().lower()
    assert "/platform/" in operator.get("/portal/").content.decode()


def test_the_operator_is_nobody_in_an_organisation(operator: Client, tenant: Tenant) -> None:
    assert operator.get(f"/portal/{tenant.slug}/").status_code == 404
    by = Operator(make_user().pk, "operator@example.org", now())
    with pytest.raises(NotPermitted):
        people.invite(by=by, name="Ada", external_id="", email="")


def test_an_act_takes_a_proof_of_this_moment(operator: Client, tenant: Tenant) -> None:
    stale = Operator(make_user().pk, "operator@example.org", now() - timedelta(minutes=6))
    for act in (tenants.suspend, tenants.resume):
        with pytest.raises(ProveAgain):
            act(by=stale, tenant=tenant)
    session = operator.session
    methods = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**each, "at": each["at"] - 3600} for each in methods]
    session.save()
    asked = operator.post(f"/platform/organisations/{tenant.slug}/suspend/")
    assert asked.status_code == 403
    assert "Confirm that it is you" in asked.content.decode()
    assert Tenant.objects.get(pk=tenant.pk).suspended_at is None


def test_the_command_makes_one_too(db: None, mailoutbox: list[Any]) -> None:
    call_command("create_tenant", "orchard", "--name", "Orchard", "--owner", "grace@example.org")
    assert Tenant.objects.get().kind == Tenant.Kind.LIVE
    assert mailoutbox[0].to == ["grace@example.org"]
    with pytest.raises(CommandError, match="slug"):
        call_command("create_tenant", "orchard", "--name", "Orchard", "--owner", "grace@example.org")


# --- health


def found() -> dict[str, health.Line]:
    return {line.name: line for line in health.lines(now())}


def test_workers_are_seen_at_one_look(operator: Client, tenant: Tenant) -> None:
    assert (found()["workers"].state, health.worst(health.lines(now()))) == ("bad", "bad")
    assert "does not work or keep up" in operator.get("/platform/").content.decode()
    offer_sample_key()
    assert found()["workers"].state == "good"
    assert "1 is there" in operator.get("/platform/").content.decode()


def test_what_works_beside_is_seen_to_be_silent(operator: Client, tenant: Tenant) -> None:
    assert health.BESIDE.keys() == set(PARTS)
    Heartbeat.objects.bulk_create([Heartbeat(part=part, seen_at=now()) for part in PARTS[1:]])
    told = {part: found()[f"at-work-{part}"] for part in PARTS}
    assert {part: line.state for part, line in told.items()} == {
        **dict.fromkeys(PARTS, "good"),
        PARTS[0]: "bad",
    }
    assert told[PARTS[0]].said == "It was never heard of."
    Heartbeat.objects.update(seen_at=now() - SILENT - timedelta(seconds=40))
    states = {part: found()[f"at-work-{part}"].state for part in ("log", "sweeper", "keys", "office")}
    assert states == {"log": "bad", "sweeper": "bad", "keys": "warn", "office": "warn"}
    page = operator.get("/platform/").content.decode()
    assert "Sequencer of the audit log" in page
    assert "At work 1 min" in page


def test_what_waits_too_long_is_said(tenant: Tenant) -> None:
    assert found()["samples"].said == "None waits."
    line = health._waiting
    moment = now()
    for seconds, state in ((1, "good"), (6, "warn"), (21, "bad")):
        told = line("samples", "Faces", (2, moment - timedelta(seconds=seconds)), health.SAMPLES, moment)
        assert (told.state, told.said) == (state, f"2 wait, the oldest for {seconds} s.")


def test_events_that_the_log_has_not_taken_up_wait(tenant: Tenant) -> None:
    with tenant_scope(tenant.pk):
        tenants.suspend(by=Operator(make_user().pk, "o", now()), tenant=tenant)
    assert found()["events"].said == "1 waits, for 0 s."


def test_a_key_that_was_not_rotated_is_said(tenant: Tenant) -> None:
    ensure_keys(["ES256"])
    assert found()["keys"].state == "good"
    SigningKey.objects.filter(state="current").update(became_current_at=now() - timedelta(days=93))
    assert found()["keys"].state == "warn"


def test_a_queue_that_is_away_is_said(tenant: Tenant, settings: Any) -> None:
    assert found()["queue"].state == "good"
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    assert found()["queue"].state == "bad"
