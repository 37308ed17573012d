"""S9.4-01: people come from their organisation's own provider, and enrol by themselves under its rule."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.services import create_link
from authsvc.hosts.places import place_of
from authsvc.keys.held import PREVIOUS
from authsvc.management import people, self_enrolment
from authsvc.seals.kinds import BY_PROVIDER
from authsvc.seals.sealing import CannotSeal
from authsvc.self_enrolment.models import Arrival
from authsvc.self_enrolment.provider import provider_of_people, secret_of
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from config import secrets
from config.rewrapping import received
from tests.factories import make_device, make_host, make_tenant
from tests.outside import ACR, CLIENT, SECRET, Outside
from tests.unit.self_enrolment.comer import BY, Comer, make_invited, refusals, set_up

pytestmark = pytest.mark.requirement("S9.4-01")


def assert_refused(comer: Comer, answer: Any, reason: str, *, status: int = 403) -> None:
    assert answer.status_code == status, answer.content.decode()[-2000:]
    page = answer.content.decode()
    assert "This did not work" in page
    assert f'href="/t/{comer.tenant.slug}/' in page, "a way on"
    assert reason in refusals()[-1]
    assert not EnrolmentLink.objects.exists()
    assert not Arrival.objects.exists()


# --- what it is for


def test_a_newcomer_is_entered_and_reaches_the_notice(comer: Comer) -> None:
    page = comer.http.get(comer.root).content.decode()
    assert "Sign in with Northwind ID" in page
    assert "Hello Ada Lovelace" in comer.notice(comer.come())
    asked = comer.provider.asked
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert (asked["acr_values"], asked["max_age"], asked["client_id"]) == (ACR, "900", CLIENT)
    assert asked["redirect_uri"] == f"{settings.BASE_URL}{comer.root}callback/"
    assert min(len(asked["state"]), len(asked["nonce"])) >= 32
    ada = Subject.objects.get()
    assert (ada.name, ada.external_id, ada.status) == ("Ada Lovelace", "ada-7", "invited")
    assert ada.claims == {"name": "Ada Lovelace"}
    arrival = Arrival.objects.get()
    assert (arrival.issuer, arrival.sub, arrival.subject_id) == (comer.provider.issuer, "ada-7", ada.pk)
    link = EnrolmentLink.objects.get()
    assert link.created_by == BY_PROVIDER
    assert timedelta(minutes=29) < link.expires_at - now() <= timedelta(minutes=30)
    came = AuditEvent.objects.get(tag=Tag.PERSON_CAME_BY_PROVIDER)
    assert (came.subject, came.details["issuer"]) == (str(ada.pk), comer.provider.issuer)


def test_who_was_entered_is_known_by_their_number_and_keeps_their_name(comer: Comer) -> None:
    set_up(comer.provider, newcomers=False, external_id_claim="employee")
    known = make_invited(name="A. Lovelace", external_id="4711")
    comer.provider.person["employee"] = 4711
    assert "Hello A. Lovelace" in comer.notice(comer.come())
    assert Arrival.objects.get().subject_id == known.pk
    assert Subject.objects.count() == 1


def test_who_comes_again_before_they_are_set_up_gets_a_new_link_and_the_old_one_ends(comer: Comer) -> None:
    first = urlsplit(comer.come()["Location"]).path
    comer.provider.person |= {"name": "Another Name", "sub": "ada-7"}
    assert "Hello Ada Lovelace" in comer.notice(comer.come())
    assert Subject.objects.count() == Arrival.objects.count() == 1
    assert comer.http.get(first).status_code == 410


def test_web_vouches_for_links_of_who_came_from_the_provider_and_for_no_others(
    comer: Comer, settings: Any
) -> None:
    held = dict(settings.SECRETS)
    settings.SECRETS = {name: held[name] for name in held if name != "seal_private_key_portal"}
    comer.come()
    link = EnrolmentLink.objects.get()
    with pytest.raises(CannotSeal):
        create_link(subject=link.subject, created_by="an administrator")
    settings.SECRETS = held
    assert people.file_of(link.subject_id).arrivals[0].sub == "ada-7"
    people.revoke_link(by=BY, link=link)
    assert EnrolmentLink.objects.get().state == "revoked"


def test_it_works_at_a_host_of_the_tenants_own(comer: Comer) -> None:
    make_host(comer.tenant, "a.localhost")
    origin = place_of(comer.tenant.pk).origin
    comer.http = Client(headers={"host": urlsplit(origin).netloc})
    assert "Hello Ada Lovelace" in comer.notice(comer.come())
    assert comer.provider.asked["redirect_uri"] == f"{origin}{comer.root}callback/"
    assert Client().get(comer.root)["Location"] == f"{origin}{comer.root}"


def test_the_own_page_leads_there_where_it_is_switched_on(comer: Comer) -> None:
    own = f"/t/{comer.tenant.slug}/me/"
    assert comer.root in comer.http.get(own).content.decode()
    set_up(comer.provider, enabled=False)
    assert comer.root not in comer.http.get(own).content.decode()


# --- the rule


def test_switched_off_or_removed_there_is_nothing(comer: Comer) -> None:
    address = comer.provider.answer(comer.begin())
    set_up(comer.provider, enabled=False)
    for path in ("", "go", "callback/"):
        assert Client().get(f"{comer.root}{path}").status_code == 404
    assert comer.back(address).status_code == 404
    self_enrolment.remove(by=BY)
    assert Client().get(comer.root).status_code == 404
    assert not Subject.objects.exists()


@pytest.mark.parametrize("said", [True, 1, None, {"staff": 1}, ["Staff"], [], "staff "])
def test_only_the_very_text_lets_somebody_enrol(comer: Comer, said: object) -> None:
    comer.provider.person["groups"] = said
    assert_refused(comer, comer.come(), "not-admitted")
    assert not Subject.objects.exists()


@pytest.mark.parametrize("said", ["staff", ["other", "staff"]])
def test_one_of_the_values_lets_somebody_enrol(comer: Comer, said: object) -> None:
    comer.provider.person["groups"] = said
    comer.notice(comer.come())


def test_everybody_may_where_the_rule_says_so(comer: Comer) -> None:
    set_up(comer.provider, everybody=True, gate_claim="", gate_values=[])
    del comer.provider.person["groups"]
    comer.notice(comer.come())


def test_nobody_unknown_enrols_where_newcomers_do_not(comer: Comer) -> None:
    set_up(comer.provider, newcomers=False)
    assert_refused(comer, comer.come(), "newcomers are not let in")
    assert not Subject.objects.exists()


@pytest.mark.parametrize(
    ("said", "verified", "kept"),
    [
        ("ada@northwind.example", True, "ada@northwind.example"),
        ("ada@northwind.example", False, ""),
        ("ada@northwind.example", "true", ""),
        ("ada@northwind.example", None, ""),
        ("no address", True, ""),
        (["ada@northwind.example"], True, ""),
    ],
)
def test_an_address_is_taken_where_it_is_verified_alone(
    comer: Comer, said: object, verified: object, kept: str
) -> None:
    comer.provider.person |= {"email": said, "email_verified": verified}
    comer.come()
    claims = Subject.objects.get().claims
    assert claims.get("email", "") == kept
    assert claims.get("email_verified", False) is bool(kept)


def test_who_has_no_verified_address_does_not_enrol_where_one_is_needed(comer: Comer) -> None:
    set_up(comer.provider, email="needed")
    comer.provider.person |= {"email": "ada@northwind.example", "email_verified": False}
    assert_refused(comer, comer.come(), "claims-missing")
    comer.provider.person["email_verified"] = True
    comer.notice(comer.come())


def test_no_address_is_taken_where_none_is_wanted(comer: Comer) -> None:
    set_up(comer.provider, email="left")
    comer.provider.person |= {"email": "ada@northwind.example", "email_verified": True}
    comer.come()
    assert "email" not in Subject.objects.get().claims


@pytest.mark.parametrize(
    "said",
    [{"name": None}, {"name": " "}, {"name": "x" * 121}, {"name": "a\u202eb"}, {"name": ["Ada"]}],
)
def test_without_a_name_that_is_one_nobody_is_entered(comer: Comer, said: dict[str, Any]) -> None:
    comer.provider.person |= said
    comer.provider.info = {"sub": "ada-7"}
    assert_refused(comer, comer.come(), "is no name")
    assert not Subject.objects.exists()


@pytest.mark.parametrize("said", [None, "", True, 1.5, ["7"], "x" * 121, "a\u202eb"])
def test_without_a_number_that_is_one_nobody_is_entered(comer: Comer, said: object) -> None:
    set_up(comer.provider, external_id_claim="employee")
    comer.provider.person["employee"] = said
    assert_refused(comer, comer.come(), "is no number")
    assert not Subject.objects.exists()


# --- nobody takes over somebody else


def test_the_address_of_somebody_else_makes_nobody_them(comer: Comer) -> None:
    victim = make_invited(name="Grace Hopper", claims={"email": "grace@northwind.example"})
    comer.provider.person |= {"email": "grace@northwind.example", "email_verified": True}
    comer.come()
    assert Arrival.objects.get().subject_id != victim.pk
    assert not EnrolmentLink.objects.filter(subject=victim).exists()


def _in_use(how: str) -> Subject:
    changed: dict[str, dict[str, Any]] = {
        "active": {"status": Subject.Status.ACTIVE},
        "face": {"reference": "a-reference"},
    }
    known = make_invited(external_id="ada-7", **changed.get(how, {}))
    if how == "passkey":
        make_device(known)
    return known


@pytest.mark.parametrize("how", ["active", "face", "passkey"])
def test_who_can_sign_in_already_gets_no_second_way_by_the_providers_word(comer: Comer, how: str) -> None:
    known = _in_use(how)
    answer = comer.come()
    assert_refused(comer, answer, "can sign in already", status=409)
    page = answer.content.decode()
    for way in ("me/", "passkeys/", "me/lost"):
        assert f'href="/t/{comer.tenant.slug}/{way}"' in page
    assert Subject.objects.get() == known


def test_who_enrolled_by_it_gets_no_second_way_either(comer: Comer) -> None:
    comer.come()
    ada = Subject.objects.get()
    EnrolmentLink.objects.update(used_at=now())
    Subject.objects.update(status=Subject.Status.ACTIVE)
    assert comer.come().status_code == 409
    assert f"person {ada.pk} can sign in already" in refusals()[-1]
    assert not EnrolmentLink.objects.filter(used_at=None).exists()


def test_a_suspended_person_is_told_so(comer: Comer) -> None:
    known = make_invited(external_id="ada-7")
    people.suspend(by=BY, subject=known, why="asked")
    assert_refused(comer, comer.come(), "is suspended")


def test_what_a_provider_calls_an_erased_person_is_forgotten(comer: Comer) -> None:
    """Whoever was erased and comes again is a stranger: nothing is left that they could be known by."""
    comer.come()
    erased = Subject.objects.get()
    people.close(by=BY, subject=erased)
    assert not Arrival.objects.exists()
    set_up(comer.provider, newcomers=False)
    answer = comer.come()
    assert answer.status_code == 403
    assert "nobody is known by this sub" in refusals()[-1]
    set_up(comer.provider)
    comer.notice(comer.come())
    assert Arrival.objects.get().subject_id != erased.pk


def test_a_link_of_a_person_who_is_erased_meanwhile_leads_nowhere(comer: Comer) -> None:
    path = urlsplit(comer.come()["Location"]).path
    people.close(by=BY, subject=Subject.objects.get())
    assert comer.http.get(path).status_code == 410


def test_a_number_that_was_given_to_another_account_there_is_refused(comer: Comer) -> None:
    set_up(comer.provider, external_id_claim="employee")
    comer.provider.person["employee"] = "4711"
    comer.come()
    comer.provider.person["sub"] = "eve-1"
    answer = comer.come()
    assert answer.status_code == 409
    assert "came with another sub" in refusals()[-1]
    assert Arrival.objects.get().sub == "ada-7"


def test_an_arrival_that_nobody_vouched_for_makes_nobody_anybody(comer: Comer) -> None:
    """Whoever writes to the database says of no account that it is somebody's (T02)."""
    victim = make_invited(name="Grace Hopper")
    comer.come()
    Arrival._base_manager.update(subject=victim)
    answer = comer.come()
    assert answer.status_code == 403
    assert not EnrolmentLink.objects.filter(subject=victim).exists()


# --- nothing across tenants


def test_an_attempt_of_one_tenant_is_not_answered_at_another(comer: Comer) -> None:
    other = make_tenant()
    with tenant_scope(other.id):
        set_up(comer.provider)
    address = comer.provider.answer(comer.begin()).replace(comer.tenant.slug, other.slug)
    elsewhere = Comer(other, comer.provider, comer.http)
    answer = elsewhere.back(address)
    with tenant_scope(other.id):
        assert_refused(elsewhere, answer, "the state is of")
        assert not Subject.objects.exists()
    assert not Subject.objects.exists()


def test_a_person_of_one_tenant_is_nobody_at_another(comer: Comer) -> None:
    comer.come()
    other: Tenant = make_tenant()
    with tenant_scope(other.id):
        set_up(comer.provider, newcomers=False)
        elsewhere = Comer(other, comer.provider)
        assert_refused(elsewhere, elsewhere.come(), "nobody is known")


def test_the_secret_lies_sealed_for_web_and_this_issuer_alone(
    comer: Comer, settings: Any, provider: Outside
) -> None:
    row = provider_of_people()
    assert row is not None
    sealed = row.sealed_secret
    assert SECRET.encode() not in bytes(sealed or b"")
    assert secret_of(row) == SECRET
    row.issuer = "https://evil.example"
    assert secret_of(row) == ""
    changed = set_up(provider)
    held = dict(settings.SECRETS)
    settings.SECRETS = {name: held[name] for name in held if name != "receiving_private_key_web"}
    assert secret_of(changed) == "", "the portal cannot open what it sealed"
    settings.SECRETS = held
    self_enrolment.configure(
        by=BY,
        **{
            **{name: getattr(changed, name) for name in _GIVEN},
            "issuer": "https://evil.example",
        },
    )
    other = provider_of_people()
    assert other is not None
    assert other.sealed_secret is None, "another issuer gets no secret"


def test_a_rotation_of_webs_key_keeps_the_secret(comer: Comer, settings: Any) -> None:
    held, fresh = dict(settings.SECRETS), secrets.held(secrets.generate(), ["web"]).keys
    pair = ("receiving_private_key_web", "receiving_public_key_web")
    settings.SECRETS = held | {name + PREVIOUS: held[name] for name in pair} | {n: fresh[n] for n in pair}
    assert (received().count, received().count) == (1, 0)
    settings.SECRETS = held | {name: fresh[name] for name in pair}
    row = provider_of_people()
    assert row is not None
    assert secret_of(row) == SECRET


_GIVEN = (
    *("name", "client_id", "scopes", "external_id_claim", "name_claim", "email", "everybody", "gate_claim"),
    *("gate_values", "acr_values", "max_age", "newcomers", "enabled"),
)
