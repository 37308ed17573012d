"""The bench's browser: one sign-in at a relying party, from its start to the page of who is signed in.

It keeps cookies, follows redirects, and runs no script. It asks no database, and so may run in any thread.
"""

from dataclasses import dataclass, field
from email.message import Message
from enum import StrEnum
from http.cookiejar import CookieJar
from time import monotonic
from typing import Final
from urllib.parse import urljoin
from urllib.request import Request

from authsvc.core.fetch import Fetched, FetchRefused, fetch
from authsvc.oidc.bench.answering import NOT_ASKED
from authsvc.oidc.bench.ticket import HEADER

SECONDS: Final = 12.0
"""So long one case may take as a whole."""
_EACH: Final = 4.0
_MOST_STEPS: Final = 12
_REDIRECTS: Final = frozenset({301, 302, 303, 307})


class Seen(StrEnum):
    """How a case ended."""

    LET_IN = "let-in"
    KEPT_OUT = "kept-out"
    NOT_ASKED = "not-asked"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Order:
    """One case: where a sign-in starts, which page tells who is signed in, and where the provider asks."""

    start: str
    page: str
    authorize: str
    ticket: str = field(repr=False)
    allow_loopback: bool


class _Lost(Exception):
    """The way did not lead where it has to; the text says where it ended."""


def drive(order: Order) -> tuple[Seen, str]:
    """Run a case, and return how it ended and why."""
    browser = _Browser(order)
    try:
        if browser.is_in():
            return Seen.UNSEEN, "the page for who is signed in is open to everybody"
        answer, url = browser.follow(order.start, until=order.authorize)
        if answer.header(HEADER) == NOT_ASKED:
            return Seen.NOT_ASKED, "it did not ask for it"
        if answer.status not in _REDIRECTS:
            return Seen.UNSEEN, f"the authorization endpoint answered {answer.status}"
        browser.follow(urljoin(url, answer.header("Location")))
        return (Seen.LET_IN, "") if browser.is_in() else (Seen.KEPT_OUT, "")
    except (_Lost, FetchRefused) as problem:
        return Seen.UNSEEN, str(problem)


class _Browser:
    def __init__(self, order: Order) -> None:
        self._order, self._jar, self._until = order, CookieJar(), monotonic() + SECONDS

    def is_in(self) -> bool:
        """Whether the page is shown to who comes with these cookies."""
        return self._get(self._order.page).status == 200

    def follow(self, url: str, *, until: str = "") -> tuple[Fetched, str]:
        """Follow redirects, and return the last answer with its address.

        With `until` the last one is that of this endpoint; without it, the relying party's own last word.
        """
        for _ in range(_MOST_STEPS):
            there = bool(until) and url.partition("?")[0] == until
            answer = self._get(url, ticket=there)
            onward = answer.header("Location") if answer.status in _REDIRECTS else ""
            if there or (not until and not onward):
                return answer, url
            if not onward:
                raise _Lost(f"{_short(url)} answered {answer.status} and led to no sign-in")
            if not until and urljoin(url, onward).startswith(self._order.authorize):
                return answer, url
            url = urljoin(url, onward)
        raise _Lost(f"after {_MOST_STEPS} redirects it was at {_short(url)}")

    def _get(self, url: str, *, ticket: bool = False) -> Fetched:
        left = self._until - monotonic()
        if left <= 0:
            raise _Lost("it took too long")
        asked = Request(url, headers={"Accept": "text/html"})  # noqa: S310 - `fetch` looks at the scheme
        self._jar.add_cookie_header(asked)
        headers = dict(asked.header_items())
        if ticket:
            headers[HEADER] = self._order.ticket
        answer = fetch(
            url,
            headers=headers,
            allow_loopback=self._order.allow_loopback,
            max_bytes=2 * 1024 * 1024,
            seconds=min(_EACH, left),
        )
        self._jar.extract_cookies(_Answered(answer), asked)  # type: ignore[arg-type]
        return answer


class _Answered:
    """An answer as a cookie jar reads it."""

    def __init__(self, answer: Fetched) -> None:
        self._message = Message()
        for name, value in answer.headers:
            self._message[name] = value

    def info(self) -> Message:
        return self._message


def _short(url: str) -> str:
    return url.partition("?")[0][:120]
