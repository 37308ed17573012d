"""The page where a sign-in begins, in Arabic: it runs from right to left, and nothing falls out of it."""

from functools import cache
from typing import Any, Final

import pytest
from django.utils.translation import trans_real
from playwright.sync_api import Browser, expect

from authsvc.tenancy.models import Tenant
from tests.arch.pseudo import Bracketed
from tests.browser.capture.person import Person
from tests.browser.looks import assert_looks_right

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
WORDS: Final = {
    "Sign in to %(client_name)s": "تسجيل الدخول إلى %(client_name)s",
    "Site": "الموقع",
    "Checked by": "يتحقق منه",
    "Use my passkey": "استخدام مفتاح المرور",
    "Use my phone": "استخدام هاتفي",
    "Cancel": "إلغاء",
}


class Arabic(Bracketed):
    """A catalogue of six texts; whatever else the page says stays English."""

    def language(self) -> str:
        return "ar"

    def to_language(self) -> str:
        return "ar"

    def gettext(self, message: str) -> str:
        return WORDS.get(message, message)


@pytest.fixture
def arabic(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer Arabic for a test."""
    settings.LANGUAGES = [("en", "English"), ("ar", "العربيّة")]
    monkeypatch.setitem(vars(trans_real)["_translations"], "ar", Arabic())
    monkeypatch.setattr(trans_real, "check_for_language", cache(lambda code: code in {"en", "ar"}))


def test_the_page_of_a_sign_in_runs_from_right_to_left(
    arabic: None, tenant: Tenant, launch: Any, settings: Any
) -> None:
    browser: Browser = launch()
    reader = Person(tenant, browser, locale="ar", viewport={"width": 360, "height": 740})
    reader.open()
    reader.sees("welcome")
    page = reader.page
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("button", name=WORDS["Use my passkey"])).to_be_visible()
    row = page.locator(".request > div").first
    label, value = row.locator("dt").bounding_box(), row.locator("dd").bounding_box()
    assert label is not None
    assert value is not None
    assert label["x"] + label["width"] > value["x"] + value["width"], "a label stands before what it names"
    assert_looks_right(page, "a sign-in in Arabic")
