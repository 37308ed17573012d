"""From a good request and the browser's session to the next step; pure of the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from authsvc.assurance.levels import Level
from authsvc.clients.models import RelyingParty
from authsvc.oidc.requests.reached import face_missing, preference_met, presence_missing, reported_acr
from authsvc.oidc.requests.wanted import Wanted
from authsvc.oidc.tokens.event import Event


@dataclass(frozen=True)
class Reuse:
    """A past authentication that answers the request, and the acr to report."""

    event: Event
    acr: str


def is_older(event: Event, seconds: int, moment: datetime) -> bool:
    """Whether an authentication lies further back than so many seconds."""
    return moment - event.at > timedelta(seconds=seconds)


def reusable(events: list[Event], wanted: Wanted, client: RelyingParty, *, moment: datetime) -> Reuse | None:
    """Return the strongest past authentication that answers the request, or None where a new one is needed.

    Where `acr_values` is voluntary a step up is tried when none of its levels is reached; only an
    essential acr and the floor are held to in the end (see `reported_acr`).
    """
    if {"login", "select_account"} & set(wanted.prompt) or wanted.max_age == 0:
        return None
    for event in events:
        if wanted.max_age is not None and is_older(event, wanted.max_age, moment):
            continue
        if face_missing(_methods(event), wanted, client) or presence_missing(_face(event), wanted, client):
            continue
        acr = reported_acr(event.level, wanted, client)
        if acr is not None and (preference_met(event.level, wanted) or "none" in wanted.prompt):
            return Reuse(event, acr)
    return None


def _face(event: Event) -> Mapping[str, str] | None:
    """Return what still counts of a face."""
    return event.face if event.level > Level.L1 else None


def _methods(event: Event) -> tuple[str, ...]:
    """Return the methods that still count: one that has decayed to L1 is one old factor (ADR 0093)."""
    return event.amr if event.level > Level.L1 else ()
