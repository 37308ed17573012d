"""The page's own comparison, in Chromium: its scripts as they are, on pictures that a program gives."""

from __future__ import annotations

import base64
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from authsvc.biometrics.records.page import NETWORK
from authsvc.biometrics.types import Array

ROOT: Final = Path(__file__).resolve().parents[2]
FILES: Final[Mapping[str, str]] = {
    "entry": "/js/capture/tracking/entry.js",
    "script": "/js/capture/comparing/worker.js",
    "runtime": "/vendor/tracking/ort.js",
    "wasm": "/vendor/tracking/ort.wasm",
    "detection": "/vendor/tracking/blazeface.onnx",
    "landmarks": "/vendor/tracking/facemesh.onnx",
    "network": f"/{NETWORK}",
}
_LOAD: Final = """async (files) => {
  const { Comparer } = await import("/js/capture/comparing/comparer.js");
  window.comparer?.close();
  window.comparer = new Comparer();
  const begun = performance.now();
  await window.comparer.load(files);
  return performance.now() - begun;
}"""
_DESCRIBE: Final = """async (pictures) => {
  const seen = [];
  const begun = performance.now();
  for (const { jpeg, ...how } of pictures) {
    const bytes = Uint8Array.from(atob(jpeg), (character) => character.charCodeAt(0));
    const [found] = await window.comparer.describe([{ jpeg: bytes, ...how }]);
    seen.push(found ? Array.from(found) : null);
  }
  return [seen, performance.now() - begun];
}"""


class PageEngine:
    """A page in which faces are described; `load` comes before everything else."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def load(self) -> float:
        """Load runtime and networks anew, and return the milliseconds that it took."""
        return float(self._page.evaluate(_LOAD, dict(FILES)))

    def describe(
        self, pictures: Sequence[bytes], *, five: Array | None = None, twice: bool = False
    ) -> tuple[list[Array | None], float]:
        """Return the features of the face in each JPEG picture, None without one, and the milliseconds.

        `five` are n×5×2 points of the faces, in pixels, else the page finds them itself; `twice` averages
        each with its mirror image.
        """
        given = [
            {"jpeg": base64.b64encode(picture).decode(), "twice": twice, **_points(five, index)}
            for index, picture in enumerate(pictures)
        ]
        seen, took = self._page.evaluate(_DESCRIBE, given)
        return [None if found is None else np.array(found, np.float32) for found in seen], float(took)


def _points(five: Array | None, index: int) -> dict[str, Any]:
    return {} if five is None else {"five": five[index].astype(float).tolist()}


class _Files(SimpleHTTPRequestHandler):
    """Gives the site's own files, below / what the site has below /static/."""

    def translate_path(self, path: str) -> str:
        """Look in both folders of the site's own files."""
        found = (ROOT / folder / path.lstrip("/") for folder in ("static", "build/static"))
        return str(next((file for file in found if file.is_file()), ROOT / "nothing"))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def page_engine(browser: Browser | None = None) -> Iterator[PageEngine]:
    """Run the page's comparison while the block runs: in a page of this browser, or in one of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with nullcontext(browser) if browser else _started() as started:
            page = started.new_page()
            page.route("**/empty", lambda route: route.fulfill(content_type="text/html"))
            page.goto(f"http://127.0.0.1:{server.server_port}/empty")
            engine = PageEngine(page)
            engine.load()
            yield engine
            page.close()
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _started() -> Iterator[Browser]:
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()
