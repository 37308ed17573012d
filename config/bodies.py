"""How long a body may be, and of which kind, for all endpoints: before anything is read or kept of it.

Forms and JSON are short; one endpoint takes a sample, and one a table of people. Nothing here takes files: a
body in parts would be written to disk by Django, whoever sent it.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn

from django.core.files.uploadhandler import FileUploadHandler, StopUpload

LONGEST: Final = 256 * 1024
LONGEST_SAMPLE: Final = 6 * 1024 * 1024
TOO_LARGE: Final = "413 Content Too Large"
LONGEST_TABLE: Final = 3 * 1024 * 1024
_TABLE: Final = re.compile(r"/portal/[^/?#]+/people/import/file/(\?|\Z)")
_SAMPLE: Final = re.compile(r"/t/[^/?#]+/agent/[^/?#]+/sample(\?|\Z)")

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def longest(target: str) -> int:
    """Return how many bytes a body to this address may have; it is looked at as it was sent."""
    if _SAMPLE.match(target):
        return LONGEST_SAMPLE
    return LONGEST_TABLE if _TABLE.match(target) else LONGEST


def longest_of(environ: Environ) -> int:
    """Return how many bytes the body of this request may have, as whoever took it up has counted."""
    return longest(environ.get("RAW_URI") or environ.get("PATH_INFO", ""))


def within_limits(application: Application) -> Application:
    """Refuse what is announced as too long, or comes in parts, without reading it (RFC 9110 section 15.5).

    A sample that is too long is left to its endpoint, which tells the person and the log.
    """

    def answered(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("CONTENT_TYPE", "").lower().lstrip().startswith("multipart/"):
            return refuse("415 Unsupported Media Type", "No body in parts is taken.", start_response)
        length, most = environ.get("CONTENT_LENGTH") or "", longest_of(environ)
        if most == LONGEST and length.isdigit() and int(length) > most:
            return refuse(TOO_LARGE, at_most(most), start_response)
        return application(environ, start_response)

    return answered


def refuse(status: str, said: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as programs are answered elsewhere. Whether the connection ends is the server's to say."""
    body = refusal(said)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def refusal(said: str) -> bytes:
    """Return the body of a refusal that says this."""
    return json.dumps({"error": "invalid_request", "error_description": said}).encode()


def at_most(most: int) -> str:
    """Return what is said of a body that is longer."""
    return f"At most {most} bytes are taken."


class NoUploads(FileUploadHandler):
    """What Django does with a file in a body: nothing, and it reads no further."""

    def new_file(self, *_: Any, **__: Any) -> NoReturn:
        """Stop at the beginning of a file."""
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep nothing."""

    def file_complete(self, file_size: int) -> None:
        """Have no file."""
