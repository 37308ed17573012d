"""T05: no body is longer than its endpoint takes, and none comes in parts, before a byte of it is read."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest

from config.bodies import LONGEST, LONGEST_SAMPLE, longest, within_limits

PARTS = b"".join(
    (
        b'--x\r\nContent-Disposition: form-data; name="client_id"\r\n\r\nabc\r\n',
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + b"y" * 100_000,
        b"\r\n--x--\r\n",
    )
)


class Unread:
    """A body that must not be looked at."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")


def asked(path: str, **environ: str) -> tuple[str, dict[str, str]]:
    said: list[tuple[str, dict[str, str]]] = []

    def application(_: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        return [b""]

    given = {"wsgi.input": Unread(), "PATH_INFO": path, **environ}
    within_limits(application)(given, lambda status, headers: said.append((status, dict(headers))))
    return said[0]


@pytest.mark.parametrize("path", ["token", "par", "authorize", "end-session", "register", "agent/x/sample"])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", " Multipart/Mixed"])
def test_no_body_in_parts_is_taken(path: str, kind: str) -> None:
    status, headers = asked(f"/t/demo/{path}", CONTENT_TYPE=kind, CONTENT_LENGTH="9")
    assert (status[:3], headers["Content-Type"]) == ("415", "application/json")


@pytest.mark.parametrize(("length", "status"), [(LONGEST, "200"), (LONGEST + 1, "413"), (10**15, "413")])
def test_no_longer_body_than_forms_have(length: int, status: str) -> None:
    assert asked("/t/demo/token", CONTENT_LENGTH=str(length))[0][:3] == status


def test_a_sample_may_be_longer_and_nothing_that_looks_like_one() -> None:
    assert longest("/t/demo/agent/abc/sample") == LONGEST_SAMPLE
    for path in ("token/sample", "b/agent/c/sample", "agent/abc/sample/x", "agent/b#/sample"):
        assert longest(f"/t/a/{path}") == LONGEST
    assert longest("/sample") == LONGEST
    assert longest("/t/demo/agent/abc/sample?x=y") == LONGEST_SAMPLE
    assert asked("/t/demo/agent/abc/sample", CONTENT_LENGTH=str(LONGEST_SAMPLE + 1))[0][:3] == "200"


def test_an_address_is_looked_at_as_it_was_sent() -> None:
    """Else the server would have taken less of a body than the application reads (config/arriving.py)."""
    sent = {"RAW_URI": "/t/demo/agent/abc/s%61mple", "CONTENT_LENGTH": str(LONGEST + 1)}
    assert asked("/t/demo/agent/abc/sample", **sent)[0][:3] == "413"


@pytest.mark.requirement("S9.4-08")
def test_django_puts_no_file_anywhere(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where such a body came to a view all the same, it is dropped at its first file."""
    monkeypatch.setattr("tempfile.NamedTemporaryFile", None)
    stream = BytesIO(PARTS)
    given = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
        "CONTENT_LENGTH": str(len(PARTS)),
        "wsgi.input": stream,
    }
    request = WSGIRequest(given)
    assert dict(request.POST.items()) == {"client_id": "abc"}
    assert not request.FILES
    assert all("NoUploads" in handler for handler in settings.FILE_UPLOAD_HANDLERS)
