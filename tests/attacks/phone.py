"""A software phone that remembers what it sent and got, and lets a test act between upload and verdict."""

from collections.abc import Callable
from typing import Any

import requests

from authsvc.simulator.phone import Person, SoftwarePhone, _Visit
from authsvc.simulator.sealing import Frame


class WatchedPhone(SoftwarePhone):
    """`meanwhile` is called with the transaction's id once its sample is stored.

    `frames`, `share` and `sealed` are those of the last sample, `answers` the bodies of all answers.
    """

    def __init__(
        self, person: Person, *, meanwhile: Callable[[str], None] = lambda txn: None, **options: Any
    ) -> None:
        super().__init__(person, pace=False, **options)
        self.frames: list[Frame] = []
        self.share = b""
        self.sealed = b""
        self.answers: list[bytes] = []
        self._meanwhile = meanwhile
        self.browser.session.hooks["response"].append(self._keep)

    def _keep(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self.answers.append(response.content)

    def _seal(self, visit: _Visit, challenge: dict[str, Any], frames: list[Frame], camera: Any) -> bytes:
        self.frames, self.share = frames, (visit.device.prf if visit.device else None) or b""
        self.sealed = super()._seal(visit, challenge, frames, camera)
        return self.sealed

    def _await_verdict(self, visit: _Visit) -> dict[str, Any]:
        self._meanwhile(visit.txn)
        return super()._await_verdict(visit)
