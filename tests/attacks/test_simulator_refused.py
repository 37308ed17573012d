"""The software phone cannot pass for real: a tenant with real people refuses it, whatever it says (SA-02)."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from authsvc.capture.builds import scripts_served
from devtools.phone import authenticator
from devtools.phone.phone import Denied, Person
from devtools.rendering import photographs
from devtools.stack.stack import Stack
from tests.attacks.phone import WatchedPhone
from tests.attacks.sinks import Sinks
from tests.attacks.worker import working

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "redis", "photos"),
    pytest.mark.requirement("SA-02"),
]
LINK = """
from authsvc.enrolment.services import create_link
from authsvc.subjects.models import Subject
live, _ = Tenant.objects.get_or_create(slug="real", defaults={"name": "Real", "kind": Tenant.Kind.LIVE})
with tenant_scope(live.id):
    person = Subject.objects.create(name="A real person")
    print(json.dumps(create_link(subject=person, created_by="test")[1]))
"""


@pytest.fixture(scope="module", autouse=True)
def _worker(stack: Stack) -> Iterator[None]:
    with working(stack):
        yield


class LyingPhone(WatchedPhone):
    """Says that it is a browser, and that it runs the page's own scripts: anybody can read those."""

    def __init__(self, person: Person, **options: Any) -> None:
        super().__init__(person, tries=1, **options)
        self._post_json = self.browser.post_json
        self.browser.post_json = self._lie  # type: ignore[method-assign]

    def _lie(self, url: str, body: dict[str, Any]) -> requests.Response:
        browser = {"type": "browser", "build": "", "scripts": scripts_served()}
        agent = {"agent": browser} if "agent" in body else {}
        return self._post_json(url, {**body, **agent})


@pytest.fixture
def person(photos: Path) -> Person:
    return Person(photographs.read(photos / "obama" / "01.jpg"), authenticator=authenticator.Authenticator())


@pytest.mark.parametrize("phone", [WatchedPhone, LyingPhone], ids=["honest", "lying"])
def test_a_live_tenant_refuses_its_passkey(
    stack: Stack, sinks: Sinks, person: Person, phone: type[WatchedPhone]
) -> None:
    with pytest.raises(Denied) as denied:
        phone(person).enrol(stack.python(LINK))
    assert (denied.value.step, denied.value.status, denied.value.code) == (4, 403, "simulator-refused")
    assert sinks.rows("SELECT 1 FROM audit_auditevent WHERE reason = 'simulator-refused'")


def test_a_live_tenant_refuses_its_pictures(stack: Stack, sinks: Sinks, person: Person) -> None:
    """An authenticator that names no model gets as far as the camera."""
    person.authenticator.aaguid = uuid.UUID(int=0)
    seen: list[str] = []
    phone = LyingPhone(person, meanwhile=seen.append)
    with pytest.raises(Denied) as denied:
        phone.enrol(stack.python(LINK))
    assert (denied.value.step, denied.value.code) == (10, "refused")
    query = "SELECT reason FROM transactions_capture WHERE transaction_id = %s"
    assert sinks.rows(query, *seen) == [("simulated-not-allowed",)]
