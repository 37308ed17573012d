"""A page measures its own scripts, and what was changed on its way says that it has to be loaded anew."""

import pytest
from playwright.sync_api import Page, Route

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.capture.builds import build_of, scripts_served
from tests.browser.capture.person import Person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S6.2-07"),
]


def _altered(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text() + "\n// by something in between")


def test_a_page_with_a_changed_script_is_refused_and_goes_on_when_loaded_anew(
    person: Person, page: Page
) -> None:
    person.enrolled()
    person.context.route("**/js/capture/hints.js", _altered)
    row = person.open()
    person.sees("welcome")
    person.taps("passkey")
    person.sees("problem")
    assert "reload" in page.locator('[data-screen="problem"]').inner_text()
    refused = AuditEvent.objects.get(tag=Tag.AGENT_REFUSED, transaction=row.pk)
    assert refused.reason == "build-refused"
    person.context.unroute("**/js/capture/hints.js")
    person.taps("reload")
    person.sees("welcome")
    person.taps("passkey")
    person.sees("choice")
    proven = AuditEvent.objects.get(tag=Tag.DEVICE_PROVEN, transaction=row.pk)
    assert proven.details["agent"] == {"type": "browser", "build": build_of(scripts_served())}
