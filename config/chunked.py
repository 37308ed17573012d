"""Bodies whose length is not announced (RFC 9112 section 7.1), for all endpoints."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, Final

# As long as the longest that any endpoint takes, which is a sample; each endpoint has its own limit below.
LONGEST: Final = 6 * 1024 * 1024

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def with_length(application: Application) -> Application:
    """Give a chunked body its length before the application sees it: Django reads none without one.

    The body is read into memory, up to LONGEST bytes; a longer one is answered 413, once as much again was
    read and dropped: a client that is still writing when the connection closes may lose the answer. A server
    that does not decode chunks, as that for development, has 411 said in its place.
    """

    def answered(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("HTTP_TRANSFER_ENCODING"):
            return application(environ, start_response)
        if not environ.get("wsgi.input_terminated"):
            return _refused("411 Length Required", start_response)
        body = _read(environ["wsgi.input"])
        if len(body) > LONGEST:
            _read(environ["wsgi.input"])
            return _refused("413 Content Too Large", start_response)
        del environ["HTTP_TRANSFER_ENCODING"]
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = BytesIO(body)
        return application(environ, start_response)

    return answered


def _read(stream: Any) -> bytes:
    body = b""
    while len(body) <= LONGEST and (piece := stream.read(LONGEST + 1 - len(body))):
        body += piece
    return body


def _refused(status: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
    said = f"{status.partition(' ')[2]}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(said))),
        ("Connection", "close"),
    ]
    start_response(status, headers)
    return [said]
