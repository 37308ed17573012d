"""The challenge that an agent gets: what to do before the camera, and the key to seal the answer to."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, get_args

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _

from authsvc.biometrics.challenges import FRAMES, Part, draw_challenge
from authsvc.biometrics.types import Step
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.keys.samples import OfferedKey, keys_on_offer
from authsvc.policy.services import current_policy
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.services import issue_capture

_NO_FRAMES = {**FRAMES, "min": 0, "max": 0}


@database.atomic
def offer_challenge(transaction: Transaction, *, prefer: Any) -> dict[str, Any]:
    """Draw and store a challenge, and return it as docs/protocol.md section 3 has it.

    `prefer` is None or "no-light", for people whom changing light harms. A binding needs no frames.
    Raises Refused before device proof, when locked, and where no worker has published a key (503).
    """
    if prefer not in (None, "no-light"):
        raise Refused("bad-preference", _("Please reload the page."), detail=f"prefer {prefer!r}")
    keys = keys_on_offer()
    drawn = _draw(transaction, light=prefer is None)
    capture = issue_capture(transaction, challenge=drawn, offered_to=[key.kid for key in keys])
    if not keys:
        raise Refused(
            "no-worker",
            _("Your face cannot be checked at the moment. Try again soon, or continue without your face."),
            detail="no worker has published a sample key",
            status=503,
        )
    return _answer(capture, keys)


def _draw(transaction: Transaction, *, light: bool) -> dict[str, Any]:
    nonce = b64u(secrets.token_bytes(32))
    if transaction.kind == Transaction.Kind.BIND:
        return {"nonce": nonce, "steps": [], "frames": _NO_FRAMES}
    drawn = draw_challenge(mix=_mix(light=light))
    return {"nonce": nonce, "steps": [_step(step) for step in drawn.steps], "frames": FRAMES}


def _mix(*, light: bool) -> list[Part]:
    wanted = current_policy().challenge
    return [part for part in get_args(Part) if part in wanted and (light or part != "light")]


def _step(step: Step) -> dict[str, Any]:
    return {name: value for name, value in asdict(step).items() if value is not None}


def _answer(capture: Capture, keys: Sequence[OfferedKey]) -> dict[str, Any]:
    drawn = capture.challenge
    return {
        "capture": capture.number,
        **drawn,
        "expires_in": max(0, int((capture.expires_at - now()).total_seconds())),
        "seal": {**asdict(keys[0]), "second": asdict(keys[1]) if len(keys) > 1 else None},
        "warning": "light" if any(step["cue"] == "light" for step in drawn["steps"]) else None,
    }
