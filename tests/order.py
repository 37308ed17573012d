"""Which files a run of several processes begins with, and which stay in one process.

`pytest -n 2 --dist loadfile --no-loadscope-reorder` hands out files in the order in which they are collected.
The longest begin first, so that none comes last and is waited for. Files whose tests share a running product
go to one process, which starts it once.
"""

from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parent.parent
# By the product that they share (tests/product.py, tests/attacks/conftest.py), files or folders.
TOGETHER = {
    "product": (
        "tests/journeys/test_annex_a.py",
        "tests/journeys/test_models.py",
        "tests/journeys/test_hosts.py",
        "tests/journeys/test_moments.py",
        "tests/journeys/test_recovery.py",
        "tests/journeys/test_backup.py",
        "tests/journeys/test_organisations.py",
        "tests/journeys/test_across.py",
        "tests/journeys/clients/",
        "tests/browser/test_sign_in.py",
        "tests/browser/test_moments.py",
        "tests/browser/test_adding.py",
        "tests/browser/portal/",
        "tests/browser/partner/",
    ),
    "attacked product": (
        "tests/attacks/test_canary.py",
        "tests/attacks/test_hostile_uploads.py",
        "tests/attacks/test_leaked.py",
        "tests/attacks/test_simulator_refused.py",
        "tests/attacks/test_worker_killed.py",
    ),
}
# While people film their faces in the shared product, the other process has what needs no product of its own.
LONGEST = (
    *TOGETHER["product"],
    "tests/unit/devtools/test_attacks.py",
    "tests/journeys/test_dead_ends.py",
    "tests/unit/devtools/test_evaluate_capture.py",
    "tests/unit/management/test_acts.py",
    "tests/attacks/test_fuzz_agents.py",
    "tests/attacks/test_hill_climb.py",
    "tests/unit/devtools/test_phone.py",
    "tests/arch/test_extending.py",
    *TOGETHER["attacked product"],
    "tests/chaos/test_chaos.py",
    "tests/browser/capture/test_states.py",
    "tests/browser/capture/test_waits.py",
    "tests/browser/capture/test_tracking.py",
    "tests/journeys/test_filled_database.py",
    "tests/attacks/test_after_erasure.py",
    "tests/journeys/demo/test_demo.py",
    "tests/browser/capture/test_models.py",
    "tests/browser/capture/test_passkeys.py",
    "tests/browser/capture/test_look.py",
    "tests/browser/capture/test_elsewhere.py",
    "tests/browser/capture/test_streams.py",
)


class ByProduct(LoadFileScheduling):
    """Hands out files, those that share a product as one."""

    def _split_scope(self, nodeid: str) -> str:
        return together(super()._split_scope(nodeid))


def together(file: str) -> str:
    """Return what a file, named from the root, belongs to: the product that it shares, or itself."""
    found = (product for product, places in TOGETHER.items() if file.startswith(places))
    return next(found, file)


def sort(items: list[pytest.Item]) -> None:
    """Put the longest files first; within a file, and among the others, nothing moves."""
    items.sort(key=lambda item: _place(item.path.relative_to(ROOT).as_posix()))


def _place(file: str) -> int:
    return next((place for place, name in enumerate(LONGEST) if file.startswith(name)), len(LONGEST))
