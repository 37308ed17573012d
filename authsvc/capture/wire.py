"""Reading what an agent sends, within limits, and answering it in JSON."""

from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from authsvc.core.errors import Refused
from authsvc.core.strictjson import NotJson, parse_json

JSON_LIMIT = 64 * 1024
SAMPLE_LIMIT = 6 * 1024 * 1024
Answer = TypeVar("Answer", bound=HttpResponse)

_ODD = "Something went wrong on this page. Please start again from the site you came from."


def require_own_origin(request: HttpRequest) -> None:
    """Refuse a request that no page of this server sent (docs/protocol.md section 1)."""
    origin = request.headers.get("Origin", "")
    if origin != settings.BASE_URL:
        raise Refused(
            "foreign-origin", _ODD, detail=f"Origin {origin!r}, expected {settings.BASE_URL!r}", status=403
        )


def read_json(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object in the body, at most 64 KiB; raises Refused for anything else."""
    body = _read(request, content_type="application/json", limit=JSON_LIMIT)
    try:
        value = parse_json(body)
    except NotJson:
        raise Refused("bad-json", _ODD, detail="the body is not JSON") from None
    if not isinstance(value, dict):
        raise Refused("bad-json", _ODD, detail=f"the body is a {type(value).__name__}, not an object")
    return value


def read_sample(request: HttpRequest) -> bytes:
    """Return the sealed sample in the body, at most 6 MiB; raises Refused before reading a larger one."""
    return _read(request, content_type="application/jose", limit=SAMPLE_LIMIT)


def _read(request: HttpRequest, *, content_type: str, limit: int) -> bytes:
    if request.content_type != content_type:
        raise Refused(
            "content-type", _ODD, detail=f"{request.content_type!r}, expected {content_type!r}", status=415
        )
    length = _length(request)
    if length > limit:
        raise Refused(
            "too-large",
            "That was too much data to send.",
            detail=f"{length} bytes, limit {limit}",
            status=413,
        )
    body = request.read(length)
    if len(body) != length:
        raise Refused(
            "truncated", "The connection broke. Please try again.", detail=f"{len(body)} of {length} bytes"
        )
    return body


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Refused("no-length", _ODD, detail=f"Content-Length {text!r}", status=411)
    return int(text)


def answer(body: dict[str, Any], *, status: int = 200) -> JsonResponse:
    """Return a JSON answer that nothing on the way keeps."""
    return uncached(JsonResponse(body, status=status))


def error(refused: Refused, *, reference: str) -> JsonResponse:
    """Return a refusal: its code for the program, a calm sentence for the person, and a reference."""
    body: dict[str, Any] = {"error": refused.code, "message": refused.person, "reference": reference}
    if refused.retry_after is not None:
        body["retry_after"] = refused.retry_after
    return answer(body, status=refused.status)


def uncached(response: Answer) -> Answer:
    """Mark an answer as one that nobody stores."""
    response["Cache-Control"] = "no-store"
    return response
