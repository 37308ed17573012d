"""What a policy allows; pure, and every refusal has a reason."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from authsvc.core.application_models import APPLICATION_MODELS, REFUSED
from authsvc.core.components import is_name
from authsvc.core.quiet_hours import read_quiet_hours

OPERATING_POINTS = ("1e-3", "1e-4", "3e-5")
MODELS = tuple(row.letter for row in APPLICATION_MODELS)
CUES = ("turn", "light", "blink", "smile")

# What a capture in a browser can reach at most (S9.3-06), and so the one level whose mix of cues is drawn.
CHALLENGED = "L2"
# Documents that earlier releases published name mixes for these as well; nothing ever drew them.
NAMED_ONCE = {"L1", "L3", "L4"}

DEFAULT: dict[str, Any] = {
    "operating_point": "1e-4",
    "models": [row.letter for row in APPLICATION_MODELS if row.default],
    "challenge": {CHALLENGED: ["turn", "light"]},
    "minimum_quality": 40,
    "agents": {"browser": True, "simulator": True},
}

LEAST_AGE: Final = 18
"""Below it no group's error rates hold (docs/accuracy.md), so no tenant may let younger people use a face."""

MOST_AGE: Final = 99

HANDOFF_DIGITS: Final = 2
"""How many digits the number of a hand-off to a second device has, where a policy asks for no more."""

MOST_HANDOFF_DIGITS: Final = 6

MOST_WORDS: Final = 300
"""Characters of a justification at most."""

OPTIONAL: Final[Mapping[str, Any]] = {
    "least_age": LEAST_AGE,
    "handoff_digits": HANDOFF_DIGITS,
    "handoff_near": False,
    "justification": "",
    "region": "",
    "quiet_hours": "",
}
"""What a document may leave out, and what it says then: no document of an earlier release has it."""


@dataclass(frozen=True)
class Policy:
    """A validated policy document, with the digest that decisions carry.

    `models` are the letters of the application models that are allowed, that of new references first;
    `challenge` are the cues of which a capture's challenge is drawn. `least_age` is the age, in years, from
    which the face is for people. `handoff_digits` is how many digits the number has by which a second device
    takes a sign-in over, 0 where none may, and `handoff_near` says that the first one has to hear the passkey
    before. `justification` says why a model is allowed that takes one. `region` is the one in which faces are
    processed and references lie, "" where that is left open. `quiet_hours` is when people are told of
    nothing, as a line of core/quiet_hours.py, "" for no such time.
    """

    operating_point: str
    models: tuple[str, ...]
    challenge: tuple[str, ...]
    minimum_quality: int
    agents: Mapping[str, bool]
    least_age: int
    handoff_digits: int
    handoff_near: bool
    digest: str
    justification: str = ""
    region: str = ""
    quiet_hours: str = ""


def policy_digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the document in canonical JSON, hexadecimal."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def policy_problems(document: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a policy document, an empty list where nothing is."""
    problems = [f"{name}: missing" for name in DEFAULT if name not in document]
    problems += [f"{name}: unknown" for name in document if name not in DEFAULT.keys() | OPTIONAL.keys()]
    if problems:
        return problems
    if document["operating_point"] not in OPERATING_POINTS[1:]:
        problems.append("operating_point: must be 1e-4 or 3e-5; a tenant may tighten, never loosen")
    problems += _models_problems(document["models"])
    problems += _unjustified(document["models"], document.get("justification", ""))
    if not _integer_between(document["minimum_quality"], DEFAULT["minimum_quality"], 100):
        problems.append(f"minimum_quality: must be {DEFAULT['minimum_quality']} to 100")
    if not _integer_between(document.get("least_age", LEAST_AGE), LEAST_AGE, MOST_AGE):
        problems.append(f"least_age: must be {LEAST_AGE} to {MOST_AGE}")
    problems += _handoff_problems(document)
    problems += _region_problems(document.get("region", ""))
    problems += _hours_problems(document.get("quiet_hours", ""))
    for level, mix in document["challenge"].items():
        if not mix or not set(mix) <= set(CUES) or "turn" not in mix:
            problems.append(f"challenge.{level}: must hold turn, and only {', '.join(CUES)}")
    if not {CHALLENGED} <= set(document["challenge"]) <= {CHALLENGED, *NAMED_ONCE}:
        problems.append(f"challenge: must name {CHALLENGED}")
    return problems


def _models_problems(models: Sequence[str]) -> list[str]:
    refused = [letter for letter in REFUSED if letter in models]
    if refused:
        return [f"models: {letter} is refused: {REFUSED[letter]}" for letter in refused]
    if not models or not all(letter in MODELS for letter in models):
        return [f"models: must be of {', '.join(MODELS)}"]
    return ["models: each at most once"] if len(set(models)) != len(models) else []


def _handoff_problems(document: Mapping[str, Any]) -> list[str]:
    digits, problems = document.get("handoff_digits", HANDOFF_DIGITS), []
    none = _integer_between(digits, 0, 0)
    if not (none or _integer_between(digits, HANDOFF_DIGITS, MOST_HANDOFF_DIGITS)):
        problems.append(f"handoff_digits: must be 0 or {HANDOFF_DIGITS} to {MOST_HANDOFF_DIGITS}")
    if not isinstance(document.get("handoff_near", False), bool):
        problems.append("handoff_near: must be true or false")
    return problems


def _region_problems(region: object) -> list[str]:
    if not isinstance(region, str) or (region and not is_name(region)):
        return ["region: must be of small letters, digits and hyphens"]
    return []


def takes_justification(models: Iterable[str]) -> bool:
    """Tell whether a model is among these that a tenant may choose with a justification alone."""
    return any(row.agreed for row in APPLICATION_MODELS if row.letter in models)


def _unjustified(models: Iterable[str], justification: object) -> list[str]:
    if not isinstance(justification, str) or len(justification) > MOST_WORDS:
        return [f"justification: must be a text of at most {MOST_WORDS} characters"]
    if takes_justification(models) and not justification.strip():
        return ["justification: must say why nothing less will do"]
    return []


def _hours_problems(line: object) -> list[str]:
    if not isinstance(line, str):
        return ["quiet_hours: must be a text"]
    try:
        read_quiet_hours(line)
    except ValueError as problem:
        return [f"quiet_hours: {problem}"]
    return []


def _integer_between(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def read_policy(document: Mapping[str, Any]) -> Policy:
    """Return the policy of a document; raises ValueError with every problem where it has any."""
    problems = policy_problems(document)
    if problems:
        raise ValueError("; ".join(problems))
    return Policy(
        operating_point=document["operating_point"],
        models=tuple(document["models"]),
        challenge=tuple(document["challenge"][CHALLENGED]),
        minimum_quality=document["minimum_quality"],
        agents=dict(document["agents"]),
        least_age=document.get("least_age", LEAST_AGE),
        handoff_digits=document.get("handoff_digits", HANDOFF_DIGITS),
        handoff_near=document.get("handoff_near", False),
        digest=policy_digest(document),
        justification=document.get("justification", ""),
        region=document.get("region", ""),
        quiet_hours=document.get("quiet_hours", ""),
    )
