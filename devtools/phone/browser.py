"""The part of a browser that the software phone needs: cookies, redirects one at a time, and simple forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

_TIMEOUT_S = 30
_MOST_REDIRECTS = 12

SIGN_IN_PAGE: Final = re.compile(r"(?P<issuer>https?://[^/]+/t/[^/]+/)signin/(?P<txn>[^/]+)/")
"""The address of the page before which a person proves who they are."""


def origin_of(url: str) -> str:
    """Return the scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def carries_answer(url: str) -> bool:
    """Tell whether a URL is a relying party's, with the provider's answer in it."""
    names = {name for name, _ in parse_qsl(urlsplit(url).query)}
    return "state" in names and not names.isdisjoint({"code", "error"})


class Browser:
    """One browser's cookies; remembers every URL that it was sent to."""

    def __init__(self, rewrite: Callable[[str], str] = lambda url: url) -> None:
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "Visor software phone"
        self.visited: list[str] = []
        self._rewrite = rewrite

    def get(self, url: str, *, accept: str = "text/html") -> requests.Response:
        """Return the answer to one GET, redirects not followed."""
        url = self._rewrite(url)
        self.visited.append(url)
        return self.session.get(url, headers={"Accept": accept}, timeout=_TIMEOUT_S, allow_redirects=False)

    def open(self, url: str, *, until: Callable[[str], bool] = lambda url: False) -> requests.Response:
        """Return the page at the end of the redirects, or the redirect that leads to a URL `until` picks."""
        return self.follow(self.get(url), until=until)

    def follow(
        self, response: requests.Response, *, until: Callable[[str], bool] = lambda url: False
    ) -> requests.Response:
        """Return where the redirects from `response` end; raises requests.TooManyRedirects."""
        for _ in range(_MOST_REDIRECTS):
            if not response.is_redirect:
                return response
            target = urljoin(response.url, response.headers["Location"])
            if until(target):
                return response
            response = self.get(target)
        raise requests.TooManyRedirects(response.url)

    def post_json(self, url: str, body: dict[str, Any]) -> requests.Response:
        """Return the answer to a JSON POST, made as a page of the same origin makes it."""
        headers = {"Origin": origin_of(url), "Accept": "application/json"}
        return self.session.post(url, json=body, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False)

    def post_bytes(self, url: str, body: bytes, content_type: str) -> requests.Response:
        """Return the answer to a POST of bytes, made as a page of the same origin makes it."""
        headers = {"Origin": origin_of(url), "Accept": "application/json", "Content-Type": content_type}
        return self.session.post(url, data=body, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False)

    def agree(self, page: requests.Response, **typed: str) -> requests.Response:
        """Return the answer to the page's first form, every box ticked and its first button pressed.

        `typed` is what is written into its fields, by their names.
        """
        form = _first_form(page)
        fields = [(name, value) for name, value in form.fields if name not in typed]
        url = urljoin(page.url, form.action)
        headers = {"Origin": origin_of(url), "Referer": page.url}
        return self.session.post(
            url, data=[*fields, *typed.items()], headers=headers, timeout=_TIMEOUT_S, allow_redirects=False
        )


def asks_consent(page: requests.Response) -> bool:
    """Tell whether a page's first form goes to a consent endpoint."""
    return page.status_code == 200 and urlsplit(_first_form(page).action).path.rstrip("/").endswith(
        "/consent"
    )


def _first_form(page: requests.Response) -> _FirstForm:
    form = _FirstForm()
    form.feed(page.text)
    return form


class _FirstForm(HTMLParser):
    """Collects the action and the fields of a page's first POST form."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: list[tuple[str, str]] = []
        self._state = "before"
        self._pressed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and self._state == "before" and values.get("method", "").lower() == "post":
            self._state, self.action = "inside", values.get("action", "")
        elif self._state == "inside" and tag in {"input", "button"} and values.get("name"):
            self._take(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._state == "inside":
            self._state = "after"

    def _take(self, tag: str, values: dict[str, str]) -> None:
        if tag == "button" or values.get("type") == "submit":
            if self._pressed:
                return
            self._pressed = True
        self.fields.append((values["name"], values.get("value") or ("on" if tag == "input" else "")))
