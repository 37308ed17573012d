"""How many challenges there are: two count as different only where the judge tells their answers apart.

A person of a photograph gives a perfect answer to each of some challenges; then it is judged as the answer to
others: to those that differ in one movement or one colour, and to any that may be drawn. Who is asked for one
of n things at each step, and would be believed with another one in a share a of the cases, guesses as among
n / (1 + (n - 1) a); the product over the steps is the space. It takes the steps to be judged apart from each
other, which pairs drawn at random check.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import numpy as np

from authsvc.biometrics.challenges import (
    COLOURS,
    COLOURS_A_MOVEMENT,
    MOVEMENTS,
    SIDES,
    Part,
    draw_challenge,
    variety,
)
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.stages.pad.assessment import judge
from authsvc.biometrics.stages.pad.observation import Observation, planned
from authsvc.biometrics.types import Challenge, StageError, Step
from authsvc.evaluation.pad_recordings import Plan
from authsvc.evaluation.pad_trials import follow
from authsvc.evaluation.rates import Rate

from .attacks.recording import Material
from .bona_fide import genuine
from .chance import Chance
from .subjects import Subject


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A burst that answers a challenge, and passes for it."""

    challenge: Challenge
    observed: Observation

    def passes_for(self, other: Challenge) -> bool:
        """Return whether the judge takes it for an answer to another challenge."""
        seen = replace(self.observed, plan=self._asked(other))
        if np.array_equal(seen.neutral, self.observed.neutral):
            # What rests on the frames and their neutral alone is worked out once.
            vars(seen).update({**vars(self.observed), **vars(seen)})
        try:
            return judge(seen).verdict == "bona-fide"
        except ValueError:
            return False

    def _asked(self, other: Challenge) -> Plan:
        """Return what another challenge would have asked in the times of this answer."""
        times = zip(self.observed.plan, planned(other), strict=True)
        return tuple(replace(theirs, start=mine.start, end=mine.end) for mine, theirs in times)


@dataclass(frozen=True, slots=True)
class Share:
    """How often an answer passed for another challenge: over `clusters` answers, `tries` in all."""

    passed: int
    tries: int
    clusters: int

    @property
    def value(self) -> float:
        """The share."""
        return self.passed / self.tries if self.tries else 0.0

    @property
    def most(self) -> float:
        """The upper end of its 95 % interval, with the tries taken as independent."""
        return Rate(self.passed, self.tries).high

    @property
    def at_worst(self) -> float:
        """The same if all tries of one answer were one, which those that change different steps are not."""
        return Rate(math.ceil(self.value * self.clusters), self.clusters).high


@dataclass(frozen=True, slots=True)
class Space:
    """What a sample says of the challenges of a mix.

    `movements` and `colours` are the shares in which an answer passes for a challenge that differs in one of
    them, `pairs` that for any other one; `drawn` of `asked` answers passed for their own challenge.
    """

    mix: tuple[Part, ...]
    asked: int
    drawn: int
    movements: Share
    colours: Share
    pairs: Share

    @property
    def bits(self) -> float:
        """The space that the judge tells apart, as a power of two."""
        return self._bits(self.movements.value, self.colours.value)

    @property
    def least_bits(self) -> float:
        """The same by the upper ends of both intervals."""
        return self._bits(self.movements.most, self.colours.most)

    @property
    def all_bits(self) -> float:
        """The space that is drawn, as a power of two."""
        return math.log2(variety(self.mix))

    def _bits(self, movement: float, colour: float) -> float:
        steps = draw_challenge(mix=self.mix).steps
        moves = sum(steps[run[0]].cue in MOVEMENTS for run in _runs(steps))
        lights = sum(step.colour in COLOURS for step in steps)
        lost = moves * math.log2(1 + (len(MOVEMENTS) - 1) * movement)
        return self.all_bits - lost - lights * math.log2(1 + (len(COLOURS) - 1) * colour)


def measure(
    subjects: Sequence[Subject], mix: tuple[Part, ...], numbers: Iterable[int], engine: Engine, seed: int
) -> Space:
    """Return what these numbers' answers, over the people in turn, say of the space of a mix."""
    asked = list(numbers)
    answers = [answer for number in asked if (answer := _answer(subjects, mix, number, engine, seed))]
    neighbours = [(answer, list(one_changed(answer.challenge))) for answer in answers]
    others = [(one, [two.challenge for two in answers if two is not one]) for one in answers]
    return Space(
        mix,
        len(asked),
        len(answers),
        _share((one, [other for name, other in near if name == "movement"]) for one, near in neighbours),
        _share((one, [other for name, other in near if name == "colour"]) for one, near in neighbours),
        _share((one, [other for other in rest if _differ(one.challenge, other)]) for one, rest in others),
    )


def one_changed(challenge: Challenge) -> Iterator[tuple[str, Challenge]]:
    """Yield what could be drawn as well and differs in one movement or one colour: in which, and itself.

    A movement is all steps in a row that ask for it, whatever colours the screen has under them.
    """
    steps = challenge.steps
    for run in _runs(steps):
        for cue in MOVEMENTS if steps[run[0]].cue in MOVEMENTS else ():
            asked = tuple(_moved(step, cue) if index in run else step for index, step in enumerate(steps))
            if cue != steps[run[0]].cue and _may_be_drawn(asked):
                yield "movement", replace(challenge, steps=asked)
    for index, step in enumerate(steps):
        for colour in COLOURS if step.colour in COLOURS else ():
            asked = (*steps[:index], replace(step, colour=colour), *steps[index + 1 :])
            if colour != step.colour and _may_be_drawn(asked):
                yield "colour", replace(challenge, steps=asked)


def _runs(steps: Sequence[Step]) -> list[list[int]]:
    """Return the indices of the steps, those in a row with one cue together."""
    return [list(run) for _, run in groupby(range(len(steps)), key=lambda index: steps[index].cue)]


def _moved(step: Step, cue: str) -> Step:
    degrees = {**dict.fromkeys(SIDES, 23.0), "up": 15.0, "down": 15.0}.get(cue)
    return replace(step, cue=cue, degrees=degrees)


def _may_be_drawn(steps: Sequence[Step]) -> bool:
    """Return whether no cue goes on for longer than it may, no colour stays, and a turn is to a side."""
    coloured = any(step.colour for step in steps)
    stays = [one.colour == other.colour for one, other in pairwise(steps)]
    alike = any(stays) if coloured else any(one.cue == other.cue for one, other in pairwise(steps))
    moves = {step.cue for step in steps} & set(MOVEMENTS)
    longest = max(len(run) for run in _runs([step for step in steps if step.cue in MOVEMENTS] or steps[:1]))
    whole = 1 if not coloured or not moves else COLOURS_A_MOVEMENT
    return not alike and longest <= whole and (not moves or bool(moves & SIDES))


def _differ(one: Challenge, other: Challenge) -> bool:
    return [(step.cue, step.colour) for step in one.steps] != [
        (step.cue, step.colour) for step in other.steps
    ]


def _answer(
    subjects: Sequence[Subject], mix: tuple[Part, ...], number: int, engine: Engine, seed: int
) -> Answer | None:
    """Return a person's answer to a challenge of its own, None where it does not pass for that one."""
    rng = np.random.default_rng([seed, number])
    challenge = draw_challenge(mix=mix, rng=Chance(rng))
    subject, plan = subjects[number % len(subjects)], planned(challenge)
    mine = subject.placed(rng)
    try:
        observed = follow(genuine(Material(subject.photo, mine, mine, plan, plan, rng)), engine)
    except StageError:
        return None
    answer = Answer(challenge, observed)
    return answer if answer.passes_for(challenge) else None


def _share(tried: Iterable[tuple[Answer, Sequence[Challenge]]]) -> Share:
    passed = tries = clusters = 0
    for answer, others in tried:
        passed += sum(answer.passes_for(other) for other in others)
        tries += len(others)
        clusters += bool(others)
    return Share(passed, tries, clusters)
