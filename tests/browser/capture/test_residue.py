"""What leaves the phone, and what stays on it (docs/protocol.md section 4)."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.capture.person import Person
from tests.browser.capture.samples import pictures
from tests.campaign import sampled

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("two_cues"),
]
WATCH_CAMERA = """
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.asked = new Promise((resolve) => {
        navigator.mediaDevices.getUserMedia = (wanted) => { resolve(wanted); return ask(wanted); };
    });
"""
KEPT = """async () => {
  const [local, session] = [Object.keys(localStorage), Object.keys(sessionStorage)];
  const kept = { local, session, cached: [], values: [] };
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) {
      kept.cached.push(new URL(request.url).pathname);
    }
  }
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
    });
    for (const store of database.objectStoreNames) {
      const keys = await new Promise((resolve) => {
        const request = database.transaction(store).objectStore(store).getAllKeys();
        request.onsuccess = () => resolve(request.result);
      });
      kept.values.push(...keys);
    }
    database.close();
  }
  return kept;
}"""
DRAWN = """() => [...document.querySelectorAll("video, canvas, img")].filter(
  (item) => item.srcObject || /^(blob|data):/.test(item.src ?? "")).length"""


@pytest.mark.requirement("S8.4-01", "S10-03")
def test_pictures_leave_the_phone_sealed_and_without_anything_beside_them(
    person: Person, page: Page, judged: Callable[[str], list[bytes]]
) -> None:
    opened = judged("accepted")
    page.add_init_script(WATCH_CAMERA)
    person.enrolled()
    row = person.films()
    asked: dict[str, Any] = page.evaluate("window.asked")
    page.wait_for_url(f"**/passkeys/?{row.id}", timeout=60_000)
    assert asked["audio"] is False
    (plain,) = opened
    files = pictures(plain)
    assert len(files) >= 10
    for jpeg in files:
        assert jpeg.startswith(b"\xff\xd8\xff\xe0")
        assert b"Exif" not in jpeg
    # Whoever reads the line behind TLS sees these bodies, and in none of them a piece of a picture.
    sent = [request.post_data_buffer or b"" for request in person.requests]
    (sealed,) = [body for body in sent if body.startswith(b"{") and b'"ciphertext"' in body]
    assert len(sealed) > len(plain)
    assert not any(jpeg[-64:] in body for body in sent for jpeg in files)
    assert not any(b"\xff\xd8\xff" in body or b"/9j/" in body.replace(sealed, b"") for body in sent)


@pytest.mark.requirement("S8.2-05")
@pytest.mark.parametrize(
    "outcome", sampled({each: each for each in ("accepted", "refused", "stopped")}, "refused")
)
def test_nothing_of_a_capture_stays_in_the_browser(
    person: Person, page: Page, judged: Callable[[str], list[bytes]], outcome: str
) -> None:
    judged("accepted" if outcome == "stopped" else outcome)
    person.enrolled()
    row = person.films()
    if outcome == "accepted":
        page.wait_for_url(f"**/passkeys/?{row.id}", timeout=60_000)
    elif outcome == "refused":
        person.sees_in_time("refused")
    else:
        person.sees("live")
        person.taps("stop")
        person.sees("prepare")
    kept = page.evaluate(KEPT)
    assert kept["local"] == kept["session"] == kept["values"] == []
    assert all(path.startswith("/static/") for path in kept["cached"])
    assert page.evaluate(DRAWN) == 0
