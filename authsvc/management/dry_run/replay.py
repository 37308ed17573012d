"""How an attempt would have ended under a policy, by the rules of the product themselves; pure.

What is kept of a face is that it was accepted or why not, at which operating point and by which policy: a
band, never a score. Where a policy would have judged in another way, both ends are possible, and both are
worked out: only where they differ can the end not be told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from authsvc.assurance.evidence import NUMBER, FaceProof
from authsvc.assurance.face import face_said
from authsvc.assurance.levels import Evidence, Level, assess
from authsvc.biometrics.types import Reason
from authsvc.clients.models import RelyingParty
from authsvc.core.application_models import application_model
from authsvc.management.dry_run.facts import Facts, Failed
from authsvc.oidc.requests.reached import face_demanded, face_missing, presence_missing, reported_acr
from authsvc.policy.evaluate import Policy
from authsvc.transactions.models import Transaction


class Cause(StrEnum):
    """Why it cannot be told what became of a face: what a policy changes that nobody can work out again."""

    THRESHOLD = "threshold"
    QUALITY = "quality"
    CUES = "cues"
    MODELS = "models"
    AGE = "age"
    REGION = "region"
    LEFT = "left"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """Why an attempt does not end well; the first three are the provider's own rules."""

    LESS = "acr-reached"
    NO_FACE = "face-demanded"
    NO_PRESENCE = "presence-demanded"
    AGENT = "agent-refused"
    ONE_DEVICE = "handoff-closed"
    NOT_NEAR = "handoff-not-near"
    UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Outcome:
    """How an attempt ends: let in at a level, with a face that counts or without; or not, and why."""

    why: str = ""
    level: Level = Level.NONE
    face: bool = False

    @property
    def let_in(self) -> bool:
        """Whether the person was let in."""
        return not self.why


@dataclass(frozen=True)
class Rules:
    """What judges: a policy, and the relying parties, by their keys, as they are set."""

    policy: Policy
    parties: Mapping[str, RelyingParty]


@dataclass(frozen=True)
class Known:
    """What was in force and what was measured.

    `policies` are all by their digests; `standing` returns the record that vouches at an operating point, of
    the one that a face was judged by, or of the one in force for "", and None where none does. It raises
    KeyError for a record that is not there any more.
    """

    policies: Mapping[str, Policy]
    standing: Callable[[str, str], str | None]


@dataclass(frozen=True)
class Replay:
    """Every end that is possible, and the causes why there is more than one."""

    ends: frozenset[Outcome]
    causes: frozenset[Cause]

    @property
    def let_in(self) -> bool | None:
        """Whether the person was let in; None where that cannot be told."""
        said = {end.let_in for end in self.ends}
        return said.pop() if len(said) == 1 else None


def replay(facts: Facts, rules: Rules, known: Known) -> Replay:
    """Return how an attempt would have ended under these rules."""
    faces, causes = _possible_faces(facts, rules.policy, known)
    if not facts.finished:
        ends = {Outcome(Why.UNFINISHED), *(_end(facts, face, rules) for face in faces if face is not None)}
    elif closed := _closed_way(facts, rules.policy):
        ends = {Outcome(closed)}
    else:
        ends = {_end(facts, face, rules) for face in faces}
    return Replay(frozenset(ends), frozenset(causes) if len(ends) > 1 else frozenset())


def replay_both(facts: Facts, now: Rules, then: Rules, known: Known) -> tuple[Replay, Replay]:
    """Return how an attempt would have ended under the rules in force and under others.

    Who left where a face was demanded may have gone on where none is: that cannot be told.
    """
    before, after = replay(facts, now, known), replay(facts, then, known)
    if not facts.finished and facts.proven.passkey and _demands(facts, now) and not _demands(facts, then):
        ends = after.ends | {_end(facts, None, then)}
        after = Replay(ends, after.causes | {Cause.LEFT})
    return before, after


def _demands(facts: Facts, rules: Rules) -> bool:
    party = rules.parties.get(facts.party)
    if party is None or facts.kind != Transaction.Kind.AUTHENTICATE:
        return False
    return face_demanded(facts.wanted, party) or presence_missing(None, facts.wanted, party)


def _end(facts: Facts, face: FaceProof | None, rules: Rules) -> Outcome:
    """Return the end with one face, or without: what authorize/flow.py does, in its order."""
    proven = replace(facts.proven, face=face)
    reached = assess(Evidence.from_record(proven))
    party = rules.parties.get(facts.party)
    if facts.kind == Transaction.Kind.AUTHENTICATE and party is not None:
        if reported_acr(reached.level, facts.wanted, party) is None:
            return Outcome(Why.LESS)
        if face_missing(reached.amr, facts.wanted, party):
            return Outcome(Why.NO_FACE)
        if presence_missing(face_said(proven), facts.wanted, party):
            return Outcome(Why.NO_PRESENCE)
    elif facts.kind in Transaction.FACE_ONLY and facts.proven.face is not None and face is None:
        return Outcome(Why.NO_FACE)
    return Outcome(level=reached.level, face=reached.face or (reached.present and face is not None))


def _closed_way(facts: Facts, policy: Policy) -> Why | None:
    """Return why nobody could have come this way, by which device or from which."""
    agent, handoff = facts.proven.agent, facts.proven.handoff
    if agent is not None and not policy.agents.get(agent.type, False):
        return Why.AGENT
    if handoff and not policy.handoff_digits:
        return Why.ONE_DEVICE
    signs_in = facts.kind == Transaction.Kind.AUTHENTICATE
    return Why.NOT_NEAR if signs_in and policy.handoff_near and handoff == NUMBER else None


Faces = tuple[set[FaceProof | None], set[Cause]]


def _possible_faces(facts: Facts, policy: Policy, known: Known) -> Faces:
    """Return every face that the attempt may have had under a policy, None for none, and why several."""
    face = facts.proven.face
    return _of_failed(facts, policy, known) if face is None else _of_accepted(facts, face, policy, known)


def _of_accepted(facts: Facts, face: FaceProof, policy: Policy, known: Known) -> Faces:
    if face.model not in policy.models:
        return {None}, set()
    then = known.policies.get(face.policy)
    causes = {Cause.UNKNOWN} if then is None else _stricter(facts, face, then, policy)
    judged = face
    if face.operating_point != policy.operating_point:
        # What was close enough for a stricter point is so for a looser one; the record says what it is worth.
        judged = replace(face, operating_point=policy.operating_point)
        try:
            judged = replace(
                judged, record=known.standing(face.record, policy.operating_point) if face.record else None
            )
        except KeyError:
            causes |= {Cause.UNKNOWN}
    return ({judged, None} if causes else {judged}), causes


def _stricter(facts: Facts, face: FaceProof, then: Policy, policy: Policy) -> set[Cause]:
    """Return what a policy asks that the one which accepted the face did not."""
    row = application_model(face.model)
    compared = row is not None and row.compares
    makes = facts.kind == Transaction.Kind.ENROL
    where = {part.region for part in face.components if part.kind == "worker"}
    asked = {
        Cause.THRESHOLD: compared and _rate(policy) < float(face.operating_point),
        Cause.QUALITY: policy.minimum_quality > then.minimum_quality,
        Cause.CUES: set(policy.challenge) != set(then.challenge),
        Cause.AGE: policy.least_age > then.least_age,
        Cause.REGION: bool(policy.region) and policy.region != then.region and where != {policy.region},
        Cause.MODELS: makes and policy.models[0] != then.models[0],
    }
    return {cause for cause, is_asked in asked.items() if is_asked}


def _of_failed(facts: Facts, policy: Policy, known: Known) -> Faces:
    causes = {cause for failed in facts.failed for cause in _laxer(failed, policy, known)}
    return ({None, _accepted_instead(policy, known)} if causes else {None}), causes


_UNJUDGED: Final = frozenset({Reason.UNMEASURED, Reason.ENGINE_MISMATCH, Reason.REFERENCE_TOO_OLD})
"""Why no face was judged, whatever the policy says."""

_POOR: Final = frozenset({Reason.QUALITY, Reason.FEW_FRAMES})


def _laxer(failed: Failed, policy: Policy, known: Known) -> set[Cause]:
    """Return by what a policy might have accepted a capture that was not."""
    then = known.policies[failed.policy]
    if failed.reason == Reason.MODEL_NOT_ALLOWED:
        return {Cause.MODELS} if set(policy.models) - set(then.models) else set()
    if failed.reason in _UNJUDGED:
        return set()
    asked = {
        Cause.THRESHOLD: failed.reason == Reason.NON_MATCH and _rate(policy) > _rate(then),
        Cause.QUALITY: failed.reason in _POOR and policy.minimum_quality < then.minimum_quality,
        Cause.CUES: failed.reason != Reason.NON_MATCH and set(policy.challenge) != set(then.challenge),
    }
    return {cause for cause, is_asked in asked.items() if is_asked}


def _accepted_instead(policy: Policy, known: Known) -> FaceProof:
    """Return the face that a capture would have shown, had it been accepted."""
    rows = [row for letter in policy.models if (row := application_model(letter)) is not None]
    model = next((row.letter for row in rows if row.compares), rows[0].letter)
    return FaceProof(
        capture="",
        pad="accepted",
        iad="accepted",
        engine="",
        record=known.standing("", policy.operating_point),
        policy=policy.digest,
        operating_point=policy.operating_point,
        model=model,
        share_kind=None,
    )


def _rate(policy: Policy) -> float:
    return float(policy.operating_point)
