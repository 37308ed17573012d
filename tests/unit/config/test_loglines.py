"""T23: nobody writes a line of the log by what they send, and no line opens a door."""

import io
import json
import logging
from logging.config import dictConfig
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from authsvc.enrolment.models import EnrolmentLink
from authsvc.enrolment.services import create_link
from authsvc.tenancy.scope import tenant_scope
from config import requestids
from config.loglines import JsonLine, Line
from tests.factories import make_subject, make_tenant

LOGGING: dict[str, Any] = settings.LOGGING
FORMAT = LOGGING["formatters"]["plain"]


def line() -> Line:
    return Line(FORMAT["format"], style=FORMAT["style"])


def written(message: str, *args: Any, exc_info: Any = None) -> str:
    record = logging.LogRecord("a", logging.INFO, "p", 1, message, args, exc_info)
    return line().format(record)


@given(st.text())
def test_t23_a_record_is_one_line(text: str) -> None:
    shown = written("refused %s", text)
    assert len(shown.splitlines()) == 1
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in shown)


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\x85b", "a\u2028b", "a\x1b[2Jb", "a\u202eb"])
def test_t23_what_separates_lines_is_escaped(text: str) -> None:
    assert written("%s", text).endswith("b")
    assert text not in written("%s", text)
    assert "\\" in written("%s", text)


def test_t23_a_traceback_cannot_be_taken_for_records() -> None:
    try:
        raise ValueError("bad\n2026-01-01 00:00:00,000 INFO visor all is well")
    except ValueError as problem:
        shown = written("failed", exc_info=(ValueError, problem, problem.__traceback__))
    first, *others = shown.splitlines()
    assert first.endswith("failed")
    assert others
    assert all(other.startswith("  | ") for other in others)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/t/acme/enrol/q3Zt-_8xQ/consent", "/t/acme/enrol/…/consent"),
        ("GET /t/acme/enrol/abc/ HTTP/1.1", "GET /t/acme/enrol/…/ HTTP/1.1"),
        ("/account/password/reset/key/3-abc-def/", "/account/password/reset/key/…/"),
        ("/t/acme/enrol/finish/abc/", "/t/acme/enrol/finish/abc/"),
        ("/t/acme/signin/abc/", "/t/acme/signin/abc/"),
    ],
)
def test_t23_links_that_let_somebody_in_are_blotted_out(path: str, shown: str) -> None:
    assert written("Internal Server Error: %s", path).endswith(shown)


def test_t23_every_handler_of_the_process_writes_such_lines() -> None:
    """What is configured, not the class alone."""
    stream = io.StringIO()
    handlers = {"console": {**LOGGING["handlers"]["console"], "stream": stream}}
    before = list(logging.getLogger().handlers)
    try:
        dictConfig({**LOGGING, "handlers": handlers, "disable_existing_loggers": False})
        for name in ("django.server", "django.request", "authsvc.oidc", "elsewhere"):
            logging.getLogger(name).error("forged\n/enrol/secret/ by %s", name)
    finally:
        logging.getLogger().handlers[:] = before
    assert len(stream.getvalue().splitlines()) == 4
    assert "secret" not in stream.getvalue()


@pytest.mark.django_db
def test_t23_a_valid_enrolment_token_is_in_no_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        _, url = create_link(subject=make_subject(), created_by="a")
    path = url[url.index("/t/") :]
    token = path.rstrip("/").rsplit("/", 1)[1]
    client.get(path)
    client.delete(path)
    client.post(f"{path}consent", {"choice": "face", "notice_version": "old\nforged"})
    for body in ('{"notice_version": "old"}', "{", "[]"):
        client.post(f"{path}consent", body, content_type="application/json")
    with tenant_scope(tenant.id):
        assert EnrolmentLink.objects.get().state == "open"
    lines = [line().format(record) for record in caplog.records]
    assert lines
    assert all(token not in text and len(text.splitlines()) == 1 for text in lines)


def as_json(message: str, *args: Any, exc_info: Any = None) -> tuple[str, dict[str, Any]]:
    record = logging.LogRecord("a.logger", logging.INFO, "p", 1, message, args, exc_info)
    text = JsonLine().format(record)
    return text, json.loads(text)


@given(st.text())
def test_t23_a_record_for_programs_is_one_line_of_ascii(text: str) -> None:
    shown, said = as_json("refused %s", text)
    assert shown.isascii()
    assert shown.isprintable()
    assert said["event"] == f"refused {text}" or "…" in said["event"]


def test_a_line_for_programs_names_request_attempt_and_organisation() -> None:
    tenant = uuid4()
    requestids.take_up({"request": "of-a-request", "transaction": "of-an-attempt", "name": "Somebody"})
    with tenant_scope(tenant):
        said = as_json("%s", "done")[1]
    requestids.take_up(None)
    assert {
        name: said[name] for name in ("event", "level", "logger", "request", "transaction", "tenant")
    } == {
        "event": "done",
        "level": "info",
        "logger": "a.logger",
        "request": "of-a-request",
        "transaction": "of-an-attempt",
        "tenant": str(tenant),
    }
    assert "name" not in said
    assert as_json("done")[1].keys() == {"event", "level", "logger", "timestamp"}


def test_t23_a_traceback_for_programs_stays_in_its_line_and_opens_no_door() -> None:
    try:
        raise ValueError("bad\n/t/demo/enrol/a-secret-of-a-link/")
    except ValueError as problem:
        shown, said = as_json("failed", exc_info=(ValueError, problem, problem.__traceback__))
    assert "Traceback" in said["exception"]
    assert "a-secret-of-a-link" not in shown
    assert len(shown.splitlines()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given_id", "is_kept"),
    [
        ("0af7651916cd43dd8448eb211c80319c", True),
        ("short", False),
        ("with a blank in it", False),
        ("", False),
    ],
)
def test_a_request_has_a_number_which_goes_back(given_id: str, is_kept: bool, client: Client) -> None:
    number = client.get("/healthz", headers={"X-Request-Id": given_id})["X-Request-Id"]
    assert (number == given_id) == is_kept
    assert requestids.is_id(number)
    assert client.get("/healthz")["X-Request-Id"] != number


@pytest.mark.parametrize(
    "given_ids", [None, "a", 1, {"request": "\n" * 20}, {"request": 5}, {"tenant": "a" * 20}]
)
def test_t23_a_message_says_nothing_in_the_log_but_ids(given_ids: object) -> None:
    requestids.take_up(given_ids)
    assert requestids.carried() == {}
