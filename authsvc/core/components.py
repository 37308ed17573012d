"""What an installation is made of, and how much each part carries and where it stands: as declared. Pure.

The one place that knows the kinds; `installation.py` says which of the declared parts a process is and uses.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from authsvc.core.marking import gettext_noop

ComponentKind = Literal["provider", "worker", "store", "objects", "keys", "push", "mail"]
Grade = Literal["L1", "L2", "L3", "L4"]

KINDS: Final[tuple[ComponentKind, ...]] = get_args(ComponentKind)
GRADES: Final[tuple[Grade, ...]] = get_args(Grade)
UNDECLARED: Final[Grade] = "L2"
"""What a part carries that nobody declared: all that a passkey and a browser reach, and nothing above."""
EVERY_TIME: Final[tuple[ComponentKind, ...]] = ("provider", "store", "keys")
"""What no transaction does without."""
OF_A_WORKER: Final[tuple[ComponentKind, ...]] = ("worker", "store", "objects", "keys")
"""What a worker is and uses, and says of itself in its signed verdict."""
POOL: Final = "default"
"""The pool of a worker that is told no other."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")

WORDS: Final[Mapping[str, str]] = {
    "provider": gettext_noop("Provider"),
    "worker": gettext_noop("Worker pool"),
    "store": gettext_noop("Store"),
    "objects": gettext_noop("Object store"),
    "keys": gettext_noop("Key service"),
    "push": gettext_noop("Push messages"),
    "mail": gettext_noop("Mail"),
}
"""What each kind is called on screens."""


@dataclass(frozen=True)
class Component:
    """One part: of which kind, of workers which pool, the level that it carries at most, and its region.

    The region is "" where none is named.
    """

    kind: ComponentKind
    name: str = ""
    grade: Grade = UNDECLARED
    region: str = ""


def is_name(name: str) -> bool:
    """Whether this can name a region or a pool: small letters, digits and hyphens, 40 at most."""
    return _NAME.fullmatch(name) is not None


def read_components(text: str) -> tuple[Component, ...]:
    """Return the parts that a JSON object declares; raises ValueError, in a sentence, for anything else.

    Its names are the kinds, of workers `worker:` and the pool; each has a `grade`, a `region`, or both.
    """
    try:
        declared = json.loads(text, object_pairs_hook=_each_once).items()
    except (json.JSONDecodeError, AttributeError):
        raise ValueError("must be a JSON object") from None
    return tuple(_component(name, said) for name, said in declared)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("must declare nothing twice")
    return found


def _component(declared: str, said: Any) -> Component:
    kind, _, pool = declared.partition(":")
    named = is_name(pool) if kind == "worker" else declared == kind
    if kind not in KINDS or not named:
        known = ", ".join("worker:POOL" if each == "worker" else each for each in KINDS)
        raise ValueError(f"must declare {known}, not {declared!r}")
    if not isinstance(said, dict) or not said or not set(said) <= {"grade", "region"}:
        raise ValueError(f"must say grade and region of {declared}, and nothing else")
    grade, region = said.get("grade", UNDECLARED), said.get("region", "")
    if grade not in GRADES:
        raise ValueError(f"must grade {declared} as one of {', '.join(GRADES)}, not {grade!r}")
    if not isinstance(region, str) or (region and not is_name(region)):
        raise ValueError(f"must name the region of {declared} in small letters, digits and hyphens")
    return Component(kind, pool, grade, region)
