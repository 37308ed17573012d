"""The screen of the policies: sentences, versions, the draft, the dry run, and the way back."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.management.models import Approval, PolicyDraft
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import current_policy, publish_policy
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from tests.ended import ended, face, proven, stored
from tests.factories import make_party, make_subject, make_tenant
from tests.tenancy.people import make_user, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-02")]
STRICT = {"operating_point": "3e-5", "draft": "1"}
LONG = "Ünïcode " * 11 + "W" * 8


@pytest.fixture
def auditor(tenant: Tenant) -> Client:
    """Somebody who only reads."""
    return signed_in(make_user((tenant, Role.AUDITOR), email="auditor@example.org"))


def page(client: Client, address: str) -> str:
    """Return a page's text without its line breaks."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


def seen(client: Client, base: str) -> str:
    """Return what names the draft as it is shown."""
    text = page(client, f"{base}policies/draft/")
    return text.partition('name="seen" value="')[2].partition('"')[0]


def publish(client: Client, base: str, **more: str) -> Any:
    return client.post(f"{base}policies/draft/publish/", {"seen": seen(client, base), **more}, follow=True)


def test_the_shipped_policy_is_told_in_sentences(admin: Client, base: str) -> None:
    text = page(admin, f"{base}policies/")
    assert "The policy that Visor ships" in text
    assert "Of 10,000 strangers at most one may be taken for the person" in text
    assert "turn the head, look at changing light" in text
    assert "operating_point" not in text


def test_a_change_waits_in_the_draft_and_is_published_as_a_version(admin: Client, base: str) -> None:
    saved = admin.post(f"{base}policies/change/strictness/", STRICT, follow=True).content.decode()
    assert "Nobody is judged by it yet" in saved
    assert current_policy().operating_point == "1e-4"
    text = page(admin, f"{base}policies/draft/")
    assert "Of 33,000 strangers" in text
    assert "Of 10,000 strangers" in text
    assert "A draft waits" in page(admin, f"{base}policies/")
    assert "Version 1 is in force" in publish(admin, base).content.decode()
    assert current_policy().operating_point == "3e-5"
    assert not PolicyDraft.objects.exists()
    text = page(admin, f"{base}policies/")
    assert "As it was sealed" in text
    assert AuditEvent.objects.filter(tag=Tag.POLICY_DRAFTED, actor="admin@example.org").exists()


def test_the_form_shows_what_the_draft_says_and_what_was_measured(admin: Client, base: str) -> None:
    admin.post(f"{base}policies/change/strictness/", STRICT)
    text = page(admin, f"{base}policies/change/strictness/")
    assert re.search(r'value="3e-5"[^>]* checked', text)
    assert "What was measured" in text
    assert "By group of people" in text


def test_without_a_measurement_the_form_says_so(
    admin: Client, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.policies.drafts.in_force", lambda _moment: None)
    assert "No face counts now" in page(admin, f"{base}policies/change/strictness/")


def test_the_turn_of_the_head_cannot_be_left_out(admin: Client, base: str) -> None:
    answer = admin.post(f"{base}policies/change/pictures/", {"minimum_quality": "50", "cues": ["light"]})
    assert answer.status_code == 422
    chosen = {"minimum_quality": "50", "cues": ["turn", "blink"]}
    assert admin.post(f"{base}policies/change/pictures/", chosen).status_code == 302
    assert (current_policy().minimum_quality, current_policy().challenge) == (50, ("turn", "blink"))
    # The same once more is no new version.
    admin.post(f"{base}policies/change/pictures/", chosen)
    assert PolicyVersion.objects.count() == 1


def test_a_part_that_is_none_is_not_there(admin: Client, base: str) -> None:
    for path in ("change/everything/", "versions/7/", "try/?version=7"):
        assert admin.get(f"{base}policies/{path}").status_code == 404


def test_a_draft_that_was_changed_meanwhile_is_not_published(admin: Client, base: str) -> None:
    admin.post(f"{base}policies/change/strictness/", STRICT)
    shown = seen(admin, base)
    admin.post(f"{base}policies/change/age/", {"least_age": "21", "draft": "1"})
    answer = admin.post(f"{base}policies/draft/publish/", {"seen": shown}, follow=True)
    assert "was changed meanwhile" in answer.content.decode()
    assert not PolicyVersion.objects.exists()
    shown = seen(admin, base)
    publish_policy(document={**DEFAULT, "minimum_quality": 50}, published_by="another")
    answer = admin.post(f"{base}policies/draft/publish/", {"seen": shown}, follow=True)
    assert "was changed meanwhile" in answer.content.decode()
    # What the draft does not name is as the other published it.
    publish(admin, base)
    assert (current_policy().minimum_quality, current_policy().least_age) == (50, 21)


def test_publishing_twice_publishes_once(admin: Client, base: str) -> None:
    admin.post(f"{base}policies/change/strictness/", STRICT)
    form = {"seen": seen(admin, base)}
    admin.post(f"{base}policies/draft/publish/", form)
    answer = admin.post(f"{base}policies/draft/publish/", form, follow=True)
    assert "There is no draft any more" in answer.content.decode()
    assert PolicyVersion.objects.count() == 1


def test_a_draft_is_thrown_away(admin: Client, base: str) -> None:
    admin.post(f"{base}policies/change/strictness/", STRICT)
    answer = admin.post(f"{base}policies/draft/discard/", follow=True)
    assert "thrown away" in answer.content.decode()
    assert "It changes nothing yet" in page(admin, f"{base}policies/draft/")
    assert AuditEvent.objects.filter(tag=Tag.POLICY_DRAFT_DISCARDED).count() == 1


def test_versions_are_compared_and_gone_back_to(admin: Client, base: str) -> None:
    for quality in (50, 60):
        publish_policy(document={**DEFAULT, "minimum_quality": quality}, published_by="Ines")
    text = page(admin, f"{base}policies/versions/1/")
    assert "At least 50 of 100 points" in text
    assert "Against the one in force" in text
    text = page(admin, f"{base}policies/versions/compare/?before=1&after=2")
    assert "At least 50 of 100" in text
    assert "At least 60 of 100" in text
    assert "minimum_quality" not in text
    assert "They say the same" in page(admin, f"{base}policies/versions/compare/?before=2&after=2")
    assert page(admin, f"{base}policies/versions/compare/?before=2&after=77")
    answer = admin.post(f"{base}policies/versions/1/restore/", follow=True)
    assert "Version 3 is in force. It says what version 1 said." in answer.content.decode()
    assert current_policy().minimum_quality == 50


def test_t24_a_version_that_was_changed_from_outside_is_shown_so_and_stays_away(
    admin: Client, base: str
) -> None:
    for quality in (50, 60):
        publish_policy(document={**DEFAULT, "minimum_quality": quality}, published_by="Ines")
    PolicyVersion._base_manager.filter(number=1).update(document={**DEFAULT, "minimum_quality": 40})
    assert "Not as it was sealed" in page(admin, f"{base}policies/")
    text = page(admin, f"{base}policies/versions/1/")
    assert "was changed from outside" in text
    assert "Go back to it" not in text
    answer = admin.post(f"{base}policies/versions/1/restore/", follow=True)
    assert "nobody can go back to it" in answer.content.decode()
    assert current_policy().minimum_quality == 60


def test_t24_out_of_a_broken_policy_leads_an_older_version(admin: Client, base: str) -> None:
    for quality in (50, 60):
        publish_policy(document={**DEFAULT, "minimum_quality": quality}, published_by="Ines")
    admin.post(f"{base}policies/change/strictness/", STRICT)
    PolicyVersion._base_manager.filter(number=2).update(document={**DEFAULT, "minimum_quality": 40})
    assert "Nobody can say which policy is in force" in page(admin, f"{base}policies/")
    assert admin.get(f"{base}policies/change/age/").status_code == 302
    for path in ("draft/", "try/"):
        assert admin.get(f"{base}policies/{path}").status_code == 302
    assert admin.post(f"{base}policies/draft/publish/", {"seen": ""}).status_code == 302
    admin.post(f"{base}policies/versions/1/restore/")
    assert current_policy().minimum_quality == 50


@pytest.mark.usefixtures("live")
def test_a_laxer_draft_takes_two_who_read_what_it_changes(
    admin: Client, grace: Client, base: str, tenant: Tenant
) -> None:
    publish_policy(document={**DEFAULT, "operating_point": "3e-5"}, published_by="Ines")
    party = make_party(name="Harbour Bank", floor_level="L2")
    admin.post(f"{base}policies/change/strictness/", {"operating_point": "1e-4", "draft": "1"})
    admin.post(f"{base}policies/parties/{party.pk}/", {"floor_level": "L1", "scope_floors": ""})
    assert PolicyDraft.objects.get().parties == {party.pk: {"floor_level": "L1"}}
    answer = publish(admin, base)
    assert answer.status_code == 409
    assert "less likeness" in answer.content.decode()
    assert "less assurance" in answer.content.decode()
    publish(admin, base, **{"agreement-why": "As agreed with the bank."})
    asked = Approval.objects.get()
    text = page(grace, f"{base}approvals/{asked.pk}/")
    assert "Of 10,000 strangers" in text
    assert "Harbour Bank: Least assurance" in text
    grace.post(f"{base}approvals/{asked.pk}/agree/")
    party.refresh_from_db()
    assert (current_policy().operating_point, party.floor_level) == ("1e-4", "L1")
    assert not PolicyDraft.objects.exists()


@pytest.mark.usefixtures("live")
def test_what_was_asked_for_is_not_published_over_another_version(
    admin: Client, grace: Client, base: str
) -> None:
    publish_policy(document={**DEFAULT, "operating_point": "3e-5"}, published_by="Ines")
    publish_policy(document={**DEFAULT, "operating_point": "3e-5", "least_age": 21}, published_by="Ines")
    admin.post(f"{base}policies/change/strictness/", {"operating_point": "1e-4", "draft": "1"})
    publish(admin, base, **{"agreement-why": "As agreed."})
    asked = Approval.objects.get()
    publish_policy(document={**DEFAULT, "operating_point": "3e-5", "least_age": 30}, published_by="Ines")
    answer = grace.post(f"{base}approvals/{asked.pk}/agree/", follow=True)
    assert "Another version was published meanwhile" in answer.content.decode()
    assert current_policy().operating_point == "3e-5"


@pytest.mark.usefixtures("live")
def test_to_go_back_to_a_laxer_version_takes_two(admin: Client, grace: Client, base: str) -> None:
    publish_policy(document=DEFAULT, published_by="Ines")
    publish_policy(document={**DEFAULT, "minimum_quality": 60}, published_by="Ines")
    answer = admin.post(f"{base}policies/versions/1/restore/")
    assert answer.status_code == 409
    assert "worse pictures" in answer.content.decode()
    admin.post(f"{base}policies/versions/1/restore/", {"agreement-why": "Too many were asked again."})
    asked = Approval.objects.get()
    assert "At least 40 of 100 points" in page(grace, f"{base}approvals/{asked.pk}/")
    grace.post(f"{base}approvals/{asked.pk}/agree/")
    assert current_policy().minimum_quality == 40


def test_a_relying_partys_floor_is_drafted_tried_and_published(admin: Client, base: str) -> None:
    party = make_party(name="Harbour Bank")
    person = make_subject(name="Ines Moreau")
    stored([ended(party, person, proven())])
    address = f"{base}policies/parties/{party.pk}/"
    text = page(admin, address)
    assert "L3, L4 cannot be reached here now: no attestation vouches for the key as hardware" in text
    assert admin.post(address, {"floor_level": "L4"}).status_code == 422
    chosen = {"floor_level": "L2", "scope_floors": "address L2", "face": "preferred", "presence": ""}
    assert admin.post(address, chosen).status_code == 302
    assert "Changed there" in page(admin, f"{base}policies/parties/?search=harb")
    assert "Preferred: asked for first" in page(admin, f"{base}policies/draft/")
    assert "Nobody would notice" in page(admin, f"{base}policies/try/")
    publish(admin, base)
    party.refresh_from_db()
    assert (party.floor_level, party.extra) == ("L2", {"scope_floors": ["address L2"], "face": "preferred"})
    # The policy is as it was, and so is its number.
    assert not PolicyVersion.objects.exists()


def test_a_required_face_needs_its_justification_first(admin: Client, base: str) -> None:
    party = make_party()
    answer = admin.post(f"{base}policies/parties/{party.pk}/", {"floor_level": "L1", "face": "required"})
    assert answer.status_code == 422
    assert "Needed where the face or presence is required" in answer.content.decode()
    assert not PolicyDraft.objects.exists()


def test_the_dry_run_says_first_whom_it_would_refuse(admin: Client, base: str) -> None:
    party = make_party(name="Harbour Bank", floor_level="L1")
    people = [make_subject(name=f"Person {number:03}") for number in range(60)]
    rows = [ended(party, person, proven(handoff="number")) for person in people]
    stored([*rows, ended(party, people[0], proven(face()))])
    admin.post(f"{base}policies/change/phones/", {"handoff_digits": "0", "draft": "1"})
    text = page(admin, f"{base}policies/try/")
    assert "60 would be refused that are let in now, and 0 let in" in text
    assert "Harbour Bank" in text
    assert "A second device took it over, which nobody may" in text
    assert "Everybody: 60 people" in text
    first = page(admin, f"{base}policies/try/people/?change=refused&party={party.pk}")
    assert first.count("Now let in at L2 without a face; then refused.") == 50
    second = page(admin, f"{base}policies/try/people/?change=refused&page=2")
    assert second.count("then refused.") == 10
    assert reverse("attempt", args=[party.tenant.slug, rows[0].pk]) in first + second
    assert "Nobody" in page(admin, f"{base}policies/try/people/?change=admitted")
    for wrong in ("0", "4", "x"):
        assert admin.get(f"{base}policies/try/people/?page={wrong}").status_code == 404


def test_an_older_version_can_be_tried(admin: Client, base: str) -> None:
    publish_policy(document={**DEFAULT, "handoff_digits": 0}, published_by="Ines")
    publish_policy(document=DEFAULT, published_by="Ines")
    stored([ended(make_party(), make_subject(), proven(handoff="number"))])
    text = page(admin, f"{base}policies/try/?version=1")
    assert "1 would be refused" in text
    assert "version=1" in text
    assert page(admin, f"{base}policies/try/people/?version=1")


def test_without_a_draft_there_is_nothing_to_try(admin: Client, base: str) -> None:
    for path in ("try/", "try/people/"):
        answer = admin.get(f"{base}policies/{path}", follow=True)
        assert "There is nothing to try" in answer.content.decode()


def test_without_attempts_it_says_so(admin: Client, base: str) -> None:
    admin.post(f"{base}policies/change/strictness/", STRICT)
    assert "Nothing to try it against yet" in page(admin, f"{base}policies/try/")


def test_an_auditor_reads_everything_and_changes_nothing(auditor: Client, admin: Client, base: str) -> None:
    party = make_party()
    publish_policy(document={**DEFAULT, "least_age": 21}, published_by="Ines")
    publish_policy(document=DEFAULT, published_by="Ines")
    admin.post(f"{base}policies/change/strictness/", STRICT)
    for path in ("", "versions/1/", "draft/", "parties/", "try/", "try/people/"):
        text = page(auditor, f"{base}policies/{path}")
        for act in ("policies/change/", "/restore/", "/publish/", "/discard/", f"parties/{party.pk}"):
            assert act not in text, (path, act)
    for path in ("change/age/", "draft/publish/", "draft/discard/", "versions/1/restore/"):
        assert auditor.post(f"{base}policies/{path}").status_code == 403


@pytest.mark.requirement("S9.4-01")
def test_nothing_of_another_tenant_is_drafted_or_shown(admin: Client, base: str) -> None:
    with tenant_scope(make_tenant().id):
        theirs = make_party(name="Theirs")
        publish_policy(document={**DEFAULT, "least_age": 77}, published_by="them")
    assert admin.get(f"{base}policies/parties/{theirs.pk}/").status_code == 404
    assert "Theirs" not in page(admin, f"{base}policies/parties/")
    assert "77 years" not in page(admin, f"{base}policies/")
    assert admin.get(f"{base}policies/versions/1/").status_code == 404


def test_markup_and_long_names_stay_text(admin: Client, base: str) -> None:
    party = make_party(name="<script>alert(1)</script>")
    stored([ended(party, make_subject(name="<b>Bold</b>" + LONG), proven())])
    RelyingParty.objects.filter(pk=party.pk).update(floor_level="L3")
    admin.post(f"{base}policies/parties/{party.pk}/", {"floor_level": "L2"})
    for path in ("draft/", "parties/", "try/", "try/people/", f"parties/{party.pk}/"):
        text = page(admin, f"{base}policies/{path}")
        assert "<script>alert" not in text
        assert "<b>Bold" not in text


@pytest.mark.requirement("S10-11")
def test_an_administrator_sets_from_which_age_the_face_is_for_people(base: str, admin: Client) -> None:
    assert "For people of 18 years and more" in admin.get(f"{base}policies/").content.decode()
    page = admin.get(f"{base}policies/change/age/").content.decode()
    assert 'value="18"' in page
    assert admin.post(f"{base}policies/change/age/", {"least_age": "21"}).status_code == 302
    assert "For people of 21 years and more" in admin.get(f"{base}policies/").content.decode()
    event = AuditEvent.objects.get(tag=Tag.POLICY_PUBLISHED)
    assert event.actor == "admin@example.org"
    # What is the same already is no new version.
    admin.post(f"{base}policies/change/age/", {"least_age": "21"})
    assert AuditEvent.objects.filter(tag=Tag.POLICY_PUBLISHED).count() == 1


@pytest.mark.requirement("S6.3-02", "S5.3-01")
def test_an_administrator_chooses_where_new_faces_are_kept(base: str, admin: Client, tenant: Tenant) -> None:
    assert (
        "opened together with the person’s phone (model G)" in admin.get(f"{base}policies/").content.decode()
    )
    chosen = {"first": "B", "others": ["G"], "justification": ""}
    assert admin.post(f"{base}policies/change/models/", chosen).status_code == 302
    with tenant_scope(tenant.id):
        assert current_policy().models == ("B", "G")
    assert "On the person’s phone" in admin.get(f"{base}policies/").content.decode()
    alone = {"first": "A", "others": [], "justification": ""}
    assert admin.post(f"{base}policies/change/models/", alone).status_code == 422
    # A sandbox is asked for the reason, and for nobody else.
    given_one = {**alone, "justification": "It has to be."}
    assert admin.post(f"{base}policies/change/models/", given_one).status_code == 302
    with tenant_scope(tenant.id):
        assert current_policy().models == ("A",)


@pytest.mark.requirement("S10-11")
@pytest.mark.parametrize("age", ["17", "0", "-18", "100", "", "18.5", "eighteen"])
def test_no_age_is_set_for_which_nothing_was_measured(base: str, admin: Client, age: str) -> None:
    assert admin.post(f"{base}policies/change/age/", {"least_age": age}).status_code == 422
    assert "For people of 18 years and more" in admin.get(f"{base}policies/").content.decode()


@pytest.mark.requirement("S9.4-01")
def test_an_auditor_sees_the_age_and_sets_none(base: str, tenant: Tenant) -> None:
    auditor = signed_in(make_user((tenant, Role.AUDITOR), email="auditor@example.org"))
    page = auditor.get(f"{base}policies/").content.decode()
    assert "For people of 18 years and more" in page
    assert "policies/change/age/" not in page
    assert auditor.post(f"{base}policies/change/age/", {"least_age": "21"}).status_code == 403


def test_an_administrator_sets_quiet_hours_and_takes_them_back(base: str, admin: Client) -> None:
    path = f"{base}policies/change/quiet/"
    assert "at any time of day" in admin.get(f"{base}policies/").content.decode()
    night = {"begin": "22:00", "end": "07:00", "zone": "Europe/Berlin"}
    assert admin.post(path, night).status_code == 302
    assert "from 22:00 to 07:00 (Europe/Berlin)" in admin.get(f"{base}policies/").content.decode()
    assert 'value="22:00' in admin.get(path).content.decode()
    for wrong in ({**night, "end": "22:00"}, {**night, "zone": ""}, {"begin": "22:00"}):
        assert admin.post(path, wrong).status_code == 422
    assert admin.post(path, {"begin": "", "end": "", "zone": ""}).status_code == 302
    assert AuditEvent.objects.filter(tag=Tag.POLICY_PUBLISHED).count() == 2


def test_an_administrator_says_how_a_phone_takes_a_sign_in_over(base: str, admin: Client) -> None:
    assert "over by a number of 2 digits" in admin.get(f"{base}policies/").content.decode()
    assert "once in 10,000" in admin.get(f"{base}policies/change/phones/").content.decode()
    assert admin.post(f"{base}policies/change/phones/", {"handoff_digits": "4"}).status_code == 302
    assert "by a number of 4 digits" in admin.get(f"{base}policies/").content.decode()
    assert admin.post(f"{base}policies/change/phones/", {"handoff_digits": "0"}).status_code == 302
    assert "stays on the device on which it began" in admin.get(f"{base}policies/").content.decode()
    assert admin.post(f"{base}policies/change/phones/", {"handoff_digits": "1"}).status_code == 422
    assert AuditEvent.objects.filter(tag=Tag.POLICY_PUBLISHED).count() == 2
