"""Reading what an agent sends, within limits, and answering it in JSON."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotAcceptable, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from authsvc.core.errors import Refused
from authsvc.core.lengths import json_problem
from authsvc.core.strictjson import NotJson, parse_json
from authsvc.hosts.places import place_of
from authsvc.tenancy.scope import current_tenant_id

JSON_LIMIT = 64 * 1024
SAMPLE_LIMIT = 6 * 1024 * 1024

_LONG = _("That was too much data to send.")
_ODD = _("Something went wrong on this page. Please start again from the site you came from.")


class LimitedParser(BaseParser):
    """Reads exactly the announced length, after holding it against a limit."""

    limit: ClassVar[int]

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the body's bytes; raises Refused for one that is too long or cut short."""
        assert parser_context is not None
        length = announced_length(parser_context["request"])
        if length > self.limit:
            raise Refused(
                "too-large",
                _LONG,
                detail=f"{length} bytes, limit {self.limit}",
                status=413,
            )
        body = stream.read(length)
        if len(body) != length:
            raise Refused(
                "truncated",
                _("The connection broke. Please try again."),
                detail=f"{len(body)} of {length} bytes",
            )
        return body


class ObjectParser(LimitedParser):
    """A JSON object of at most 64 KiB."""

    media_type = "application/json"
    limit = JSON_LIMIT

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object; raises Refused for anything else."""
        body = super().parse(stream, media_type, parser_context)
        try:
            value = parse_json(body)
        except NotJson:
            raise Refused("bad-json", _ODD, detail="the body is not JSON") from None
        if not isinstance(value, dict):
            raise Refused("bad-json", _ODD, detail=f"the body is a {type(value).__name__}, not an object")
        if problem := json_problem(value):
            raise Refused("too-large", _LONG, detail=problem, status=413)
        return value


class SampleParser(LimitedParser):
    """A sealed sample, a compact JWE of at most 6 MiB."""

    media_type = "application/jose"
    limit = SAMPLE_LIMIT


class JsonSampleParser(SampleParser):
    """A sample that two workers can open, a JWE in JSON (RFC 7516 section 7.2.1) of as many bytes."""

    media_type = "application/jose+json"


def require_own_origin(request: HttpRequest | Request) -> None:
    """Refuse a request that no page of this tenant sent (docs/protocol.md section 1)."""
    origin, own = request.headers.get("Origin", ""), place_of(current_tenant_id()).origin
    if origin != own:
        raise Refused("foreign-origin", _ODD, detail=f"Origin {origin!r}, expected {own!r}", status=403)


def announced_length(request: Request) -> int:
    """Return the body's length as the request announces it; raises Refused where it does not."""
    text = request.META.get("CONTENT_LENGTH") or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Refused("no-length", _ODD, detail=f"Content-Length {text!r}", status=411)
    return int(text)


def require_body(request: Request) -> None:
    """Refuse an empty body; REST framework would not show one to any parser."""
    if announced_length(request) == 0:
        raise Refused("empty-body", _ODD, detail="an empty body")


def as_refused(problem: Exception) -> Refused | None:
    """Return a problem as a refusal, or None where it is not about what was sent."""
    if isinstance(problem, Refused):
        return problem
    if isinstance(problem, UnsupportedMediaType):
        return Refused("content-type", _ODD, detail=str(problem.detail), status=415)
    if isinstance(problem, NotAcceptable):
        return Refused("accept", _ODD, detail=str(problem.detail), status=406)
    return None


def error(refused: Refused, *, reference: str) -> Response:
    """Return a refusal: its code for the program, a calm sentence for the person, and a reference."""
    body: dict[str, Any] = {"error": refused.code, "message": str(refused.person), "reference": reference}
    waits = {}
    if refused.retry_after is not None:
        body["retry_after"] = refused.retry_after
        waits["Retry-After"] = str(refused.retry_after)
    return Response(body, status=refused.status, headers=waits)
