"""Software phones for attacks: one that is watched while it works, and one that spoils its sample."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import requests
from fido2.utils import websafe_encode

from devtools.phone.phone import Person, SoftwarePhone, _Visit
from devtools.phone.sealing import Binding, Capture, container, encrypt, manifest
from devtools.rendering.frame import Frame


class WatchedPhone(SoftwarePhone):
    """`beforehand` is called with the transaction's URL and its sample before the upload, `meanwhile` with
    the transaction's id once the sample is stored, `waiting` with it before what was left is fetched.

    `frames`, `share` and `sealed` are those of the last sample, `answers` the bodies of all answers; `sent`
    is the reference that came to be compared here, as the phone opened it.
    """

    def __init__(
        self,
        person: Person,
        *,
        beforehand: Callable[[str, bytes], None] = lambda api, sample: None,
        meanwhile: Callable[[str], None] = lambda txn: None,
        waiting: Callable[[str], None] = lambda txn: None,
        **options: Any,
    ) -> None:
        super().__init__(person, **options)
        self.frames: list[Frame] = []
        self.share = b""
        self.sealed = b""
        self.sent = b""
        self.answers: list[bytes] = []
        self._beforehand, self._meanwhile, self._waiting = beforehand, meanwhile, waiting
        self.browser.session.hooks["response"].append(self._keep)

    def _keep(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self.answers.append(response.content)

    def _seal(self, visit: _Visit, challenge: dict[str, Any], frames: list[Frame], camera: Any) -> bytes:
        self.frames, self.share = frames, (visit.device.prf if visit.device else None) or b""
        self.sealed = super()._seal(visit, challenge, frames, camera)
        return self.sealed

    def _fetch_released(self, visit: _Visit) -> str:
        self._waiting(visit.txn)
        return super()._fetch_released(visit)

    def _compare(self, visit: _Visit, frames: Sequence[Frame], challenge: dict[str, Any]) -> None:
        self.sent = visit.released.vector if visit.released else b""
        super()._compare(visit, frames, challenge)

    def _upload(self, visit: _Visit, sample: bytes, challenge: dict[str, Any]) -> None:
        self._beforehand(visit.api, sample)
        super()._upload(visit, sample, challenge)

    def _await_verdict(self, visit: _Visit) -> dict[str, Any]:
        self._meanwhile(visit.txn)
        return super()._await_verdict(visit)

    def _keep_reference(self, visit: _Visit) -> None:
        self._waiting(visit.txn)
        super()._keep_reference(visit)


class SpoilingPhone(WatchedPhone):
    """Sends a sample that is wrong in one way: its pictures, its manifest, what it is bound to, or its bytes.

    The pictures are spoiled before they are hashed and signed: everything else about them is right.
    """

    def __init__(
        self,
        person: Person,
        *,
        pictures: list[bytes],
        spoil_manifest: Callable[[dict[str, Any]], None] = lambda content: None,
        spoil_binding: Callable[[Binding], Binding] = lambda binding: binding,
        spoil_sealed: Callable[[bytes], bytes] = lambda sealed: sealed,
    ) -> None:
        super().__init__(person, tries=1)
        self._pictures = pictures
        self._spoil_manifest, self._spoil_binding = spoil_manifest, spoil_binding
        self._spoil_sealed = spoil_sealed

    def _film(self, challenge: dict[str, Any], number: int) -> tuple[list[Frame], dict[str, Any]]:
        """Return the pictures in turn, as many as are asked for, spread over all that each step may last."""
        ends = list(accumulate(step["ms"] for step in challenge["steps"]))
        count = challenge["frames"]["min"]
        times = [at * ends[-1] / count for at in range(count)]
        frames = [
            Frame(bisect_right(ends, t), t, t / 1000, self._pictures[at % len(self._pictures)])
            for at, t in enumerate(times)
        ]
        return frames, {"label": "A camera", "facing": "user", "width": 640, "height": 480, "fps": 10.0}

    def _seal(self, visit: _Visit, challenge: dict[str, Any], frames: list[Frame], camera: Any) -> bytes:
        assert visit.device is not None
        binding = Binding(visit.txn, challenge["nonce"], websafe_encode(visit.device.credential_id))
        content = manifest(Capture(frames, camera, visit.device.prf), binding, visit.key)
        self._spoil_manifest(content)
        sealed = encrypt(container(content, frames), self._spoil_binding(binding), challenge["seal"])
        return self._spoil_sealed(sealed.encode())
