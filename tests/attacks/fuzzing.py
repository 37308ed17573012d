"""Bad input in many forms, and what every answer to it has in common.

A run tries the same inputs each time, a campaign many new ones (tests/campaign.py).
"""

import base64
import json
import re
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings as django_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

MARKUP = "\"'><i x7q9>"
NASTY = (
    MARKUP,
    "",
    "\x00",
    "a\x00b",
    "\r\nSet-Cookie: x7q9=1",
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "../../etc/passwd",
    "' OR 1=1 --",
    "{{7*7}}",
    "%00%0a",
    "[" * 3000,
    "9" * 5000,
    "1e999",
    "NaN",
    "-1",
    "\ud7ff\U0001f600\u202e",
    "x" * 20000,
)
_ENOUGH = settings(
    max_examples=settings.default.max_examples * 2 // 5,  # a server's answer takes longer than a function
    # One database transaction for all examples of a test is meant: what one leaves, the next one meets.
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)

texts = st.sampled_from(NASTY) | st.text(max_size=40)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def enough(test: Any) -> Any:
    """Run a property as long as it takes, in one transaction for all its inputs."""
    return _ENOUGH(test)


def part(content: Any) -> str:
    """A base64url part of a token."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def tokens() -> st.SearchStrategy[str]:
    """Texts in the form of a signed token, with anything for a header, a payload and a signature."""
    algorithms = st.sampled_from(["ES256", "RS256", "none", "HS256", "ES256K"]) | json_values
    headers = st.fixed_dictionaries(
        {"alg": algorithms},
        optional={"kid": json_values, "typ": json_values, "jwk": json_values, "crit": json_values},
    )
    signatures = st.sampled_from(["", "AAAA", "****", "A" * 86])
    return st.builds(
        lambda *parts: f"{part(parts[0])}.{part(parts[1])}.{parts[2]}",
        headers | json_values,
        json_values,
        signatures,
    )


def changed(good: dict[str, Any], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Copies of a good mapping in which up to three members are left out, replaced or added."""

    def change(changes: list[tuple[str, bool, Any]]) -> dict[str, Any]:
        copy = dict(good)
        for name, remove, value in changes:
            if remove:
                copy.pop(name, None)
            else:
                copy[name] = value
        return copy

    names = st.sampled_from(sorted(good)) | texts
    return st.lists(st.tuples(names, st.booleans(), values), min_size=1, max_size=3).map(change)


def path_part(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="") or "-"


def check(response: Any, *, home: tuple[str, ...] = ()) -> None:
    """No server error, no markup of the caller's, and no way to another site than those of `home`."""
    assert response.status_code < 500, (response.status_code, response.content[:500])
    if response.headers.get("Content-Type", "").startswith(("text/html", "application/xhtml", "image/svg")):
        assert b"<i x7q9" not in response.content
        assert not re.search(rb"href=[\"']?\s*javascript:", response.content)
    assert "x7q9" not in response.cookies
    location = response.headers.get("Location")
    if location is None:
        return
    parts = urlsplit(location)
    own = urlsplit(django_settings.BASE_URL).netloc
    assert not location.startswith(("//", "/\\", "\\")), location
    assert parts.netloc in {"", own, "testserver", *home}, location
    assert parts.scheme in {"", "http", "https"}, location
