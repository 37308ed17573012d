"""The desk of a sign-in across devices (W2): it begins, shows code and number, and takes the result."""

from __future__ import annotations

import re
import time
from typing import Any, Final
from urllib.parse import urljoin

import cv2
import numpy as np
import requests
from numpy.typing import NDArray

from devtools.phone.browser import SIGN_IN_PAGE, Browser, carries_answer
from devtools.phone.phone import Denied, Party, SoftwarePhone

_POLL_S: Final = 0.2
_PATIENCE_S: Final = 60.0
_MODULE_PIXELS: Final = 8
_SIZE: Final = re.compile(r'viewBox="0 0 (\d+) \d+"')
_STROKES: Final = re.compile(r"([Mmh])(-?[\d.]+)(?:[ ,](-?[\d.]+))?")


class Desk:
    """A browser at which a person begins and ends a sign-in that their phone proves.

    Each method raises Denied where the server refuses, and requests.RequestException where it is not there.
    """

    def __init__(self) -> None:
        self.browser = Browser()
        self._api = ""

    def begin(self, start: str) -> None:
        """Begin at a relying party's page, or at the address to which it sends the browser."""
        page = self.browser.open(start)
        found = SIGN_IN_PAGE.match(page.url)
        if found is None or page.status_code != 200:
            raise Denied(1, page.status_code, page.reason or "refused")
        self._api = f"{found['issuer']}desk/{found['txn']}/"

    def link(self) -> str:
        """Show a code, and return the link that a camera reads from it."""
        answer = self.browser.post_json(urljoin(self._api, "code"), {})
        if answer.status_code != 200:
            raise Denied(2, answer.status_code, str(answer.json()["error"]))
        return read_code(answer.json()["code"])

    def number(self) -> str:
        """Return the number that the desk shows once a phone has said that it is here."""
        return str(self._until({"met"}, step=2)["number"])

    def result(self) -> requests.Response:
        """Wait for the phone, and return the redirect with the provider's answer to the relying party."""
        status = self._until({"done", "over"}, step=11)
        return self.browser.open(urljoin(self._api, status["continue_url"]), until=carries_answer)

    def _until(self, states: set[str], *, step: int) -> dict[str, Any]:
        """Ask for the status until it is one of these; raises Denied for another end, and after a minute."""
        ends = time.monotonic() + _PATIENCE_S
        while True:
            answer = self.browser.get(urljoin(self._api, "status"), accept="application/json")
            status: dict[str, Any] = answer.json()
            if status.get("state") in states:
                return status
            if status.get("state") not in {"none", "shown", "met", "taken"} or time.monotonic() > ends:
                raise Denied(step, answer.status_code, str(status.get("state") or status.get("error")))
            time.sleep(_POLL_S)


def sign_in_across(
    desk: Desk, phone: SoftwarePhone, at: Party | str, *, face: bool = True
) -> requests.Response:
    """Begin at the desk, prove with the phone, and end at the desk; return the desk's last page.

    `at` is a relying party that pushes its request, whose answer is returned, or the page of one.
    """
    desk.begin(at if isinstance(at, str) else at.ask())
    phone.take_over(desk.link(), number=desk.number, face=face)
    answer = desk.result()
    if isinstance(at, str):
        return desk.browser.follow(answer)
    at.take(urljoin(answer.url, answer.headers.get("Location", "")))
    return answer


def read_code(svg: str) -> str:
    """Return the text of a QR code that was drawn as SVG, as a camera reads it; raises ValueError."""
    picture = np.kron(_modules(svg), np.full((_MODULE_PIXELS, _MODULE_PIXELS), 255, np.uint8))
    text, _, _ = cv2.QRCodeDetectorAruco().detectAndDecode(picture.astype(np.uint8))
    if not text:
        raise ValueError("this is no code that a camera could read")
    return str(text)


def _modules(svg: str) -> NDArray[np.uint8]:
    """Return the code's modules, 1 for a light one, from the strokes that draw the dark ones."""
    size = _SIZE.search(svg)
    if size is None:
        raise ValueError("this code has no size")
    light = np.ones((int(size[1]), int(size[1])), np.uint8)
    x = y = 0.0
    for verb, first, second in _STROKES.findall(svg.partition(' d="')[2].partition('"')[0]):
        if verb == "h":
            light[int(y), int(x) : int(x + float(first))] = 0
            x += float(first)
        elif verb == "M":
            x, y = float(first), float(second)
        else:
            x, y = x + float(first), y + float(second)
    return light
