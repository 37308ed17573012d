"""What axe, an independent checker of accessibility, finds on a page."""

from playwright.sync_api import Page

from tests.needs import NODE_PACKAGES

_AXE = NODE_PACKAGES / "axe-core" / "axe.min.js"
# WCAG 2.2 up to AA, and what axe's authors call good practice.
EVERYTHING = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# While a dialog is open, what is around it can be neither seen nor reached.
_FOUND = """async (rules) => {
  const shown = document.querySelector("dialog[open]") ?? document;
  const { violations } = await axe.run(shown, { runOnly: rules, resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
}"""


def violations(page: Page, rules: tuple[str, ...] = EVERYTHING) -> list[str]:
    """Return which of the rules the page breaks as it stands, each with one of its places."""
    if not page.evaluate("'axe' in window"):
        # Not as a script of the page: its content security policy lets no other in.
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_FOUND, list(rules))
    return found
