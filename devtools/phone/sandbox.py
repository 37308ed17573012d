"""A person at the sandbox authenticator: a browser without scripts that keeps cookies and fills in forms."""

import html
import re
from urllib.parse import urljoin

import requests

_MOST_STEPS = 12


def go(url: str, home: str, *, outcome: str = "accepted-l2", browser: requests.Session | None = None) -> str:
    """Open an address and go on until it leads to `home`, the relying party; return that address.

    Raises AssertionError where the way ends on another page.
    """
    browser = browser or requests.Session()
    answer = browser.get(url, allow_redirects=False, timeout=30)
    for _ in range(_MOST_STEPS):
        if "Location" in answer.headers:
            url = urljoin(answer.url, answer.headers["Location"])
            if url.startswith(home):
                return url
            answer = browser.get(url, allow_redirects=False, timeout=30)
        else:
            answer = _fill_in(browser, answer, outcome)
    raise AssertionError(f"no end at {url}")


def _fill_in(browser: requests.Session, page: requests.Response, outcome: str) -> requests.Response:
    fields = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    }
    action = re.search(r'<form [^>]*action="([^"]+)"', page.text)
    if 'id="sandbox-form"' in page.text:
        person = re.search(r'<option value="([0-9a-f-]{36})"', page.text)
        fields |= {"person": person[1] if person else "", "outcome": outcome}
    elif 'id="consent-yes"' in page.text:
        fields["answer"] = "yes"
    else:
        raise AssertionError(f"{page.status_code} at {page.url}: {page.text[:800]}")
    target = urljoin(page.url, action[1]) if action else page.url
    return browser.post(target, fields, allow_redirects=False, timeout=30)
