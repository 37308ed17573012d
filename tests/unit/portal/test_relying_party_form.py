"""The form of a relying party offers what decides how it signs people in, and keeps what is set."""

from typing import Any

import pytest
from django.forms import BoundField
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from portal.relying_parties.forms import AddressList, RelyingPartyForm, values_of
from tests.provider.browser import CALLBACK, justified


def posted(**changes: Any) -> dict[str, Any]:
    """What a browser sends of the form of a new relying party, changed by `changes`."""
    values = {**values_of(RelyingParty()), "name": "Partner", "redirect_uris": CALLBACK, **changes}
    return {name: value for name, value in values.items() if value not in (None, False, [])}


def fields_of(form: RelyingPartyForm) -> list[BoundField]:
    """The fields in sight, and those that are folded."""
    return [*form.in_sight(), *(field for _, fields, _ in form.advanced() for field in fields)]


def test_every_field_stands_in_a_group_once() -> None:
    form = RelyingPartyForm()
    shown = [field.name for field in fields_of(form)]
    assert sorted(shown) == sorted(form.fields)
    assert len(set(shown)) == len(shown) > 30


def test_what_the_form_shows_of_nothing_set_is_nothing() -> None:
    """A browser sends back what the form shows; a list that nobody set must not come back as a text."""
    form = RelyingPartyForm(initial=values_of(RelyingParty()))
    shown = {field.name: field.value() for field in fields_of(form)}
    lists = {name: value for name, value in shown.items() if isinstance(form.fields[name], AddressList)}
    assert len(lists) > 2
    assert set(lists.values()) == {""}


def test_a_third_party_with_refresh_tokens_and_signed_answers(admin: Client, base: str) -> None:
    wanted = {
        "first_party": False,
        "offline_access": True,
        "access_token_format": "jwt",
        "authorization_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "PS256",
        "policy_uri": "https://partner.example/policy",
    }
    made = admin.post(f"{base}relying-parties/new/", posted(**wanted))
    assert made.status_code == 302
    party = RelyingParty.objects.get()
    assert {name: getattr(party, name) for name in wanted} == wanted
    page = admin.get(f"{base}relying-parties/{party.pk}/edit/").content.decode()
    assert 'name="first_party"' in page
    changed = posted(**{**values_of(party), "redirect_uris": CALLBACK, "post_logout_redirect_uris": ""})
    assert admin.post(f"{base}relying-parties/{party.pk}/edit/", changed).status_code == 302
    party.refresh_from_db()
    assert {name: getattr(party, name) for name in wanted} == wanted


def refusals() -> list[tuple[str, list[str]]]:
    """The relying party and the fields of each refusal in the log."""
    rows = AuditEvent.objects.filter(tag=Tag.CLIENT_REFUSED).order_by("sequence")
    return [(row.client, row.details["fields"]) for row in rows]


@pytest.mark.requirement("S9.4-11", "S9.4-03")
def test_t26_what_is_refused_at_a_relying_party_is_written_down(admin: Client, base: str) -> None:
    bad = posted(redirect_uris="ftp://partner.example/")
    assert admin.post(f"{base}relying-parties/new/", bad).status_code == 422
    assert refusals() == [("", ["redirect_uris"])]
    assert admin.post(f"{base}relying-parties/new/", posted()).status_code == 302
    party = RelyingParty.objects.get()
    admin.post(f"{base}relying-parties/{party.pk}/edit/", bad)
    assert refusals()[1:] == [(party.client_id, ["redirect_uris"])]


@pytest.mark.requirement("S5.3-01")
def test_the_face_is_required_with_its_whole_justification_or_not_at_all(admin: Client, base: str) -> None:
    bare = admin.post(f"{base}relying-parties/new/", posted(face="required"))
    assert bare.status_code == 422
    assert b"Needed where the face or presence is required." in bare.content
    assert not RelyingParty.objects.exists()
    assert refusals() == [("", sorted(justified()))]
    assert (
        admin.post(f"{base}relying-parties/new/", posted(face="required", **justified())).status_code == 302
    )
    party = RelyingParty.objects.get()
    assert party.justification == justified()
    page = admin.get(f"{base}relying-parties/{party.pk}/").content.decode()
    assert justified()["face_alternative"] in page
