"""Bodies whose length is not announced (RFC 9112 section 7.1), for all endpoints."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from config.bodies import TOO_LARGE, Application, Environ, at_most, longest_of, refuse


def with_length(application: Application) -> Application:
    """Give a chunked body its length before the application sees it: Django reads none without one.

    The body is read into memory, up to as many bytes as its path takes; a longer one is answered 413. A
    server that does not decode chunks, as that for development, has 411 said in its place.
    """

    def answered(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("HTTP_TRANSFER_ENCODING"):
            return application(environ, start_response)
        if not environ.get("wsgi.input_terminated"):
            return refuse("411 Length Required", "Say how long the body is.", start_response)
        most = longest_of(environ)
        body = _read(environ["wsgi.input"], most)
        if len(body) > most:
            return refuse(TOO_LARGE, at_most(most), start_response)
        del environ["HTTP_TRANSFER_ENCODING"]
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = BytesIO(body)
        return application(environ, start_response)

    return answered


def _read(stream: Any, most: int) -> bytes:
    body = b""
    while len(body) <= most and (piece := stream.read(most + 1 - len(body))):
        body += piece
    return body
