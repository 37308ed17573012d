"""Every text for people is marked for translation, in templates, in Python and in the pages' scripts."""

from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.arch import texts

ROOT: Final = Path(__file__).resolve().parents[2]

ROOMS: Final = (
    "portal",
    *(f"authsvc/{room}" for room in ("capture", "clients", "devices", "enrolment", "liveness", "management")),
    *(f"authsvc/{room}" for room in ("person", "privacy", "subjects", "transactions")),
    *(f"authsvc/oidc/{room}" for room in ("authorize", "ciba", "offering", "sandbox", "sessions", "wire")),
    "rp/demo",
)
"""Where code speaks to people; the other rooms speak to programs, operators and each other."""

UNMARKED: Final = {
    "authsvc/capture/builds.py: Build": "a model's name, for a migration",
    "authsvc/capture/challenge.py: no worker of ": "to the log",
    "authsvc/capture/challenge.py:  has published a sample key": "to the log",
    "authsvc/capture/queueing.py: no named region": "to the log",
    "authsvc/capture/queueing.py:  was to go to a worker of ": "to the log",
    "authsvc/clients/kinds.py": "the same, said of one member",
    "authsvc/oidc/registration/documents.py": "RFC 7591: error_description is for developers, in ASCII",
    "authsvc/enrolment/tables.py: nom de famille": "what a column is called in somebody's table",
    "authsvc/enrolment/tables.py: your own number": "the same",
    "authsvc/devices/registration.py: Software phone": "the device's name, which the person may change",
    "authsvc/devices/registration.py: Passkey": "the device's name, which the person may change",
    "authsvc/management/health.py: Django": "a name",
    "authsvc/liveness/asking.py": "error_description is for developers, in ASCII",
    "authsvc/liveness/page.py: Origin": "a header",
    "authsvc/liveness/page.py: No redirect URI of this client is there.": "error_description likewise",
    "authsvc/oidc/ciba/ping.py": "a header of RFC 6750",
    "authsvc/oidc/offering/persons.py": "claims of made-up people",
    "authsvc/oidc/sandbox/checks.py": "Django's check for operators",
    "authsvc/oidc/wire/cors.py": "names of headers",
    "authsvc/transactions/checks.py": "Django's check for operators",
    "authsvc/transactions/lifecycle.py: the stored evidence is not what the worker signed": "to the log",
    "authsvc/transactions/lifecycle.py: the stored evidence names no capture of this transaction": "the same",
    "portal/saved_filters/views.py": "templates draw its fields, with labels of their own or hidden",
    "portal/ui/own_provider.py: openid profile email": "scopes",
    "authsvc/transactions/services.py: Party": "a name for `from … import`",
    "authsvc/transactions/services.py: Possession": "a name for `from … import`",
    "portal/accounts/devices.py": "what browsers and systems are called everywhere",
    "portal/accounts/makers.py": "the same of passkeys",
    "portal/relying_parties/quickstart.py": "a request to copy",
    "rp/demo/settings.py": "settings",
    "rp/demo/views.py": "rows of a made-up account, and an answer to a program",
}
"""Why a file, or one text of it, stays as it is."""


def sources(*folders: str, ending: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob(f"*{ending}"))]
    return [path for path in found if not {"migrations", "commands", "__pycache__"} & set(path.parts)]


@cache
def found_in(path: Path, find: texts.Finder) -> list[str]:
    return find(path.read_text())


def left(paths: list[Path], find: texts.Finder) -> list[str]:
    """What was found and has no reason to stay, as "path: text"."""
    assert paths
    found = [(str(path.relative_to(ROOT)), text) for path in paths for text in found_in(path, find)]
    return [f"{path}: {text}" for path, text in found if not {path, f"{path}: {text}"} & UNMARKED.keys()]


def test_templates() -> None:
    pages = [*sources("templates", ending=".html"), *sources("templates", ending=".txt")]
    assert left(pages, texts.in_template) == []


def test_places_in_python_that_reach_people() -> None:
    assert left(sources("authsvc", "portal", "rp", "config", ending=".py"), texts.in_places) == []


def test_sentences_in_python() -> None:
    assert left(sources(*ROOMS, ending=".py"), texts.in_sentences) == []


def test_scripts() -> None:
    assert left(sources("static", ending=".js"), texts.in_script) == []


def test_every_reason_is_needed() -> None:
    found = {
        name
        for find, folders, ending in (
            (texts.in_template, ("templates",), ".html"),
            (texts.in_places, ("authsvc", "portal"), ".py"),
            (texts.in_sentences, ROOMS, ".py"),
        )
        for path in sources(*folders, ending=ending)
        for text in found_in(path, find)
        for name in (str(path.relative_to(ROOT)), f"{path.relative_to(ROOT)}: {text}")
    }
    assert UNMARKED.keys() <= found


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Sign in</p>", ["Sign in"]),
        ('<p>{% translate "Sign in" %}</p>', []),
        ("<p>{% blocktranslate %}Sign in to {{ name }}{% endblocktranslate %}</p>", []),
        ("<p>{{ name }} asks</p>", ["\ufffc asks"]),
        ('<img alt="A face">', ["alt=A face"]),
        ('<td data-label="{% translate "Kind" %}" class="wide">{{ kind }}</td>', []),
        ('{% badge "Open" "info" %}', ["Open"]),
        ('{% badge _("Open") "info" %}', []),
        ('{{ row.note|default:"No note" }}', ["No note"]),
        ('{{ row.at|date:"j M Y H:i" }} UTC', []),
        ("<code>GET /authorize</code>{# A remark. #}{% comment %}Another one{% endcomment %}", []),
        ("<h1>Visor</h1>", []),
    ],
)
def test_what_is_seen_in_a_template(template: str, found: list[str]) -> None:
    assert texts.in_template(template) == found


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ('forms.CharField(label="Name")', True),
        ('forms.CharField(label=_("Name"))', False),
        ("forms.CharField(max_length=120)", True),
        ('KeySet(help_text=f"At most {most}.")', True),
        ('KeySet(help_text=format_lazy(_("At most {most}."), most=most))', False),
        ('models.CharField(help_text="SHA-256 of the cookie.")', False),
        ('Setting("sector", TEXT, help="Its host.")', True),
        ('parser.add_argument("--days", help="how many")', False),
        ('Refused("late", "That took too long.", detail="over")', True),
        ('Refused("late", _("That took too long."), detail="over")', False),
        ('_SAID = "That took too long."\nRefused("late", _SAID)', True),
        ('_SAID = _("That took too long.")\nRefused("late", _SAID)', False),
        ('messages.success(request, "It is done: " + name)', True),
        ('messages.success(request, _("%(name)s is done.") % {"name": name})', False),
        ('class Status(models.TextChoices):\n    OPEN = "open", "Open"', True),
        ('class Status(models.TextChoices):\n    OPEN = "open", _("Open")', False),
    ],
)
def test_what_is_seen_at_a_place(code: str, seen: bool) -> None:
    assert bool(texts.in_places(code)) is seen


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ('said = {"late": "That took too long."}', True),
        ('said = {"late": _("That took too long.")}', False),
        ('text = f"{name} asked to sign a person in"', True),
        ('"""A docstring of a module."""', False),
        ('log.info("The queue is down: %s", problem)', False),
        ('raise RequestRefused("invalid_request", "The code is missing.", rule="code")', False),
        ('record(tag, detail="the passkey is unknown here")', False),
        ('def f() -> "Answer": ...', False),
        ('headers = {"Content-Type": "application/json"}', False),
    ],
)
def test_what_is_seen_as_a_sentence(code: str, seen: bool) -> None:
    assert bool(texts.in_sentences(code)) is seen


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('board.show("Look straight ahead");', ["Look straight ahead"]),
        ("const text = `${step} of ${steps} in all`;", []),
        ("label.data = 'Copied';", ["Copied"]),
        ('show(say("place")); // Says where the face belongs.', []),
        ('import { say } from "./screens.js"; /* "Not this" */', []),
        ('fetch(url, { headers: { Accept: "application/json" } });', []),
    ],
)
def test_what_is_seen_in_a_script(script: str, found: list[str]) -> None:
    assert texts.in_script(script) == found
