"""The OpenID Foundation's checklist by plan: how many of its tests passed, printed after a test run."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pytest

PROPERTY = "openid-plans"
_PREFIX = "OIDC-"


def note_plans(item: pytest.Item) -> None:
    """Let the item's reports say which plans its `requirement` markers belong to (OIDC-BASIC-01: basic)."""
    ids = [name for marker in item.iter_markers("requirement") for name in marker.args]
    plans = {name.removeprefix(_PREFIX).rsplit("-", 1)[0] for name in ids if name.startswith(_PREFIX)}
    if plans:
        item.user_properties.append((PROPERTY, sorted(plans)))


def lines(stats: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """Yield one line a plan from the reports of a run, by outcome: passed, failed, skipped, error."""
    counts: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in stats.get(outcome, ()):
            for name, plans in getattr(report, "user_properties", ()):
                for plan in plans if name == PROPERTY else ():
                    counts.setdefault(plan, Counter())[outcome] += 1
    for plan, found in sorted(counts.items()):
        yield f"OpenID {plan.lower():<9} " + ", ".join(f"{number} {name}" for name, number in found.items())
