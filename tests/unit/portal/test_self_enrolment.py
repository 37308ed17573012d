"""S9.4-02 on screens: another loosens self-enrolment, and no second session of who asked does."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from authsvc.management import self_enrolment
from authsvc.management.actors import COMMAND_LINE
from authsvc.management.models import Approval
from authsvc.self_enrolment.models import PeopleProvider
from portal.accounts.models import User
from portal.self_enrolment.forms import values_of
from tests.factories import PEOPLE_PROVIDER
from tests.outside import Outside, outside
from tests.tenancy.people import signed_in

pytestmark = [pytest.mark.requirement("S9.4-02"), pytest.mark.usefixtures("live")]


@pytest.fixture
def provider() -> Iterator[Outside]:
    """The organisation's own provider, whose metadata the form reads."""
    with outside() as served:
        yield served


def form_of(row: PeopleProvider, **changed: Any) -> dict[str, Any]:
    """What the form sends; boxes that are not ticked are not."""
    return {name: value for name, value in {**values_of(row), **changed}.items() if value is not False}


def test_newcomers_are_let_in_by_another_and_by_no_second_session(
    owner: Client, grace: Client, base: str, provider: Outside
) -> None:
    row = self_enrolment.configure(by=COMMAND_LINE, **{**PEOPLE_PROVIDER, "issuer": provider.issuer})
    given, where = form_of(row, newcomers=True), f"{base}self-enrolment/change/"
    page = owner.post(where, given)
    assert page.status_code == 409
    assert "whom nobody here has entered" in page.content.decode()
    place = owner.post(where, {**given, "agreement-why": "A new site"})["Location"]
    asked = Approval.objects.get()
    second = signed_in(User.objects.get(email="owner@example.org"))
    assert second.session.session_key != owner.session.session_key
    for mine in (owner, second):
        assert "Agree, and do it now" not in mine.get(place).content.decode()
        assert "Somebody else has to agree" in mine.post(f"{place}agree/", follow=True).content.decode()
        mine.post(f"{place}alone/")
    asked.refresh_from_db()
    assert asked.is_pending
    assert not PeopleProvider.objects.get().newcomers
    assert "Newcomers too" in grace.get(place).content.decode()
    grace.post(f"{place}agree/")
    assert PeopleProvider.objects.get().newcomers
