"""The overview as somebody watches it: what happens shows by itself, is told, and leads to its list."""

import pytest
from playwright.sync_api import Page, expect

from devtools.stack.stack import Stack
from tests.browser.axe import violations
from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
# A sign-in of this hour and one refused, some of the weeks before, and a photograph instead of a face.
FILL = """
from datetime import timedelta
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
subject = Subject.objects.create(name='Watched Wilma')
made = ((0, 'consumed', '', 7), (0, 'expired', 'non-match', 0), (7, 'consumed', '', 5))
for days, ends, reason, took in made:
    at = now() - timedelta(days=days, seconds=20)
    Transaction._base_manager.create(
        tenant=tenant, kind='authenticate', state=ends, subject=subject, client=RelyingParty.objects.first(),
        browser_digest='0', created_at=at, expires_at=at, ended_at=at, refused_for=reason,
        decided_at=at + timedelta(seconds=took) if took else None, level='L2' if took else '')
record(Tag.VERDICT_RECORDED, reason='presentation-attack', subject=str(subject.pk))
"""
FORGED = """
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
record(Tag.VERDICT_REFUSED, reason='verdict-refused')
"""


def count_of(page: Page, label: str) -> int:
    """The number beside an attack."""
    return int(page.locator(".seen").filter(has_text=label).locator("dd").inner_text())


def test_an_attack_shows_by_itself_is_told_and_leads_to_its_event(admin: Administrator, stack: Stack) -> None:
    stack.python(FILL)
    page = admin.page
    page.clock.install()
    admin.open("")
    expect(page.get_by_text("All is well")).to_have_count(0)
    assert count_of(page, "Presentation attacks") >= 1
    before = count_of(page, "Forged verdicts")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Forged verdicts").focus()
    stack.python(FORGED)
    page.clock.fast_forward(16_000)
    expect(page.locator("[role='status'][data-told-of='now']")).to_contain_text("seen.")
    assert count_of(page, "Forged verdicts") == before + 1
    expect(page.get_by_role("link", name="Forged verdicts")).to_be_focused()
    assert page.evaluate("window.stayed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").nth(1)).to_contain_text("no worker of ours signed")
    page.go_back()
    page.locator("svg.chart a").last.click()
    expect(page.get_by_text("Only from")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Watched Wilma")).not_to_have_count(0)


def test_it_looks_right_and_is_accessible(admin: Administrator, stack: Stack) -> None:
    stack.python(FILL)
    page = admin.open("")
    page.get_by_text("The numbers as a table").click()
    assert_looks_right(page, "overview")
    assert violations(page) == []
