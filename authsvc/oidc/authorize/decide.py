"""From a good request and the browser's session to the next step; pure of the wire."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from authsvc.assurance.acr import acr_of, level_of
from authsvc.assurance.levels import Level
from authsvc.clients.models import RelyingParty
from authsvc.oidc.requests.wanted import Wanted
from authsvc.oidc.sessions.session import Event


@dataclass(frozen=True)
class Reuse:
    """A past authentication that answers the request, and the acr to report."""

    event: Event
    acr: str


def reusable(events: list[Event], wanted: Wanted, client: RelyingParty, *, moment: datetime) -> Reuse | None:
    """Return the strongest past authentication that answers the request, or None where a new one is needed.

    Where `acr_values` is voluntary a step up is tried when none of its levels is reached; only an
    essential acr and the floor are held to in the end (see `reported_acr`).
    """
    if {"login", "select_account"} & set(wanted.prompt) or wanted.max_age == 0:
        return None
    for event in events:
        if wanted.max_age is not None and moment - event.at > timedelta(seconds=wanted.max_age):
            continue
        acr = reported_acr(event.level, wanted, client)
        if acr is not None and (_preference_met(event.level, wanted) or "none" in wanted.prompt):
            return Reuse(event, acr)
    return None


def reported_acr(level: Level, wanted: Wanted, client: RelyingParty) -> str | None:
    """Return the one acr that tokens carry for a level, or None where the level is not enough.

    Not enough is a level under the relying party's floor (SB-02), or under every essential value. Of
    essential values the first one that is met is reported; otherwise what was reached, under the name
    that `acr_values` has for it.
    """
    if level < max(Level.L1, Level[client.floor_level]):
        return None
    if wanted.essential_acr is not None:
        return next((acr for acr in wanted.essential_acr if _reaches(level, acr)), None)
    return next((acr for acr in wanted.acr_values if level_of(acr) == level), acr_of(level))


def _preference_met(level: Level, wanted: Wanted) -> bool:
    known = [acr for acr in wanted.acr_values if level_of(acr) is not None]
    return not known or any(_reaches(level, acr) for acr in known)


def _reaches(level: Level, acr: str) -> bool:
    needed = level_of(acr)
    return needed is not None and level >= needed
