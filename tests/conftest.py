"""What every test run has in common: missing services, and the browser."""

import os
import shutil
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from playwright.sync_api import Playwright

from authsvc.core.remembered import forget_everything
from authsvc.limits.limit import forget_counts
from devtools.stack.stack import copied_from
from tests import campaign, emptying, floor, needs, order, plans, warned
from tests.campaign import size, tries
from tests.handlers import loaded_once
from tests.migrating import migrations
from tests.product import person, stack
from tests.spare_keys import spare_keys

# Playwright's own loop runs in the tests' thread from its first test on; all use the database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

__all__ = ["migrations", "person", "size", "stack", "tries"]
NOT_RUN = "not-run"
# Each process of a parallel run has this many of Redis's databases for itself.
QUEUES = 16


def pytest_addoption(parser: pytest.Parser) -> None:
    campaign.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Give each process of a parallel run its own part of the one Redis server."""
    campaign.choose_examples(config)
    emptying.instead_of_flush()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    server = os.environ.get("VISOR_TEST_REDIS_URL")
    if server and hasattr(config, "workerinput"):
        os.environ["VISOR_TEST_REDIS_URL"] = f"{server.rsplit('/', 1)[0]}/{int(worker) * QUEUES}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    campaign.choose_cases(items)
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.needs("chromium"))
        plans.note_plans(item)
        campaign.mark(item)
        floor.leave_out(item)
    if left := campaign.beyond_the_sample(items, whole=config.getoption("whole")):
        config.hook.pytest_deselected(items=left)
        beyond = set(left)
        items[:] = [item for item in items if item not in beyond]
    yield
    if hasattr(config, "workerinput"):
        order.sort(items)
    floor.note_cases(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with floor.traced_if_new(item):
        return (yield)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.ByProduct | None:
    return order.ByProduct(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    services = tuple(name for marker in item.iter_markers("needs") for name in marker.args)
    reason = needs.missing(services)
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and continuous integration leaves nothing out", pytrace=False)
    item.user_properties.append((NOT_RUN, reason))
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    campaign.note_inputs(item, call)
    report = yield
    if report.failed:
        report.sections += warned.sections(item)
    return report


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in plans.lines(terminalreporter.stats):
        terminalreporter.write_line(line)
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = Counter(said for report in skipped for name, said in report.user_properties if name == NOT_RUN)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"Not run: {count} {'test' if count == 1 else 'tests'}, {reason}")
    campaign.close(terminalreporter)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Let the run's database be a copy of the one that has been migrated already."""
    described = connections["default"].settings_dict
    server = os.environ.get("VISOR_TEST_DATABASE_URL")
    if server and (source := copied_from(server)):
        described["TEST"]["TEMPLATE"] = source


@pytest.fixture(scope="session", autouse=True)
def _keys_are_quickly_made() -> Iterator[None]:
    with spare_keys():
        yield


@pytest.fixture(scope="session", autouse=True)
def _clients_share_their_middleware() -> Iterator[None]:
    with loaded_once():
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Let no test meet what another one made this process remember or count: their databases differ."""
    forget_everything()
    forget_counts()
    cache.clear()


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests() -> None:
    """Begin without the keys of another test, whose rows may have had the same names.

    Counters stay: what is counted has random names, which no two tests share.
    """
    for path in settings.KEY_STORE.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


@pytest.fixture(scope="session")
def photos() -> Path:
    """The folder of photographs, one sub-folder a person: obama, biden, astronaut, hopper, partial."""
    return needs.PHOTOS


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """Screens that glide in are waited for at each tap, so that they do not glide."""
    return {"reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Drive the machine's own Chromium (a downloaded browser build would not be pinned by hash)."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {"executable_path": needs.chromium_path(), "args": ["--no-sandbox"] if root else []}


@pytest.fixture(scope="session")
def playwright(playwright: Playwright) -> Iterator[Playwright]:
    """Let the database go before Playwright's loop ends: tests that run beside it have a connection in it."""
    yield playwright
    connections.close_all()


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for pytest-playwright's, whose form pytest 9.2 deprecates: tests name whole URLs."""
