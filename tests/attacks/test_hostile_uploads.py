"""Hostile requests and samples: the right status, a calm word, a precise reason, and nothing is lost."""

import contextlib
import io
import socket
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import cv2
import numpy as np
import pytest
import requests

from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.phone.sealing import Binding
from devtools.rendering.camera import encode
from devtools.rendering.mesh import Image
from devtools.stack.stack import Stack
from tests.attacks.conftest import PERSON
from tests.attacks.phone import SpoilingPhone, WatchedPhone
from tests.attacks.sinks import Sinks
from tests.attacks.worker import working

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "redis", "photos"),
    pytest.mark.usefixtures("fresh_counter"),
]
COUNTED = """SELECT failures, in_flight FROM transactions_attemptcounter counter
JOIN subjects_subject person ON person.id = counter.subject_id WHERE person.name = %s"""
TECHNICAL = ("json", "jwe", "http", "byte", "decode", "invalid", "manifest", "exception", "null", "nan", "_")


@pytest.fixture(scope="module", autouse=True)
def _worker(stack: Stack, person: Person) -> Iterator[None]:
    """One worker for all of them: none may end it."""
    with working(stack):
        yield


def calm(message: str) -> bool:
    """Tell whether a sentence is for a person: it ends, and no word in it is for a programmer."""
    return message.endswith(".") and not any(word in message.lower() for word in TECHNICAL)


class Api:
    """Sends what no page sends into a running transaction, and checks what comes back."""

    def __init__(self, phone: WatchedPhone, sinks: Sinks, api: str) -> None:
        self._session, self._sinks, self._api = phone.browser.session, sinks, api
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(api))

    def post(
        self, path: str, body: bytes, kind: str = "application/jose", **changes: Any
    ) -> requests.Response:
        headers = {"Origin": self._origin, "Content-Type": kind, **changes.pop("headers", {})}
        url = urljoin(changes.pop("api", self._api), path)
        return self._session.post(url, data=body, headers=headers, timeout=30, **changes)

    def refuses(self, answer: requests.Response, status: int, code: str) -> None:
        """Fail unless an answer has this status and code, a calm sentence, and a reason in the audit log."""
        said = answer.json()
        assert (answer.status_code, said["error"]) == (status, code)
        assert calm(said["message"]), said["message"]
        query = (
            "SELECT reason, details->>'detail' FROM audit_auditevent "
            "WHERE transaction = %s AND tag IN ('capture:request:refused', 'transaction:sample:refused') "
            "ORDER BY id DESC LIMIT 1"
        )
        ((reason, detail),) = self._sinks.rows(query, said["reference"])
        assert reason == code
        assert detail

    def half(self, sample: bytes) -> bytes:
        """Announce a sample, send half of it and hang up; return what a proxy would then have been told."""
        where = urlsplit(urljoin(self._api, "sample"))
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._session.cookies)
        head = {"Host": where.netloc, "Origin": self._origin, "Cookie": cookies}
        head |= {"Content-Type": "application/jose", "Content-Length": str(len(sample))}
        lines = [f"POST {where.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        with socket.create_connection((where.hostname, where.port), timeout=30) as line:
            line.sendall("\r\n".join(lines).encode() + sample[: len(sample) // 2])
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.requirement("S9.5-05", "S8.3-02", "S6.2-02")
def test_malformed_requests_are_refused_and_lose_nothing(stack: Stack, sinks: Sinks, person: Person) -> None:
    """All of them come into one sign-in, which then goes well."""

    def attack(url: str, sample: bytes) -> None:
        api = Api(phone, sinks, url)
        assert api.half(sample) == b""  # no thread takes up what is not whole
        api.refuses(api.post("sample", bytes(6 * 1024 * 1024 + 1)), 413, "too-large")
        api.refuses(api.post("sample", sample, "image/jpeg"), 415, "content-type")
        api.refuses(
            api.post("sample", sample, headers={"Origin": "https://other.example"}), 403, "foreign-origin"
        )
        endless = api.post("sample", iter([bytes(1024 * 1024)] * 7))  # type: ignore[arg-type]
        assert endless.status_code == 413  # before any view: its length was never announced
        api.refuses(api.post("passkey", b"{", "application/json"), 400, "bad-json")
        api.refuses(api.post("passkey", b'{"a": NaN}', "application/json"), 400, "bad-json")
        api.refuses(api.post("passkey", b"[1]", "application/json"), 400, "bad-json")
        stranger = WatchedPhone(person)
        foreign = Api(stranger, sinks, url)
        foreign.refuses(foreign.post("sample", sample), 403, "foreign-browser")
        txn = url.rstrip("/").rsplit("/", 1)[1]
        elsewhere = url.replace("/t/demo/", f"/t/{other_tenant(stack)}/")
        assert api.post("sample", sample, api=elsewhere).status_code == 404
        assert sinks.rows("SELECT 1 FROM transactions_sealedsample") == []
        ((state,),) = sinks.rows("SELECT state FROM transactions_transaction WHERE id = %s", txn)
        assert state == "challenged"

    phone = WatchedPhone(person, beforehand=attack)
    assert phone.sign_in(f"{stack.partner_url}/members").status_code == 200


def other_tenant(stack: Stack) -> str:
    """Make a tenant with real people in it, and return its slug."""
    stack.python(
        "Tenant.objects.get_or_create(slug='real', defaults={'name': 'Real', 'kind': Tenant.Kind.LIVE})"
    )
    return "real"


@pytest.mark.requirement("S6.4-01", "S8.4-02")
@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (
            "UPDATE transactions_capture SET expires_at = now() WHERE transaction_id = %s RETURNING 1",
            410,
            "late",
        ),
        ("UPDATE transactions_transaction SET state = 'consumed' WHERE id = %s RETURNING 1", 410, "ended"),
    ],
)
def test_an_upload_too_late_or_after_the_end_is_refused(
    stack: Stack, sinks: Sinks, person: Person, change: str, status: int, code: str
) -> None:
    def attack(url: str, sample: bytes) -> None:
        sinks.rows(change, url.rstrip("/").rsplit("/", 1)[1])
        api = Api(phone, sinks, url)
        api.refuses(api.post("sample", sample), status, code)

    phone = WatchedPhone(person, tries=1, beforehand=attack)
    with pytest.raises(Denied) as denied:
        phone.sign_in(f"{stack.partner_url}/members")
    assert (denied.value.step, denied.value.status) == (8, status)
    assert sinks.rows("SELECT 1 FROM transactions_sealedsample") == []


def picture(image: Image | None = None) -> bytes:
    """Return a frame of noise, or of an image scaled to fit, as the phone's camera encodes it."""
    if image is None:
        image = np.random.default_rng(1).integers(60, 200, (480, 640, 3), dtype=np.uint8)
    return encode(cv2.resize(image, (640, 480)))


def with_archive(jpeg: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.html", "<script>alert(1)</script>")
    return jpeg + archive.getvalue()


def with_size(jpeg: bytes, width: int, height: int) -> bytes:
    """Return the file with another size in its frame header (T.81 B.2.2)."""
    at = jpeg.index(b"\xff\xc0")
    return jpeg[: at + 5] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + jpeg[at + 9 :]


def png(_: bytes) -> bytes:
    return bytes(cv2.imencode(".png", np.zeros((480, 640, 3), np.uint8))[1])


PICTURES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut in half": (lambda jpeg: jpeg[: len(jpeg) // 2], "picture-damaged"),
    "of 4 gigapixels": (lambda jpeg: with_size(jpeg, 65500, 65500), "picture-size"),
    "of 600 KiB": (lambda jpeg: jpeg[:-2] + bytes(600 * 1024) + jpeg[-2:], "sample-too-large"),
    "also an archive": (with_archive, "picture-trailing-data"),
    "a PNG file": (png, "picture-format"),
    "a web page": (lambda jpeg: b"<!doctype html><script>alert(1)</script>" * 20, "picture-format"),
}


def refused(sinks: Sinks, stack: Stack, phone: SpoilingPhone) -> tuple[str, str]:
    """Send the spoiled sample; return the state that the phone was told and the reason in the audit row."""
    seen: list[str] = []
    phone._meanwhile = seen.append
    with pytest.raises(Denied) as denied:
        phone.sign_in(f"{stack.partner_url}/members")
    assert denied.value.step == 10
    query = (
        "SELECT reason FROM audit_auditevent WHERE transaction = %s AND tag = 'transaction:verdict:recorded'"
    )
    ((reason,),) = sinks.rows(query, *seen)
    assert sinks.rows("SELECT 1 FROM transactions_sealedsample") == []
    return denied.value.code, reason


@pytest.mark.requirement("S6.2-02", "S8.1-07")
@pytest.mark.parametrize("name", PICTURES)
def test_a_hostile_picture_is_refused_with_its_reason(
    stack: Stack, sinks: Sinks, person: Person, name: str
) -> None:
    spoil, reason = PICTURES[name]
    phone = SpoilingPhone(person, pictures=[*[picture()] * 3, spoil(picture())])
    assert refused(sinks, stack, phone) == ("refused", reason)
    assert sinks.rows(COUNTED, PERSON) == [(1, 0)]


@pytest.mark.requirement("S6.2-02", "S9.2-08")
def test_pictures_without_one_face_cost_no_try(
    stack: Stack, sinks: Sinks, person: Person, photos: Path
) -> None:
    both = np.hstack(
        [cv2.resize(cv2.imread(str(photos / who / "01.jpg")), (320, 480)) for who in ("obama", "biden")]
    )
    nobody = refused(sinks, stack, SpoilingPhone(person, pictures=[picture()]))
    assert (nobody[0].split()[0], nobody[1]) == ("again", "no-face")
    two = refused(sinks, stack, SpoilingPhone(person, pictures=[picture(both)]))
    assert two == ("again one-face", "several-faces")
    assert sinks.rows(COUNTED, PERSON) == [(0, 0)]


def not_a_number(content: dict[str, Any]) -> None:
    content["frames"][2]["t"] = float("nan")


def infinite(content: dict[str, Any]) -> None:
    content["frames"][2]["media"] = float("inf")


def backwards(content: dict[str, Any]) -> None:
    content["frames"][2]["t"] = 0


def elsewhere(content: dict[str, Any]) -> None:
    content["txn"] = "A" * 24


@pytest.mark.requirement("S6.2-02", "S8.4-02")
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (not_a_number, "manifest-malformed"),
        (infinite, "manifest-malformed"),
        (backwards, "frame-times"),
        (elsewhere, "sample-of-another-transaction"),
    ],
)
def test_a_hostile_manifest_is_refused_with_its_reason(
    stack: Stack, sinks: Sinks, person: Person, spoil: Callable[[dict[str, Any]], None], reason: str
) -> None:
    phone = SpoilingPhone(person, pictures=[picture()], spoil_manifest=spoil)
    assert refused(sinks, stack, phone) == ("refused", reason)


@pytest.mark.requirement("S9.5-02", "S6.4-01", "S8.3-02")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda binding: replace(binding, device="B" * 43),
        lambda binding: replace(binding, txn="A" * 24),
        lambda binding: replace(binding, nonce="C" * 43),
    ],
    ids=["device", "transaction", "challenge"],
)
def test_a_sample_bound_to_something_else_is_refused(
    stack: Stack, sinks: Sinks, person: Person, spoil: Callable[[Binding], Binding]
) -> None:
    phone = SpoilingPhone(person, pictures=[picture()], spoil_binding=spoil)
    assert refused(sinks, stack, phone) == ("refused", "sample-of-another-transaction")


@pytest.mark.requirement("S9.5-02", "S6.2-02")
@pytest.mark.parametrize(
    "spoil",
    [lambda sealed: b"VSR1", lambda sealed: sealed[:-3] + b"AAA", lambda sealed: sealed[: len(sealed) // 2]],
)
def test_bytes_that_do_not_open_are_refused(
    stack: Stack, sinks: Sinks, person: Person, spoil: Callable[[bytes], bytes]
) -> None:
    phone = SpoilingPhone(person, pictures=[picture()], spoil_sealed=spoil)
    assert refused(sinks, stack, phone) == ("refused", "sample-of-another-transaction")


@pytest.mark.requirement("S8.3-04")
def test_nobody_without_the_device_uses_up_a_persons_tries(
    stack: Stack, sinks: Sinks, person: Person
) -> None:
    def flood(number: int) -> int:
        phone = SoftwarePhone(person, fault=(Fault.NO_DEVICE_KEY, Fault.SKIPPED_PROOF)[number % 2])
        with contextlib.suppress(Denied):
            phone.sign_in(f"{stack.partner_url}/members")
            return 1
        return 0

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(flood, range(24))) == 0
    assert sinks.rows(COUNTED, PERSON) == [(0, 0)]
    assert WatchedPhone(person).sign_in(f"{stack.partner_url}/members").status_code == 200
