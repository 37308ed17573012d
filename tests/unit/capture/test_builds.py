"""Which builds of the page are let in: this release's, the one's before, none that is blocked (S6.2-07)."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from authsvc.assurance.evidence import Agent as Described
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.capture import builds
from authsvc.capture.agents import SIMULATORS
from authsvc.capture.models import Build
from authsvc.core.clock import now
from authsvc.transactions.models import Transaction
from devtools.phone.phone import BUILD
from tests.factories import make_subject
from tests.unit.capture.agent import Agent
from tests.unit.capture.test_passkeys import refused

pytestmark = pytest.mark.requirement("S6.2-07")

EARLIER = {"main.js": "then", "agent.js": "then"}
OLDEST = {"main.js": "long ago"}


@pytest.fixture
def browser(agent: Agent) -> Agent:
    """A browser whose person has a passkey; this release's build is listed, and the one's before."""
    agent.enrolled()
    agent.type = "browser"
    # What `migrate` listed is gone after a test that commits (tests/emptying.py).
    builds.list_own(using="default")
    listed(EARLIER, days=30)
    return agent


def listed(scripts: dict[str, str], *, days: int) -> Build:
    since = now() - timedelta(days=days)
    return Build.objects.create(name=builds.build_of(scripts), scripts=scripts, listed_at=since)


def own() -> str:
    return builds.build_of(builds.scripts_served())


def release(scripts: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a release with this page in place: `migrate` runs, and its processes serve it."""
    monkeypatch.setattr(builds, "scripts_served", lambda: scripts)
    builds.list_own(using="default")


def test_the_software_phone_names_a_build_that_is_listed() -> None:
    assert BUILD in SIMULATORS


def test_the_pages_own_scripts_are_measured_and_no_other_pages() -> None:
    names = builds.scripts_served().keys()
    assert {"main.js", "agent.js", "build.js", "tracking/worker.js"} <= names
    assert not [name for name in names if name.startswith("desk") or name == "invited.js"]
    assert builds.script_addresses()["main.js"] == "/static/js/capture/main.js"


def test_a_page_as_it_is_served_is_let_in_and_recorded(browser: Agent) -> None:
    row = browser.open()
    assert browser.passkey(row).status_code == 200
    row.refresh_from_db()
    assert row.evidence.agent == Described("simulator", own())  # by its passkey
    event = AuditEvent.objects.get(tag=Tag.DEVICE_PROVEN, transaction=row.pk)
    assert event.details["agent"]["build"] == own()


def changed() -> dict[str, str]:
    return {**builds.scripts_served(), "camera.js": "another"}


def one_too_many() -> dict[str, str]:
    return {**builds.scripts_served(), "more.js": "added"}


def one_too_few() -> dict[str, str]:
    scripts = builds.scripts_served()
    del scripts["camera.js"]
    return scripts


@pytest.mark.parametrize("scripts", [changed, one_too_many, one_too_few, lambda: OLDEST])
def test_a_page_that_was_changed_or_is_old_is_refused_with_a_way_on(
    browser: Agent, scripts: Callable[[], dict[str, str]]
) -> None:
    listed(OLDEST, days=90)
    browser.scripts = scripts()
    row = browser.open()
    answer = browser.passkey(row)
    refused(answer, 403, "build-refused")
    assert "reload" in answer.json()["message"]
    told = AuditEvent.objects.get(tag=Tag.DEVICE_REFUSED, transaction=row.pk)
    assert (told.reason, builds.build_of(browser.scripts) in told.details["detail"]) == (
        "build-refused",
        True,
    )
    row.refresh_from_db()
    assert row.state == Transaction.State.OPEN


def test_the_page_of_the_release_before_is_let_in_beside_this_one(browser: Agent) -> None:
    browser.scripts = EARLIER
    assert browser.passkey(browser.open()).status_code == 200


def test_while_a_release_starts_a_page_may_have_scripts_of_both(
    browser: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    release({"main.js": "now", "agent.js": "now"}, monkeypatch)
    Build.objects.exclude(name__in=[own(), builds.build_of(EARLIER)]).delete()
    browser.scripts = {"main.js": "now", "agent.js": "then"}
    assert browser.passkey(browser.open()).status_code == 200
    browser.scripts = {"main.js": "now", "agent.js": "never"}
    refused(browser.passkey(browser.open()), 403, "build-refused")


def test_after_two_releases_a_page_is_too_old(browser: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.scripts = builds.scripts_served()
    release({"main.js": "next"}, monkeypatch)
    assert browser.passkey(browser.open()).status_code == 200
    release({"main.js": "after next"}, monkeypatch)
    refused(browser.passkey(browser.open()), 403, "build-refused")


def test_a_release_that_is_taken_back_is_on_top_again(
    browser: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = builds.scripts_served()
    for scripts in ({"main.js": "next"}, mine, mine):
        release(scripts, monkeypatch)
    newest = Build.objects.order_by("-listed_at").values_list("name", flat=True)
    assert list(newest[:2]) == [builds.build_of(mine), builds.build_of({"main.js": "next"})]


def test_the_page_of_before_there_were_builds_is_let_in_by_its_name_as_long_as_it_is_listed(
    browser: Agent,
) -> None:
    body = {"type": "browser", "build": "page-1"}
    before = Build.objects.create(name="page-1", listed_at=now() - timedelta(days=1))
    row = browser.open()
    sent = {"credential": browser.answer(browser.options(row)), "agent": body}
    assert browser.post(row, "passkey", sent).status_code == 200
    before.delete()
    row = browser.open()
    sent = {"credential": browser.answer(browser.options(row)), "agent": body}
    refused(browser.post(row, "passkey", sent), 403, "build-refused")


def test_nothing_measured_is_no_build(browser: Agent) -> None:
    row = browser.open()
    sent = {"credential": browser.answer(browser.options(row)), "agent": {"type": "browser", "build": own()}}
    refused(browser.post(row, "passkey", sent), 403, "build-refused")


def test_an_unknown_software_phone_is_refused(agent: Agent) -> None:
    agent.enrolled()
    row = agent.open()
    sent = {"credential": agent.answer(agent.options(row)), "agent": {"type": "simulator", "build": "2"}}
    refused(agent.post(row, "passkey", sent), 403, "build-refused")


@pytest.mark.parametrize("scripts", [[], "main.js", {"main.js": 1}, None])
def test_scripts_of_another_form_are_refused(browser: Agent, scripts: Any) -> None:
    row = browser.open()
    described = {"type": "browser", "build": "", "scripts": scripts}
    sent = {"credential": browser.answer(browser.options(row)), "agent": described}
    refused(browser.post(row, "passkey", sent), 400, "bad-agent")


def test_more_scripts_than_any_page_has_are_refused(browser: Agent) -> None:
    row = browser.open()
    described = {"type": "browser", "build": "", "scripts": {str(number): "" for number in range(201)}}
    sent = {"credential": browser.answer(browser.options(row)), "agent": described}
    refused(browser.post(row, "passkey", sent), 413, "too-large")


def test_an_old_page_makes_no_passkey_in_vain(browser: Agent) -> None:
    row = browser.open(Transaction.Kind.ENROL, subject=make_subject())
    body = {"session_key": browser.session_key, "agent": {"type": "browser", "build": "page-0"}}
    refused(browser.post(row, "passkey/options", body), 403, "build-refused")


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("page_builds", *arguments, stdout=out)
    return out.getvalue()


def test_an_operator_blocks_a_build_and_lets_it_in_again(browser: Agent) -> None:
    name = own()
    assert f"{name}  listed" in said()
    assert f"{name}  blocked" in said("--block", name)
    refused(browser.passkey(browser.open()), 403, "build-refused")
    assert f"{name}  listed" in said("--allow", name)
    assert browser.passkey(browser.open()).status_code == 200
    told = AuditEvent.objects.filter(tag__startswith="platform:build").order_by("sequence")
    assert [(each.tag, each.actor, each.details["build"]) for each in told] == [
        (Tag.BUILD_BLOCKED, "command line", name),
        (Tag.BUILD_ALLOWED, "command line", name),
    ]


def test_a_blocked_build_of_before_is_refused_too(browser: Agent) -> None:
    said("--block", builds.build_of(EARLIER))
    browser.scripts = EARLIER
    refused(browser.passkey(browser.open()), 403, "build-refused")


@pytest.mark.django_db
def test_a_build_that_is_not_there_is_not_blocked() -> None:
    with pytest.raises(CommandError, match="no build 'none'"):
        said("--block", "none")


def test_what_is_collected_is_what_is_served(settings: Any, tmp_path: Path) -> None:
    folder = tmp_path / "js" / "capture"
    folder.mkdir(parents=True)
    (folder / "main.js").write_text("other")
    settings.STATIC_ROOT = tmp_path / "empty"
    assert "agent.js" in builds.scripts_served()
    settings.STATIC_ROOT = tmp_path
    assert list(builds.scripts_served()) == ["main.js"]


@pytest.mark.django_db
def test_a_release_without_the_table_lists_nothing() -> None:
    class Before:
        def get_model(self, *_: str) -> Any:
            raise LookupError

    Build.objects.all().delete()
    builds.list_own(using="default", apps=Before())
    assert not Build.objects.exists()
