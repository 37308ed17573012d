"""What a policy allows; pure, and every refusal has a reason."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from authsvc.core.application_models import APPLICATION_MODELS

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

OPTIONAL: Final[Mapping[str, Any]] = {"least_age": LEAST_AGE}
"""What a document may leave out, and what it says then: no document of an earlier release has it."""


@dataclass(frozen=True)
class Policy:
    """A validated policy document, with the digest that decisions carry.

    `models` are the letters of the application models that are allowed, that of new references first;
    `challenge` are the cues of which a capture's challenge is drawn. `least_age` is the age, in years, from
    which the face is for people.
    """

    operating_point: str
    models: tuple[str, ...]
    challenge: tuple[str, ...]
    minimum_quality: int
    agents: Mapping[str, bool]
    least_age: int
    digest: str


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
    if not document["models"] or not set(document["models"]) <= set(MODELS):
        problems.append(f"models: must be of {', '.join(MODELS)}")
    if not _integer_between(document["minimum_quality"], DEFAULT["minimum_quality"], 100):
        problems.append(f"minimum_quality: must be {DEFAULT['minimum_quality']} to 100")
    if not _integer_between(document.get("least_age", LEAST_AGE), LEAST_AGE, MOST_AGE):
        problems.append(f"least_age: must be {LEAST_AGE} to {MOST_AGE}")
    for level, mix in document["challenge"].items():
        if not mix or not set(mix) <= set(CUES) or "turn" not in mix:
            problems.append(f"challenge.{level}: must hold turn, and only {', '.join(CUES)}")
    if not {CHALLENGED} <= set(document["challenge"]) <= {CHALLENGED, *NAMED_ONCE}:
        problems.append(f"challenge: must name {CHALLENGED}")
    return problems


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
        digest=policy_digest(document),
    )
