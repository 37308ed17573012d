"""The settings that stand on a relying party's page."""

from dataclasses import dataclass

from authsvc.clients.fields import summed_up
from authsvc.clients.models import RelyingParty
from authsvc.clients.setting import Setting
from authsvc.core.texts import Text
from authsvc.oidc.tokens.claims import SCOPE_CLAIMS


@dataclass(frozen=True)
class Fact:
    """One setting as the page shows it: its value as `text`, or as `lines`; `tone` makes a badge of it."""

    label: Text
    text: str
    lines: list[str]
    tone: str


def facts_of(party: RelyingParty) -> list[Fact]:
    """Return the settings to show, in their order; what is empty is left out."""
    facts = [_fact(row, party) for row in summed_up()]
    return [fact for fact in facts if fact.text or fact.lines]


@dataclass(frozen=True)
class Learns:
    """What one scope tells: the claims, and whether the relying party may ask for it."""

    scope: str
    claims: tuple[str, ...]
    allowed: bool


def learns(party: RelyingParty) -> list[Learns]:
    """Return which claims each scope stands for, those that it may ask for first."""
    rows = [
        Learns("openid", ("sub", "acr", "amr", "auth_time"), allowed=True),
        *(Learns(scope, claims, scope in party.scopes) for scope, claims in SCOPE_CLAIMS.items()),
    ]
    return sorted(rows, key=lambda row: not row.allowed)


def _fact(row: Setting, party: RelyingParty) -> Fact:
    assert row.summary is not None
    told = row.told(party)
    tone = (row.summary.tones or {}).get(str(row.of(party)), "")
    text, lines = (told, []) if isinstance(told, str) else ("", told)
    return Fact(row.summary.label, text, lines, tone)
