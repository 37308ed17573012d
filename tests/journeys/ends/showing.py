"""Shows what a walk met in a browser, without the server that made it: the page, and the site's own files."""

import mimetypes
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.staticfiles.finders import find
from playwright.sync_api import Page, Route

_AT = "http://walked.test/"
# Two pages that differ in these alone look the same.
_WORDS = re.compile(r">[^<>]*<|(?<=\")[^\"<>]*\d[^\"<>]*(?=\")")
_SCREENS = "[...document.querySelectorAll('[data-screen]')].map((screen) => screen.dataset.screen)"
_DIALOGS = "[...document.querySelectorAll('dialog[id]')].map((dialog) => dialog.id)"
_DIALOG = "(id) => document.getElementById(id).outerHTML"
_SCREEN = "(name) => document.querySelector(`[data-screen='${name}']`).outerHTML"
_SHOW = """(name) => {
  document.getElementById("starting").hidden = true;
  for (const screen of document.querySelectorAll("[data-screen]")) {
    screen.hidden = screen.dataset.screen !== name;
  }
}"""


def looks(page: Page, html: str, seen: set[str]) -> Iterator[str]:
    """Show what is not in `seen` yet: a page's screens or, where it has none, itself and its dialogs."""
    if _known(html, seen):
        return
    page.unroute_all()
    page.route("**/*", lambda route: _answer(route, html))
    page.goto(_AT)
    screens = page.evaluate(_SCREENS)
    for name in screens:
        if not _known(page.evaluate(_SCREEN, name), seen):
            page.evaluate(_SHOW, name)
            yield name
    if not screens:
        yield ""
        for name in page.evaluate(_DIALOGS):
            if _known(page.evaluate(_DIALOG, name), seen):
                continue
            page.evaluate("(name) => document.getElementById(name).showModal()", name)
            yield name
            page.evaluate("(name) => document.getElementById(name).close()", name)


def _known(html: str, seen: set[str]) -> bool:
    shape = _WORDS.sub("", html)
    known = shape in seen
    seen.add(shape)
    return known


def _answer(route: Route, html: str) -> None:
    path = urlsplit(route.request.url).path
    found = find(path.removeprefix("/static/")) if path.startswith("/static/") else None
    if path == "/":
        route.fulfill(body=html, content_type="text/html; charset=utf-8")
    elif found is None or path.endswith(".js"):
        # A page's script would talk with the server that is not there.
        route.fulfill(status=404)
    else:
        body = Path(found).read_bytes()
        route.fulfill(body=body, content_type=mimetypes.guess_type(found)[0] or "application/octet-stream")
