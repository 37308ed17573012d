"""The assurance level that a transaction's evidence earns (Annex B); computed, never asserted (SB-01).

The table is docs/assurance.md's. Each level is reached in one of two ways, with the face or by the equal way
without it (S5.3-02), and whoever controls a page controls its camera: a face that a browser captured is
evidence beside the passkey's, and raises nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from authsvc.assurance.evidence import Proven
from authsvc.core.application_models import APPLICATION_MODELS, application_model
from authsvc.core.components import Component
from authsvc.core.marking import gettext_noop


class Level(IntEnum):
    """Assurance levels in their order; 0 is no authentication at all."""

    NONE = 0
    L1 = 1
    L2 = 2
    L3 = 3
    L4 = 4


@dataclass(frozen=True)
class Evidence:
    """What a transaction proved, and nothing that anybody asked for.

    `passkey` is "hwk", "swk" or None; `attested`, that a statement of its authenticator was verified;
    `certified`, that the authenticator is certified at FIDO level 2 or better, which nothing records before
    the metadata service is read. `recovered` says that the passkey was made with a recovery code, and that
    nobody vouched for its holder since. `face` says that the worker accepted it with PAD; `iad`, that
    injection detection had no doubt; `evaluated`, that an evaluation record that stands vouches for what
    judged it. `model` is the letter of the application model by which it was judged, and so whether it was
    compared at all. `share` is "prf", "browser" or None.
    `handed_on` says that another device began it than the one that proved it: what ties the two together is a
    number that a person typed, which whoever stands between can pass on.
    `browser_capture` is true for pages and false for attested native agents. `fresh` and `intent` say that
    it happened in this transaction and by an explicit act. `weakest` is the lowest level that one of the
    parts of the installation carries which it rests on.
    """

    passkey: str | None = None
    attested: bool = False
    certified: bool = False
    recovered: bool = False
    origin_bound: bool = False
    user_verified: bool = False
    face: bool = False
    iad: bool = False
    evaluated: bool = False
    model: str | None = None
    share: str | None = None
    handed_on: bool = False
    browser_capture: bool = True
    fresh: bool = True
    intent: bool = True
    weakest: Level = Level.L4

    @classmethod
    def from_record(cls, proven: Proven) -> "Evidence":
        """Return the evidence of a transaction's record; what is not there is not proven."""
        passkey, face = proven.passkey, proven.face
        return cls(
            passkey=passkey.kind if passkey else None,
            attested=passkey is not None and passkey.attested,
            recovered=passkey is not None and passkey.recovered,
            origin_bound=passkey is not None,
            user_verified=passkey is not None and passkey.user_verified,
            face=face is not None and face.pad == "accepted",
            iad=face is not None and face.iad == "accepted",
            evaluated=face is not None and bool(face.record),
            model=face.model if face else None,
            share=face.share_kind if face else None,
            handed_on=bool(proven.handoff),
            browser_capture=proven.agent is None or not proven.agent.is_native,
            fresh=True,
            intent=True,
            weakest=weakest_of(proven.touched),
        )


def weakest_of(components: Iterable[Component]) -> Level:
    """Return the lowest level that one of some parts carries; of no part it is the highest that there is."""
    return min((Level[each.grade] for each in components), default=Level.L4)


@dataclass(frozen=True)
class Assessment:
    """The level reached, the RFC 8176 methods used, and why it is not higher.

    `present` says that a living person was before a camera, whether or not a face was compared (ADR 0383).
    """

    level: Level
    amr: tuple[str, ...]
    reasons: tuple[str, ...]
    present: bool = False

    @property
    def face(self) -> bool:
        """Whether a face counts among the methods."""
        return FACE in self.amr


FACE: Final = "face"
"""The method of RFC 8176 by which a token says that a face was compared."""

Reasons = tuple[str, ...]
Way = Callable[[Evidence], Reasons]


def assess(evidence: Evidence) -> Assessment:
    """Return the level that the evidence earns; the face alone earns nothing (S5.2-01).

    It is no higher than the weakest part that the evidence rests on carries (S5.4-02).
    """
    if evidence.passkey is None or not evidence.fresh:
        return Assessment(Level.NONE, (), (gettext_noop("no fresh proof of a device key"),))
    counted = _counted(evidence)
    earned = max((level for level, ways in _WAYS.items() if _reached(counted, ways)), default=Level.L1)
    level = min(earned, evidence.weakest)
    missed = _why_not_higher(evidence, counted, level) if level == earned else ()
    why = missed + _missed((_WEAK, level == Level.L4 or level < evidence.weakest))
    return Assessment(level, _amr(counted, level), why, present=_vouched_for(evidence))


def _counted(evidence: Evidence) -> Evidence:
    """Return the evidence without what does not count.

    A face that was compared nowhere is none, whoever was before the camera; nor is one of which a page alone
    says that it compared it (ADR 0458). Hardware is what an attestation
    proved to be hardware; every other key may have been copied.
    """
    hardware = evidence.passkey == "hwk" and evidence.attested
    face = _vouched_for(evidence) and _compared(evidence)
    return replace(evidence, face=face, passkey="hwk" if hardware else "swk")


def _vouched_for(evidence: Evidence) -> bool:
    """Tell whether a capture counts: one that no standing record vouches for is absent (S9.2-03)."""
    return evidence.face and evidence.evaluated


def _compared(evidence: Evidence) -> bool:
    row = application_model(evidence.model)
    return row is not None and row.compares and not _a_page_compared(evidence)


def _a_page_compared(evidence: Evidence) -> bool:
    """Tell whether the comparison was made where nothing vouches for what made it."""
    row = application_model(evidence.model)
    return row is not None and row.sends_to_phone and evidence.browser_capture


_WEAK: Final = gettext_noop("a part of the installation that it rests on carries no more")
_RECOVERED: Final = gettext_noop("the passkey was made with a recovery code, and nobody enrolled it since")


def _level_two(evidence: Evidence) -> Reasons:
    return _missed(
        (_RECOVERED, not evidence.recovered),
        (gettext_noop("no explicit act of the person"), evidence.intent),
        (gettext_noop("the key did not verify its user"), evidence.user_verified),
    )


def _level_three_with_the_face(evidence: Evidence) -> Reasons:
    return _missed(
        (_RECOVERED, not evidence.recovered),
        (gettext_noop("no explicit act of the person"), evidence.intent),
        (gettext_noop("the face was not verified"), evidence.face),
        *_hardware(evidence),
        (gettext_noop("injection is not excluded"), evidence.iad),
        (_UNFIT_REFERENCE, _reference_carries(evidence, Level.L3)),
        (gettext_noop("a browser captured"), not evidence.browser_capture),
    )


def _level_three_without(evidence: Evidence) -> Reasons:
    return _level_two(evidence) + _missed(*_hardware(evidence))


def _level_four_with_the_face(evidence: Evidence) -> Reasons:
    verified = (gettext_noop("the key did not verify its user"), evidence.user_verified)
    return _level_three_with_the_face(evidence) + _missed(verified)


def _level_four_without(evidence: Evidence) -> Reasons:
    certified = (gettext_noop("the key is not certified at FIDO level 2 or better"), evidence.certified)
    return _level_three_without(evidence) + _missed(certified)


def _hardware(evidence: Evidence) -> tuple[tuple[str, bool], ...]:
    return (
        (gettext_noop("no attestation vouches for the key as hardware"), evidence.passkey == "hwk"),
        (gettext_noop("the proof is not bound to the origin"), evidence.origin_bound),
        (gettext_noop("it was handed on from one device to another"), not evidence.handed_on),
    )


_WAYS: Final[Mapping[Level, tuple[Way, ...]]] = {
    Level.L2: (_level_two,),
    Level.L3: (_level_three_with_the_face, _level_three_without),
    Level.L4: (_level_four_with_the_face, _level_four_without),
}
"""The ways to each level, that with the face first; a way returns what it misses."""


def _reached(evidence: Evidence, ways: tuple[Way, ...]) -> bool:
    return any(not way(evidence) for way in ways)


def _missed(*conditions: tuple[str, bool]) -> Reasons:
    return tuple(reason for reason, met in conditions if not met)


def _fit(*, with_share: bool) -> str:
    return " or ".join(
        row.letter for row in APPLICATION_MODELS if row.earns >= Level.L3 and bool(row.shares) == with_share
    )


_UNFIT_REFERENCE = (
    f"the reference is not of model {_fit(with_share=True)} with a share that the key released, "
    f"nor of model {_fit(with_share=False)}"
)


def _reference_carries(evidence: Evidence, level: Level) -> bool:
    """Tell whether a comparison of the reference's model may carry a level.

    Where the model takes a share, only one that the key itself released does, and not one of a browser's.
    """
    row = application_model(evidence.model)
    return row is not None and row.earns >= level and (not row.shares or evidence.share == "prf")


def _why_not_higher(evidence: Evidence, counted: Evidence, level: Level) -> Reasons:
    """Return what the next level misses, on the way that was begun: with the face where it counts."""
    if level == Level.L4:
        return ()
    ways = _WAYS[Level(level + 1)]
    unmeasured = (
        gettext_noop("the face counts as absent: no evaluation record that stands vouches for it"),
        _vouched_for(evidence) == evidence.face,
    )
    said = (
        gettext_noop("the face counts as absent: nothing vouches for the page that compared it"),
        not (_vouched_for(evidence) and _a_page_compared(evidence)),
    )
    return _missed(unmeasured, said) + (ways[0] if counted.face else ways[-1])(counted)


def _amr(evidence: Evidence, level: Level) -> tuple[str, ...]:
    """Return the methods of a level, in the order of docs/assurance.md."""
    used = {
        FACE: evidence.face,
        str(evidence.passkey): True,
        "pop": level >= Level.L3,
        "user": evidence.user_verified or level >= Level.L3,
        "mfa": level >= Level.L2,
        "mca": level == Level.L4 and not _level_four_with_the_face(evidence),
    }
    return tuple(method for method, applies in used.items() if applies)
