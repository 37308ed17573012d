"""The challenge that an agent gets: what to do before the camera, and the key to seal the answer to."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final, get_args

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _

from authsvc.biometrics.challenges import FRAMES, Part, draw_challenge
from authsvc.biometrics.types import Step
from authsvc.capture.possession import require_served
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.core.installation import away_from
from authsvc.keys.samples import OfferedKey, keys_on_offer
from authsvc.limits.limit import Spending, TooMany, spend_all
from authsvc.limits.register import FACE, FACE_PERSON, FACE_TENANT, LIVENESS_SESSION, LIVENESS_TENANT
from authsvc.policy.services import current_policy, pinned_region
from authsvc.privacy.models import Need
from authsvc.privacy.needs import has_need
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.services import (
    count_overdue,
    end_waiting,
    issue_capture,
    release_challenge,
    resting,
    wanted_in,
)

# So long waits, in seconds, whose face cannot be checked by anybody at the moment.
_SOON: Final = 10


def offer_challenge(transaction: Transaction, *, prefer: Any = None, want: Any = None) -> dict[str, Any]:
    """Return the transaction's one challenge as docs/protocol.md section 3 has it, drawn where none waits.

    `prefer` must be None: what a challenge leaves out is a stored need of the person, which no session
    chooses. `want` is "reference" for one that asks for a share, so that the reference is sent down (section
    8). Raises Refused before device proof, when locked, and where no worker has published a key (503).
    """
    if prefer is not None:
        raise Refused("bad-preference", _LIGHT_IS_A_NEED, detail=f"prefer {prefer!r}")
    if want not in (None, Capture.REFERENCE):
        raise Refused("bad-want", _("Please reload the page."), detail=f"want {want!r}")
    if transaction.kind == Transaction.Kind.LIVENESS:
        require_served(transaction)
    _spend(transaction)
    count_overdue(transaction)
    return _offer(transaction, releasing=want is not None)


def _spend(transaction: Transaction) -> None:
    """Count a challenge for passkey, person and organisation; raises Refused, also where nobody can count.

    Without the counters the passkey goes on, and the face does not (S9.4-08). A session of liveness is
    counted apart: nobody in it keeps an organisation's people from their faces. Who has proven nothing costs
    nothing, and is refused by what comes next.
    """
    if transaction.state not in Transaction.BEFORE_THE_CAMERA:
        return
    try:
        spend_all(*_costs(transaction))
    except TooMany as problem:
        if problem.status != HTTPStatus.TOO_MANY_REQUESTS:
            raise _not_now("no-counters", problem.detail, retry_after=problem.retry_after) from None
        raise resting(timedelta(seconds=problem.retry_after), detail=problem.detail) from None


def _costs(transaction: Transaction) -> list[Spending]:
    if transaction.kind == Transaction.Kind.LIVENESS:
        return [(LIVENESS_TENANT, transaction.tenant_id), (LIVENESS_SESSION, transaction.pk)]
    by = ((FACE, transaction.device_id), (FACE_PERSON, transaction.subject_id))
    return [(FACE_TENANT, transaction.tenant_id), *by]


_LIGHT_IS_A_NEED = _(
    "Whether the screen changes colour is set on the page “Your passkeys and face”. Please reload this page."
)


@database.atomic
def _offer(transaction: Transaction, *, releasing: bool) -> dict[str, Any]:
    light = light_may_change(transaction)
    if not light:
        end_waiting(transaction, only=shows_light)
    pinned = pinned_region()
    _require_store(pinned)
    keys = keys_on_offer(pinned)
    drawn = release_challenge(secrets.token_bytes(32)) if releasing else _draw(light=light)
    capture = issue_capture(transaction, challenge=drawn, offered_to=[key.kid for key in keys])
    if not keys:
        where = f"no worker of {pinned}" if pinned else "no worker"
        raise _not_now("no-worker", f"{where} has published a sample key")
    return _answer(transaction, capture, keys)


def _require_store(pinned: str) -> None:
    """Let nobody begin what could not be kept: the store is not where the organisation pinned it (S10-12)."""
    if pinned and (away := away_from(pinned)):
        raise _not_now("region-elsewhere", f"pinned to {pinned}: {away}")


def _not_now(code: str, detail: str, *, retry_after: int = _SOON) -> Refused:
    text = _("Your face cannot be checked at the moment. Try again soon, or continue without your face.")
    return Refused(code, text, detail=detail, status=503, retry_after=retry_after)


def light_may_change(transaction: Transaction) -> bool:
    """Whether the screen may change colour before this person: they have not said that it can harm them."""
    subject = transaction.subject
    return subject is None or not has_need(subject, Need.Kind.NO_LIGHT)


def spares_the_turn(transaction: Transaction) -> bool:
    """Whether the person has said that they cannot turn the head: no challenge fits them (ADR 0380)."""
    subject = transaction.subject
    return subject is not None and has_need(subject, Need.Kind.NO_TURN)


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
    said = ((each.name, getattr(step, each.name)) for each in fields(step))
    return {name: value for name, value in said if value is not None}


def _answer(transaction: Transaction, capture: Capture, keys: Sequence[OfferedKey]) -> dict[str, Any]:
    drawn = capture.challenge
    return {
        "capture": capture.number,
        **drawn,
        "expires_in": max(0, int((capture.expires_at - now()).total_seconds())),
        "seal": {**asdict(keys[0]), "second": asdict(keys[1]) if len(keys) > 1 else None},
        "warning": "light" if shows_light(drawn) else None,
        "want": wanted_in(transaction, capture).to_json(),
    }
