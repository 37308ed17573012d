"""Which parts of the installation a transaction touches on its way (S5.4-02).

Each process of the web says so where it takes a step; the worker says it of itself, in its signed verdict.
"""

from collections.abc import Collection
from typing import Any

from authsvc.assurance.evidence import Proven
from authsvc.core.components import EVERY_TIME, Component, ComponentKind
from authsvc.core.installation import own


def joined(
    before: tuple[Component, ...], *, told_by: Collection[ComponentKind] = ()
) -> tuple[Component, ...]:
    """Return the parts that were touched before, and those that this process is and uses.

    `told_by` are the ways by which the person heard that something waits for them.
    """
    told = [part for kind in told_by for part in own(kind) or (Component(kind),)]
    return tuple(dict.fromkeys((*before, *own(*EVERY_TIME), *told)))


def as_begun(touched: tuple[Component, ...]) -> dict[str, Any]:
    """Return the evidence of a transaction that has proven nothing, as it is stored."""
    return Proven(components=touched).to_json() if touched else {}
