"""What a page loads of styles and scripts: those that its HTML names, and what these load in turn."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders

# Of a module: `import "…"`, `import … from "…"`, `export … from "…"`, `import("…")`, a worker's script.
_IMPORTS = re.compile(
    r"""(?:\bimport\s*\(\s*|\bimport\s+|\bfrom\s+|\bnew\s+(?:Shared)?Worker\(\s*)["']([^"']+)["']"""
)
_STYLES = re.compile(r"""@import\s+(?:url\(\s*)?["']?([^"')\s;]+)""")
_LOADED = frozenset({"stylesheet", "modulepreload"})


class _Named(HTMLParser):
    """Reads the addresses that a page names, and how much of style and script stands in the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.inline = 0
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and given.get("src"):
            self.addresses.add(given["src"])
        elif tag == "link" and _LOADED & set(given.get("rel", "").split()):
            self.addresses.add(given["href"])
        self._inside = tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.inline += len(data.encode())

    def handle_endtag(self, tag: str) -> None:
        self._inside = False


def weight(html: str) -> dict[str, int]:
    """Return the bytes of each style and script that a page loads, by address; of its own under "".

    Raises LookupError for one that is no file of ours, whose weight nobody knows.
    """
    reader = _Named()
    reader.feed(html)
    found: dict[str, int] = {"": reader.inline}
    left = sorted(reader.addresses)
    while left:
        address = left.pop()
        if address not in found:
            content = _content(address)
            found[address] = len(content.encode())
            pattern = _STYLES if address.endswith(".css") else _IMPORTS
            left += [urljoin(address, each) for each in pattern.findall(content)]
    return found


def _content(address: str) -> str:
    path = unquote(urlsplit(address).path)
    place = finders.find(path.removeprefix(settings.STATIC_URL)) if settings.STATIC_URL in path else None
    if place is None:
        raise LookupError(f"{address} is no file")
    return Path(place).read_text(encoding="utf-8")
