"""Model C in the real page: it is sent the reference, compares by the server's own network, and says so.

The worker's own code judges, whose stages take every face for a living one: what is refused here, the page
refuses itself.
"""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Response, Route, expect

from authsvc.assurance.levels import Evidence, assess
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.loading import load_engine, load_faces
from authsvc.biometrics.engines.mesh_faces import MeshFaces
from authsvc.biometrics.records import page as page_record
from authsvc.biometrics.records.page import NETWORK
from authsvc.biometrics.templates import encode_template
from authsvc.biometrics.types import FeatureResult, Reason
from authsvc.core.ids import unb64u
from authsvc.devices.models import Device
from authsvc.evaluation.dataset import read_picture
from authsvc.policy.services import publish_models
from authsvc.privacy.models import ConsentReceipt
from authsvc.subjects.models import Subject
from authsvc.transactions.models import AttemptCounter
from authsvc.vault.ageing import moments_of
from devtools.laboratory.page_engine import page_engine
from devtools.rendering import photographs
from devtools.rendering.camera import encode
from devtools.rendering.face3d import load_head
from devtools.rendering.motion import HeadState
from devtools.rendering.render import render_scene
from tests.browser.capture.person import Person
from tests.browser.capture.samples import manifest
from tests.browser.capture.test_models import adds_a_passkey, enrols, films, model_in, newcomer, signs_in
from tests.browser.capture.test_own_page import comes_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S6.3-01", "S6.3-03"),
    pytest.mark.usefixtures("two_cues"),
    pytest.mark.needs("photos", "tracking", "comparing"),
]
CAMERA = Path(__file__).parents[1] / "camera.js"
# As somebody does who can write to the browser's storage.
FORGET_KEYS = """async () => {
    const opened = await new Promise((done) => {
        const request = indexedDB.open("visor-shares", 1);
        request.onsuccess = () => done(request.result);
    });
    const values = opened.transaction("values", "readwrite").objectStore("values");
    const all = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
    for (const key of await all(values.getAllKeys())) {
        if (key.startsWith("receiver:")) {
            await all(values.delete(key));
        }
    }
    opened.close();
}"""
# Whether what was sealed to this browser's key opens with another page's, and whether scripts read the key.
ANOTHER_PAGE = """async ({ sealed, txn, device, nonce }) => {
    const { makeReceivingKey, openReleased } = await import("/static/js/capture/released.js");
    const { findReceiver } = await import("/static/js/capture/store.js");
    const jose = "/static/vendor/jose/index.js";
    const opens = (privateKey, changes = {}) =>
        openReleased({ jose, txn, privateKey, device, nonce, sealed, ...changes })
            .then(() => true, () => false);
    const own = await findReceiver(device);
    return {
        own: await opens(own),
        others: await opens((await makeReceivingKey()).privateKey),
        other_attempt: await opens(own, { nonce: "another" }),
        read: await crypto.subtle.exportKey("jwk", own).then(() => true, () => false),
    };
}"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The worker's own."""
    return load_engine("sface")


def rendered(photo: Path) -> list[dict[str, Any]]:
    """Return what a camera shows of a head that is held straight."""
    (photograph,) = photographs.read(photo)
    state = HeadState(0, 0, 0, 40, 0, 0, (0, 0), (0.5, 0.5, 0.5))
    scene = np.clip(render_scene(load_head(photograph), state), 0, 255).astype(np.uint8)
    return [{"t": 0, "jpeg": base64.b64encode(encode(scene)).decode()}]


@pytest.fixture(scope="module")
def shown(photos: Path) -> Mapping[str, list[dict[str, Any]]]:
    """What the camera shows of two people, the one in another photograph than they enrolled with."""
    return {"own": rendered(photos / "obama" / "03.jpg"), "other": rendered(photos / "biden" / "01.jpg")}


@pytest.fixture
def worker(lenient: Callable[..., list[bytes]], engine: Engine, photos: Path) -> list[bytes]:
    """A worker that keeps the features of one photograph of whoever enrols."""
    found = read_picture(photos / "obama" / "01.jpg", engine)
    assert found is not None
    vectors = engine.features([found[0]], [found[1]], mirrored=[True])
    features = FeatureResult(vectors / np.linalg.norm(vectors), (0,), np.ones(1, np.float32))
    made = encode_template(features, engine=engine.engine_id)
    return lenient(template=made, engine=engine.engine_id)


@pytest.fixture
def ada(person: Person, worker: list[bytes], shown: Mapping[str, Any]) -> Person:
    """Somebody who has enrolled in this browser, whose camera shows what a test gives it."""
    publish_models(models=["C", "G"], justification="For the tests.", published_by="a test")
    person.page.add_init_script(path=CAMERA)
    person.page.add_init_script(f"window.giveCamera({json.dumps(shown['own'])});")
    enrols(person, newcomer())
    return person


def stops_before_the_pictures(route: Route) -> None:
    """Let a challenge for the reference through, and none for pictures."""
    if "reference" in (route.request.post_data or ""):
        route.continue_()
    else:
        route.abort()


@pytest.mark.modes("page", models="C")
@pytest.mark.requirement("S6.3-02", "S8.3-06")
def test_the_page_lets_the_right_face_in_and_refuses_a_wrong_one(
    ada: Person, worker: list[bytes], shown: Mapping[str, Any]
) -> None:
    assert not any(NETWORK in request.url for request in ada.requests)  # an enrolment compares nothing
    row = signs_in(ada)
    said = result_in(worker[-1])
    assert (said["matched"], said["engine"], said["chain"]) == (
        True,
        page_record.page_engine(),
        manifest(worker[-1])["chain"],
    )
    assert manifest(worker[-1]).get("share") is None
    face = row.evidence.face
    assert face is not None
    assert (face.model, face.device_engine) == ("C", page_record.page_engine())
    assert "face" not in assess(Evidence.from_record(row.evidence)).amr
    row = ada.chooses()
    ada.page.evaluate("pictures => giveCamera(pictures)", shown["other"])
    films(ada)
    ada.sees_in_time("refused")
    expect(ada.page.get_by_text("This device compared your face, and it did not match")).to_be_visible()
    assert result_in(worker[-1])["matched"] is False
    row.refresh_from_db()
    assert row.captures.latest("number").reason == Reason.NON_MATCH
    assert AttemptCounter.objects.get(subject=row.subject).failures == 1
    ada.taps("without-face")
    ada.page.wait_for_url("**/passkeys/**")
    assert ada.violations == []


def test_what_is_sent_is_fetched_once_and_no_other_page_opens_it(ada: Person) -> None:
    heard: list[Response] = []
    ada.page.on("response", lambda each: heard.append(each) if "/outgoing" in each.url else None)
    row = ada.chooses()
    ada.context.route("**/challenge", stops_before_the_pictures)
    films(ada)
    ada.sees_in_time("offline")
    (sent,) = heard
    again = ada.page.evaluate(
        "address => fetch(address, { method: 'POST', body: '{}', "
        "headers: { 'Content-Type': 'application/json' } }).then((answer) => answer.status)",
        sent.url,
    )
    assert again == 409
    release = row.captures.get(number=1)
    row.refresh_from_db()
    assert row.device is not None
    asked = {
        "sealed": sent.json()["sealed"],
        "txn": row.pk,
        "device": row.device.credential_id,
        "nonce": release.challenge["nonce"],
    }
    assert ada.page.evaluate(ANOTHER_PAGE, asked) == {
        "own": True, "others": False, "other_attempt": False, "read": False,
    }  # fmt: skip


@pytest.mark.modes("second passkey", "renewal", "revocation", models="C")
@pytest.mark.requirement("S8.2-04", "S5.2-05", "S10-03")
@pytest.mark.whole
def test_a_second_passkey_is_sent_what_was_renewed_until_it_is_revoked(
    ada: Person, worker: list[bytes]
) -> None:
    adds_a_passkey(ada)
    second = Device.objects.latest("created_at")
    assert "result" not in manifest(worker[-1])  # what lets a passkey in, a worker compares
    page = ada.page
    page.goto(f"/t/{ada.tenant.slug}/moments/")
    page.get_by_role("button", name="Go on").click()
    ada.taps("passkey")
    ada.sees("prepare")
    ada.taps("start-camera")
    page.wait_for_url("**/moments/finish/**", timeout=60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your face is renewed")
    assert "result" not in manifest(worker[-1])  # and what is added to a reference too
    row = signs_in(ada)
    assert (row.device, result_in(worker[-1])["matched"], model_in(row)) == (second, True, "C")
    assert row.subject is not None
    assert len(moments_of(row.subject)) == 2
    comes_in(ada, page)
    page.goto(f"/t/{ada.tenant.slug}/me/passkeys/{second.pk}/revoke")
    page.get_by_role("button", name="Revoke this passkey").click()
    expect(page.get_by_role("heading", name="The passkey is revoked")).to_be_visible()
    ada.open()
    ada.taps("passkey")
    ada.sees("passkey-problem")
    assert ada.violations == []


@pytest.mark.requirement("S5.3-02", "S10-01", "S10-03", "S10-05")
@pytest.mark.modes("lost phone", "revocation", "moving", models="C")
@pytest.mark.whole
def test_whose_browser_lost_the_key_moves_away_and_back_by_a_new_consent(
    ada: Person, worker: list[bytes]
) -> None:
    page = ada.page
    page.evaluate(FORGET_KEYS)
    ada.chooses()
    ada.taps("prepare")
    ada.sees("no-share")
    assert page.evaluate("window.cameraAsked") == 0
    ada.taps("without-face")
    page.wait_for_url("**/passkeys/**")
    comes_in(ada, page)
    page.get_by_role("link", name="Withdraw my consent").click()
    page.get_by_role("button", name="Withdraw my consent").click()
    expect(page.get_by_role("heading", name="Your consent is withdrawn")).to_be_visible()
    publish_models(models=["G", "C"], justification="For the tests.", published_by="a test")
    subject = enrols(ada, Subject.objects.get(), existing=True)
    ada.requests.clear()
    assert model_in(signs_in(ada)) == "G"
    assert "result" not in manifest(worker[-1])
    assert not any(NETWORK in request.url for request in ada.requests)
    publish_models(models=["C", "G"], justification="For the tests.", published_by="a test")
    enrols(ada, subject, existing=True)
    assert (model_in(signs_in(ada)), result_in(worker[-1])["matched"]) == ("C", True)
    notices = ConsentReceipt.objects.order_by("given_at").values_list("notice_version", flat=True)
    assert len(notices) == 3
    assert notices[0] == notices[2] != notices[1]
    assert ada.violations == []


@pytest.mark.requirement("S10-03")
def test_where_the_network_does_not_come_there_is_a_way_on(ada: Person) -> None:
    ada.context.route("**/agent-comparer.js", lambda route: route.abort())
    ada.chooses()
    films(ada)
    ada.sees_in_time("no-comparison")
    ada.taps("without-face")
    ada.page.wait_for_url("**/passkeys/**")


@pytest.mark.requirement("S5.2-05")
def test_its_features_are_the_servers_given_the_same_points(
    with_camera: Browser, engine: Engine, photos: Path
) -> None:
    faces = load_faces("mesh")
    assert isinstance(faces, MeshFaces)
    files = sorted(photos.glob("*/*.jpg"))
    found = [(file, *picture) for file in files if (picture := read_picture(file, engine)) is not None]
    assert len({file.parent for file, _, _ in found}) >= 4
    five = np.array([faces.five(image, landmarks) for _, image, landmarks in found])
    theirs = engine.features([image for _, image, _ in found], [points for _, _, points in found])
    with page_engine(with_camera) as page:
        ours, _ = page.describe([file.read_bytes() for file, _, _ in found], five=five)
    for (file, _, _), one, other in zip(found, ours, theirs, strict=True):
        assert one is not None
        alike = float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
        # Where the picture's edge cuts a face, each side fades it out in its own way.
        assert alike >= (0.998 if file.parent.name == "partial" else 0.999), file


def result_in(plain: bytes) -> dict[str, Any]:
    """Return what a sample says of a comparison, unchecked."""
    said: dict[str, Any] = json.loads(unb64u(manifest(plain)["result"].split(".")[1]))
    return said
