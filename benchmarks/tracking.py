"""What following a face in the capture page costs: the files, the load, and a picture, in Chromium.

The page's own scripts run as they are, on pictures of the software phone's head, with one thread.
"""

import base64
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.figures import Figure
from devtools.rendering import photographs
from devtools.rendering.render import render_burst

ROOT: Final = Path(__file__).resolve().parent.parent
TRACKING: Final = ROOT / "build" / "static" / "vendor" / "tracking"
LOADS: Final = 5
LOOKS: Final = 60
STEPS: Final = [{"cue": "centre", "ms": 1000}, {"cue": "left", "ms": 1500, "degrees": 24}]
FRAMES: Final = {"min": 10, "max": 40, "fps": 10}
ADDRESSES: Final = {
    "entry": "/js/capture/tracking/entry.js",
    "script": "/js/capture/tracking/worker.js",
    "runtime": "/vendor/tracking/ort.js",
    "wasm": "/vendor/tracking/ort.wasm",
    "detection": "/vendor/tracking/blazeface.onnx",
    "landmarks": "/vendor/tracking/facemesh.onnx",
    "slow_ms": 60_000,
}
# Loads a tracker anew, and returns it with the milliseconds that this took.
LOAD: Final = """async (addresses) => {
  const { Tracker } = await import("/js/capture/tracking/tracker.js");
  window.tracker?.close();
  window.tracker = new Tracker();
  const begun = performance.now();
  window.tracker.load(addresses);
  while (!window.tracker.works) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return performance.now() - begun;
}"""
# Returns the milliseconds of each look, and how many of them saw the face.
LOOK: Final = """async ([jpegs, looks]) => {
  const decode = (jpeg) => createImageBitmap(new Blob([Uint8Array.from(atob(jpeg), (c) => c.charCodeAt(0))]));
  const images = await Promise.all(jpegs.map(decode));
  const [took, seen] = [[], []];
  for (let turn = 0; turn < looks; turn += 1) {
    const image = images[turn % images.length];
    const draw = ({ canvas, context }) =>
      context.drawImage(image, 140, 0, 360, 480, 0, 0, canvas.width, canvas.height);
    const begun = performance.now();
    seen.push(await window.tracker.look({ draw }));
    took.push(performance.now() - begun);
  }
  return [took, seen.filter(({ face }) => face).length];
}"""


class _Files(SimpleHTTPRequestHandler):
    """Gives the site's own files, below / what the site has below /static/."""

    def translate_path(self, path: str) -> str:
        """Look in both folders of the site's own files."""
        found = (ROOT / folder / path.lstrip("/") for folder in ("static", "build/static"))
        return str(next((file for file in found if file.is_file()), ROOT / "nothing"))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def _page() -> Iterator[Page]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        page.route("**/empty", lambda route: route.fulfill(content_type="text/html"))
        page.goto(f"http://127.0.0.1:{server.server_port}/empty")
        yield page
        browser.close()
    server.shutdown()


def measure() -> Iterable[Figure]:
    """Yield the size of what is loaded, compressed, the medians of loads and looks, and the faces seen."""
    files = [path for path in TRACKING.iterdir() if path.suffix == ".br"]
    yield Figure("files, as a browser gets them", sum(path.stat().st_size for path in files) / 1e6, "MB")
    challenge = {"steps": STEPS, "frames": FRAMES}
    (photograph,) = photographs.read(ROOT / "build" / "photos" / "obama" / "01.jpg")
    frames, _ = render_burst(photograph, challenge, np.random.default_rng(1))
    jpegs = [base64.b64encode(frame.jpeg).decode() for frame in frames]
    with _page() as page:
        loads = [page.evaluate(LOAD, ADDRESSES) for _ in range(LOADS)]
        took, seen = page.evaluate(LOOK, [jpegs, LOOKS])
    yield Figure(f"load from the same machine, median of {LOADS}", median(loads), "ms")
    yield Figure("look at one picture, median", median(took), "ms", "≤ 150")
    yield Figure("look at one picture, 90 % within", float(np.quantile(took, 0.9)), "ms")
    yield Figure("pictures in which the head was seen", 100 * seen / LOOKS, "%", "≥ 95")
