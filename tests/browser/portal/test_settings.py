"""The settings: an organisation brands what people see, tries a colour first, and is shown what an SVG is."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from devtools.stack.stack import Stack
from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
BUTTON = "getComputedStyle(document.querySelector('.button')).backgroundColor"


def test_an_organisation_brands_what_people_see(admin: Administrator, stack: Stack, tmp_path: Path) -> None:
    page = admin.open("settings/")
    page.get_by_role("link", name="Change the look").click()
    page.get_by_label("Accent colour").fill("#ffe600")
    page.get_by_role("button", name="Try it first").click()
    light, dark = (page.frame_locator(f"iframe[title*='{theme} page']") for theme in ("light", "dark"))
    assert (
        dark.locator(".button").evaluate("(item) => getComputedStyle(item).backgroundColor")
        == "rgb(255, 230, 0)"
    )
    expect(light.get_by_role("heading", name="Sign in to Example")).to_be_visible()
    assert_looks_right(page, "look")
    page.get_by_label("Accent colour").fill("#aa3300")
    page.get_by_role("button", name="Save the colour").click()
    expect(page.get_by_role("status").filter(has_text="within ten seconds")).to_be_visible()

    drawing = tmp_path / "logo.svg"
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    page.get_by_label("Picture").set_input_files(drawing)
    page.get_by_role("button", name="Save the logo").click()
    expect(page.get_by_text("An SVG can hold a script")).to_be_visible()
    assert_looks_right(page, "an svg")
    Image.effect_noise((1200, 1200), 90).save(tmp_path / "large.png")
    page.get_by_label("Picture").set_input_files(tmp_path / "large.png")
    expect(page.get_by_role("alert").filter(has_text="too large")).to_be_visible()
    Image.new("RGB", (600, 150), "#aa3300").save(tmp_path / "logo.png")
    page.get_by_label("Picture").set_input_files(tmp_path / "logo.png")
    page.get_by_role("button", name="Save the logo").click()
    expect(page.get_by_role("img", name="Your logo")).to_be_visible()

    page.wait_for_timeout(10_000)  # every process reads it anew
    page.emulate_media(color_scheme="light")
    page.goto(f"{stack.base_url}/t/demo/me/")
    expect(page.locator(".look-logo")).to_be_visible()
    assert page.locator(".look-logo").evaluate("(item) => item.naturalWidth") == 480
    assert page.evaluate(BUTTON) == "rgb(170, 51, 0)"
    assert_looks_right(page, "own page in its look")
    page = admin.open("settings/look/")
    page.get_by_role("button", name="Remove the logo").click()
    expect(page.get_by_role("img", name="Your logo")).to_have_count(0)
    page.get_by_label("Accent colour").fill("")
    page.get_by_role("button", name="Save the colour").click()
