"""A worker's part in a session: the sample is opened for its key alone, and frames are all that comes up."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db.models import F

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import pipeline, tasks
from authsvc.capture import challenge
from authsvc.capture.browser import HEADER
from authsvc.core.ids import b64u
from authsvc.core.stages import LIVENESS, Stage
from authsvc.transactions.models import Capture, Outgoing, SealedSample
from authsvc.vault.models import Reference
from devtools.phone import sealing
from devtools.rendering.frame import Frame
from tests.provider.liveness.framed import Framed, a_secret, thumbprint
from tests.provider.liveness.test_sessions import read
from tests.unit.biometrics.accepting import accept_every_face

CAMERA = {"label": "a camera", "facing": "user", "width": 640, "height": 480, "fps": 30}
FRAMES = [Frame(step=0, t=50.0 * each, media=each / 20, jpeg=b"j" * 600) for each in range(12)]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {
        "nonce": b64u(b"n" * 32),
        "steps": [{"cue": "centre", "ms": 600}],
        "frames": {"min": 10, "max": 40, "fps": 12, "width": 640, "height": 480},
    }
    monkeypatch.setattr(challenge, "_draw", lambda *, light: drawn)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Stage, ...]]:
    """The plans that the worker ran; its stages look at no picture."""
    accept_every_face(monkeypatch)
    ran: list[tuple[Stage, ...]] = []
    accepting: Any = pipeline.run

    def noted(plan: tuple[Stage, ...], *given: Any, **named: Any) -> Any:
        ran.append(plan)
        return accepting(plan, *given, **named)

    monkeypatch.setattr(pipeline, "run", noted)
    return ran


def shown(framed: Framed, *, dev: str = "", share: bytes | None = None, **kept: Any) -> Capture:
    """Prove the key, and send frames that a worker judges, sealed as the page does."""
    key = sealing.new_session_key()
    framed.session_key = sealing.public_jwk(key)
    framed.opened()
    assert framed.proves().status_code == 200
    drawn = framed.post("challenge", {}).json()
    binding = sealing.Binding(framed.id, drawn["nonce"], dev or thumbprint(framed.key))
    capture = sealing.Capture(FRAMES, CAMERA, share, kept=kept)
    content = sealing.container(sealing.manifest(capture, binding, key), FRAMES)
    body = sealing.encrypt(content, binding, drawn["seal"]).encode()
    before = F("issued_at") - timedelta(seconds=10)
    framed.row.captures.update(issued_at=before)
    headers = {"origin": django_settings.BASE_URL, HEADER: framed.secret}
    url = f"{framed.holder.visitor.root}agent/{framed.id}/sample"
    sent = framed.http.post(url, body, content_type=sealing.media_type(body), headers=headers)
    assert sent.status_code == 202, sent.content
    row = framed.row.captures.get()
    tasks.verify_capture(str(row.tenant_id), row.pk)
    row.refresh_from_db()
    return row


@pytest.mark.requirement("S6.3-01", "S6.3-04")
def test_frames_alone_go_through_the_stages_of_liveness_and_nothing_is_left(
    framed: Framed, plans: list[tuple[Stage, ...]]
) -> None:
    shown(framed)
    (plan,) = plans
    assert tuple(stage for stage in plan if stage in LIVENESS) == LIVENESS
    assert not {Stage.VAULT, Stage.COMPARISON, Stage.TEMPLATE, Stage.FEATURES} & set(plan)
    _, claims = read(framed.result(), framed.holder)
    assert len(claims["chain"]) == 43
    left = SealedSample.objects.count(), Outgoing.objects.count(), Reference.objects.count()
    assert left == (0, 0, 0)


@pytest.mark.requirement("S6.3-01")
@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("besides", [{"share": b"s" * 32}, {"bundles": [b64u(b"a reference")]}])
def test_what_nobody_asked_for_is_refused_and_recorded(framed: Framed, besides: dict[str, Any]) -> None:
    row = shown(framed, **besides)
    assert (row.state, row.reason) == (Capture.State.REFUSED, "not-listed-by-the-model")
    assert AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED, transaction=framed.id).exists()
    assert framed.result().status_code == 202


@pytest.mark.requirement("S9.5-03")
@pytest.mark.usefixtures("plans")
def test_what_is_sealed_in_another_keys_name_does_not_open(framed: Framed) -> None:
    row = shown(framed, dev=a_secret())
    assert (row.state, row.reason) == (Capture.State.REFUSED, "sample-of-another-transaction")
