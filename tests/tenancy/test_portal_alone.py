"""O01: the portal works in a process of its own, which has no route of the provider or of people's pages."""

from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from authsvc.enrolment.services import find_link
from authsvc.tenancy.scope import tenant_scope
from tests.tenancy.conftest import World
from tests.tenancy.routes import Kind, filled, routes

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S6.1-01")]


@pytest.fixture(autouse=True)
def _alone(ours: World, settings: Any) -> None:
    # The world is made first: others than the portal make what is in it.
    settings.ROOT_URLCONF = "tests.tenancy.portal_alone"


def test_o01_the_other_roles_routes_are_really_not_there() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("enrolment:notice", kwargs={"tenant": "a", "token": "b"})
    with pytest.raises(NoReverseMatch):
        reverse("oidc:token", kwargs={"tenant": "a"})


@pytest.mark.parametrize("route", routes(Kind.MEMBER, Kind.FORM))
def test_o01_every_screen_is_shown(route: str, ours: World, owner: Client) -> None:
    assert owner.get(filled(route, ours.values)).status_code == 200


@pytest.mark.parametrize("route", routes(Kind.CHANGER, Kind.FORM))
def test_o01_every_form_is_taken(route: str, ours: World, owner: Client) -> None:
    assert owner.post(filled(route, ours.values)).status_code in {200, 302, 422}


def test_o01_an_enrolment_link_made_here_leads_to_the_tenants_pages(
    ours: World, owner: Client, settings: Any
) -> None:
    answer = owner.post(f"/portal/{ours.tenant.slug}/people/{ours.values['subject']}/links/")
    page = owner.get(answer["Location"])
    url = page.context["link_url"]
    assert url.startswith(f"{settings.BASE_URL}/t/{ours.tenant.slug}/enrol/")
    settings.ROOT_URLCONF = "config.urls"
    token = url.rstrip("/").rsplit("/", 1)[1]
    assert url == settings.BASE_URL + reverse(
        "enrolment:notice", kwargs={"tenant": ours.tenant.slug, "token": token}
    )
    with tenant_scope(ours.tenant.id):
        assert str(find_link(token).subject_id) == ours.values["subject"]
