"""The challenge that an agent gets: what to do before the camera, and the key to seal the answer to."""

import secrets
from collections.abc import Mapping, Sequence
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
from authsvc.privacy.models import Need
from authsvc.privacy.needs import has_need
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.services import count_overdue, end_waiting, issue_capture


def offer_challenge(transaction: Transaction, *, prefer: Any = None) -> dict[str, Any]:
    """Return the transaction's one challenge as docs/protocol.md section 3 has it, drawn where none waits.

    `prefer` must be None: what a challenge leaves out is a stored need of the person, which no session
    chooses. Raises Refused before device proof, when locked, and where no worker has published a key (503).
    """
    if prefer is not None:
        raise Refused("bad-preference", _LIGHT_IS_A_NEED, detail=f"prefer {prefer!r}")
    count_overdue(transaction)
    return _offer(transaction)


_LIGHT_IS_A_NEED = _(
    "Whether the screen changes colour is set on the page “Your passkeys and face”. Please reload this page."
)


@database.atomic
def _offer(transaction: Transaction) -> dict[str, Any]:
    light = light_may_change(transaction)
    if not light:
        end_waiting(transaction, only=shows_light)
    keys = keys_on_offer()
    capture = issue_capture(transaction, challenge=_draw(light=light), offered_to=[key.kid for key in keys])
    if not keys:
        raise Refused(
            "no-worker",
            _("Your face cannot be checked at the moment. Try again soon, or continue without your face."),
            detail="no worker has published a sample key",
            status=503,
        )
    return _answer(capture, keys)


def light_may_change(transaction: Transaction) -> bool:
    """Whether the screen may change colour before this person: they have not said that it can harm them."""
    subject = transaction.subject
    return subject is None or not has_need(subject, Need.Kind.NO_LIGHT)


def expects_light(transaction: Transaction) -> bool:
    """Whether the person is to be warned of changing light before a challenge is drawn for them."""
    return "light" in _mix(light=light_may_change(transaction))


def shows_light(challenge: Mapping[str, Any]) -> bool:
    """Whether the screen changes colour in a challenge."""
    return any(step.get("colour") for step in challenge["steps"])


def _draw(*, light: bool) -> dict[str, Any]:
    nonce = b64u(secrets.token_bytes(32))
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
        "warning": "light" if shows_light(drawn) else None,
    }
