"""The assurance level that a transaction's evidence earns (Annex B); computed, never asserted (SB-01)."""

from dataclasses import dataclass
from enum import IntEnum

from authsvc.assurance.evidence import Proven
from authsvc.core.application_models import APPLICATION_MODELS, application_model
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

    `passkey` is "hwk", "swk" or None. `face` says that the worker accepted it with PAD; `iad`, that
    injection detection had no doubt; `evaluated`, that engine, model files and stages have a current
    evaluation record. `model` is the letter of the reference's application model. `share` is "prf",
    "browser" or None. `browser_capture` is true for pages and false for attested native agents. `fresh` and
    `intent` say that it happened in this transaction and by an explicit act.
    """

    passkey: str | None = None
    attested: bool = False
    origin_bound: bool = False
    user_verified: bool = False
    face: bool = False
    iad: bool = False
    evaluated: bool = False
    model: str | None = None
    share: str | None = None
    browser_capture: bool = True
    fresh: bool = True
    intent: bool = True

    @classmethod
    def from_record(cls, proven: Proven) -> "Evidence":
        """Return the evidence of a transaction's record; what is not there is not proven."""
        passkey, face = proven.passkey, proven.face
        return cls(
            passkey=passkey.kind if passkey else None,
            attested=passkey is not None and passkey.attested,
            origin_bound=passkey is not None,
            user_verified=passkey is not None and passkey.user_verified,
            face=face is not None and face.pad == "accepted",
            iad=face is not None and face.iad == "accepted",
            evaluated=face is not None and bool(face.record),
            model=face.model if face else None,
            share=face.share_kind if face else None,
            browser_capture=proven.agent is None or proven.agent.type != "native",
            fresh=True,
            intent=True,
        )


@dataclass(frozen=True)
class Assessment:
    """The level reached, the RFC 8176 methods used, and why it is not higher."""

    level: Level
    amr: tuple[str, ...]
    reasons: tuple[str, ...]


def assess(evidence: Evidence) -> Assessment:
    """Return the level that the evidence earns.

    L2 is reached with the face, or by the equal route without it: a passkey that verified its user is
    two factors in one act (S5.3-02, SP 800-63B-4 section 2.2; docs/adr/0091). The face alone earns
    nothing (S5.2-01).
    """
    if evidence.passkey is None or not evidence.fresh:
        return Assessment(Level.NONE, (), (gettext_noop("no fresh proof of a device key"),))
    for level, misses in ((Level.L4, _misses_l4), (Level.L3, _misses_l3), (Level.L2, _misses_l2)):
        if not misses(evidence):
            return Assessment(level, _amr(evidence, level), _above(evidence, level))
    return Assessment(Level.L1, _amr(evidence, Level.L1), _misses_l2(evidence))


def _misses_l2(evidence: Evidence) -> tuple[str, ...]:
    if not evidence.intent:
        return (gettext_noop("no explicit act of the person"),)
    if evidence.face and not evidence.evaluated:
        # Whoever relied on a face that nobody measured is at L1, whatever else was there (S9.2-03).
        return (gettext_noop("the engine has no evaluation record"),)
    if evidence.user_verified or evidence.face:
        return ()
    return (gettext_noop("one factor: neither the face nor user verification"),)


def _misses_l3(evidence: Evidence) -> tuple[str, ...]:
    wanted = {
        gettext_noop("the face was not verified"): evidence.face and evidence.evaluated,
        gettext_noop("the key is not bound to a device"): evidence.passkey == "hwk",
        gettext_noop("the key is not attested"): evidence.attested,
        gettext_noop("the proof is not bound to the origin"): evidence.origin_bound,
        gettext_noop("injection is not excluded"): evidence.iad,
        _UNFIT_REFERENCE: _reference_carries(evidence, Level.L3),
        gettext_noop("a browser captured"): not evidence.browser_capture,
    }
    return _misses_l2(evidence) + tuple(reason for reason, met in wanted.items() if not met)


_FIT_MODELS = " or ".join(row.letter for row in APPLICATION_MODELS if row.earns >= Level.L3)
_UNFIT_REFERENCE = f"the reference is not of model {_FIT_MODELS} with a share that the key released"


def _reference_carries(evidence: Evidence, level: Level) -> bool:
    """Tell whether a comparison of the reference's model may carry a level.

    Where the model takes a share, only one that the key itself released does, and not one of a browser's.
    """
    row = application_model(evidence.model)
    return row is not None and row.earns >= level and (not row.shares or evidence.share == "prf")


def _misses_l4(evidence: Evidence) -> tuple[str, ...]:
    local = () if evidence.user_verified else (gettext_noop("the key did not verify its user"),)
    return _misses_l3(evidence) + local


def _above(evidence: Evidence, level: Level) -> tuple[str, ...]:
    if level == Level.L4:
        return ()
    return _misses_l4(evidence) if level == Level.L3 else _misses_l3(evidence)


def _amr(evidence: Evidence, level: Level) -> tuple[str, ...]:
    methods = [evidence.passkey or ""]
    if evidence.face and evidence.evaluated:
        methods.insert(0, "face")
    if level >= Level.L3:
        methods.append("pop")
    if evidence.user_verified:
        methods.append("user")
    if level >= Level.L2:
        methods.append("mfa")
    if level >= Level.L4:
        methods.append("mca")
    return tuple(methods)
