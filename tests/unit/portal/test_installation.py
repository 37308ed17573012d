"""What an installation is made of, on screens: on an attempt's page, and where faces are processed."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from authsvc.assurance.evidence import Proven
from authsvc.core.components import Component
from authsvc.keys.holding import Holder
from authsvc.policy.services import current_policy
from authsvc.tenancy.models import Tenant
from authsvc.transactions import services
from authsvc.transactions.records import Findings
from tests.factories import offer_sample_key
from tests.unit.transactions.flow import BROWSER, face_proof, opened, person, submitted, verdict_on

pytestmark = pytest.mark.django_db
HERE = (
    Component("provider", grade="L3", region="eu-1"),
    Component("store", grade="L3", region="eu-1"),
    Component("keys", grade="L2", region="eu-1"),
)
EAST = Component("worker", "east", "L1", "ap-1")


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.requirement("S5.4-02", "S10-12")
def test_an_attempts_page_shows_each_part_with_grade_and_region(
    admin: Client, base: str, settings: Any
) -> None:
    settings.COMPONENTS = HERE
    row, capture = submitted(person()[1])
    face = replace(face_proof(capture), components=(EAST,))
    services.record_verdict(capture.pk, verdict_on(capture, face=face), findings=Findings(components=(EAST,)))
    services.consume(row.pk, BROWSER, at=row.continue_path)
    page = text_of(admin.get(f"{base}attempts/{row.pk}/"))
    for name, said in (
        ("Provider", "carries L3, eu-1"),
        ("Worker pool east", "carries L1, ap-1"),
        ("Store", "carries L3, eu-1"),
        ("Key service", "carries L2, eu-1"),
    ):
        assert f"<dt>{name}</dt><dd>{said}</dd>" in page
    assert "<dt>Level reached</dt><dd>L1</dd>" in page
    assert "a part of the installation that it rests on carries no more" in page
    # Of the worker at the step in which it judged, whatever it came to.
    assert "<dt>Worked with</dt><dd>Worker pool east (L1, ap-1)</dd>" in page


@pytest.mark.requirement("S5.4-02")
def test_what_nobody_declared_is_shown_as_such(admin: Client, base: str) -> None:
    page = text_of(admin.get(f"{base}attempts/{opened().pk}/"))
    assert "<dt>Store</dt><dd>carries L2, region not named</dd>" in page
    assert "Worker pool" not in page
    assert [part.kind for part in Proven().touched] == ["provider", "store", "keys"]


@pytest.mark.requirement("S10-12")
def test_an_administrator_pins_the_region_in_which_store_and_keys_are(
    admin: Client, base: str, settings: Any, tenant: Tenant
) -> None:
    form, screen = f"{base}policies/change/region/", f"{base}policies/"
    assert "An operator names the region" in text_of(admin.get(form))
    assert admin.post(form, {"region": "eu-1"}).status_code == 422
    settings.COMPONENTS = HERE
    assert "Wherever a worker of this installation is." in text_of(admin.get(screen))
    assert "In eu-1 alone" in text_of(admin.get(form))
    assert admin.post(form, {"region": "ap-1"}).status_code == 422
    assert admin.post(form, {"region": "eu-1"}).status_code == 302
    assert current_policy().region == "eu-1"
    assert "In eu-1 alone." in text_of(admin.get(screen))
    # A sandbox may loosen it without a second administrator.
    assert admin.post(form, {"region": ""}).status_code == 302
    assert current_policy().region == ""


@pytest.mark.requirement("S10-12")
def test_the_overview_says_why_faces_wait(admin: Client, base: str, settings: Any) -> None:
    settings.COMPONENTS = ()
    offer_sample_key(Holder())
    assert "Face checks are down" not in text_of(admin.get(base))
    settings.COMPONENTS = HERE
    admin.post(f"{base}policies/change/region/", {"region": "eu-1"})
    assert "Faces are pinned to eu-1, and no worker is there." in text_of(admin.get(base))
    settings.COMPONENTS = HERE[:2]
    assert "Faces are pinned to eu-1, and the store or the key service is not there." in text_of(
        admin.get(base)
    )
