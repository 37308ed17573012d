"""Chromium with a fake camera and a virtual authenticator, against a live server."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, Playwright, expect
from pytest_django.live_server_helper import LiveServer

from authsvc.biometrics import tasks
from authsvc.biometrics.unsealing import unseal_sample
from authsvc.capture import agent_api, challenge
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.sql import take_role
from authsvc.transactions import services
from authsvc.transactions.models import Capture
from tests import needs
from tests.browser.capture import camera
from tests.browser.capture.person import Person
from tests.factories import make_tenant, offer_sample_key
from tests.unit.biometrics.accepting import accept_every_face
from tests.unit.transactions.flow import verdict_on

expect.set_options(timeout=15_000)


@pytest.fixture(autouse=True)
def _audit_log_can_be_emptied(transactional_db: None) -> Iterator[None]:
    """Empty the append-only log of an SQLite database after a test, before every table is emptied.

    PostgreSQL needs no help: TRUNCATE passes by row triggers.
    """
    yield
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_no_delete'")
        (trigger,) = cursor.fetchone()
        cursor.execute("DROP TRIGGER audit_no_delete")
        cursor.execute("DELETE FROM audit_auditevent")
        cursor.execute(trigger)


@pytest.fixture
def tenant(live_server: LiveServer, settings: Any) -> Iterator[Tenant]:
    """A sandbox tenant on the live server, its scope entered; a worker has published a sample key."""
    settings.BASE_URL = live_server.url
    made = make_tenant(name="Northwind Bank")
    with tenant_scope(made.id):
        offer_sample_key()
        yield made


def _started(playwright: Playwright, *arguments: str, whole: bool = False) -> Browser:
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    # The shell has nobody whom it could ask for a camera.
    asked = [] if whole else ["--use-fake-ui-for-media-stream"]
    path = needs.chromium_path(whole=whole)
    return playwright.chromium.launch(executable_path=path, args=[*root, "--disable-gpu", *asked, *arguments])


@pytest.fixture
def launch(playwright: Playwright) -> Iterator[Callable[..., Browser]]:
    """Start Chromium with further arguments, the `whole` where asked for; each is closed after the test."""
    started: list[Browser] = []

    def start(*arguments: str, whole: bool = False) -> Browser:
        started.append(_started(playwright, *arguments, whole=whole))
        return started[-1]

    yield start
    for browser in started:
        browser.close()


@pytest.fixture(scope="session")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video in which nothing moves."""
    return camera.still_video(tmp_path_factory.mktemp("camera") / "still.mjpeg")


@pytest.fixture(scope="session")
def _filming(playwright: Playwright, still: Path) -> Iterator[Browser]:
    with closing(_started(playwright, *camera.arguments(still))) as browser:
        yield browser


@pytest.fixture
def with_camera(_filming: Browser) -> Iterator[Browser]:
    """A browser whose camera is the still video, and not yet allowed; what a test opens in it is closed."""
    yield _filming
    for context in _filming.contexts:
        context.close()


@pytest.fixture
def person(tenant: Tenant, with_camera: Browser) -> Person:
    """A person in front of the page, who has allowed the camera."""
    return Person(tenant, with_camera, permissions=["camera"])


@pytest.fixture
def page(person: Person) -> Page:
    """The person's page."""
    return person.page


@pytest.fixture
def two_cues(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each challenge be two cues: enough to see what a test looks at."""
    steps = [{"cue": "centre", "ms": 500}, {"cue": "left", "ms": 600, "degrees": 25}]
    frames = {"min": 10, "max": 40, "fps": 12, "width": 640, "height": 480}
    drawn = {"nonce": "A" * 43, "steps": steps, "frames": frames}
    monkeypatch.setattr(challenge, "_draw", lambda *, light: drawn)


@contextmanager
def _as_worker() -> Iterator[None]:
    """Work with the worker's rights within a request, which has those of the web."""
    if connection.vendor != "postgresql":
        yield
        return
    take_role(connection, "visor_worker")
    try:
        yield
    finally:
        take_role(connection, "visor_web")


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[bytes]]:
    """Stand for the worker: open each sample as it does, and come to the outcome that is asked for."""

    def becomes(outcome: str) -> list[bytes]:
        opened: list[bytes] = []

        def judge(*, tenant_id: str, capture_id: str, **_: Any) -> None:
            with _as_worker():
                capture = Capture.objects.get(pk=capture_id)
                opened.append(unseal_sample(services.read_sealed(capture_id) or b"", capture=capture))
                services.record_verdict(capture_id, verdict_on(capture, outcome))

        monkeypatch.setattr(agent_api, "enqueue_verification", judge)
        return opened

    return becomes


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[bytes]]:
    """Judge each sample by the worker's own code, for whose stages every face is the right one.

    What a model keeps, opens and sends down is done as ever. Takes what accept_every_face takes, and returns
    the samples' plain text, as they come.
    """

    def begins(**enrolled: Any) -> list[bytes]:
        opened: list[bytes] = []
        accept_every_face(monkeypatch, **enrolled)

        def judge(*, tenant_id: str, capture_id: str, **_: Any) -> None:
            with _as_worker():
                capture = Capture.objects.get(pk=capture_id)
                opened.append(unseal_sample(services.read_sealed(capture_id) or b"", capture=capture))
                tasks.verify_capture(tenant_id, capture_id)

        monkeypatch.setattr(agent_api, "enqueue_verification", judge)
        return opened

    return begins


@pytest.fixture
def lenient_worker(lenient: Callable[..., list[bytes]]) -> list[bytes]:
    """The same, for whom each face is one and the same template."""
    return lenient()
