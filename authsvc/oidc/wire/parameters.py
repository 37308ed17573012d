"""Reading protocol parameters: each once, none too long, none with control characters."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest

from authsvc.core.lengths import request_problem
from authsvc.oidc.wire.refusal import RequestRefused

# Parameters that RFC 8707 lets a client repeat.
_REPEATABLE = frozenset({"resource"})
_UNSTORABLE = re.compile(r"[\x00-\x1f\ud800-\udfff]")


_FORM: Final = "application/x-www-form-urlencoded"


def form_of(request: HttpRequest) -> dict[str, list[str]]:
    """Return the fields of a form that was posted, each with its values, as Django's `request.POST` has them.

    Of a plain one they are read without what Django asks of each: that takes longer than to read them.
    """
    if request.content_type == _FORM and request.encoding is None and request.body.isascii():
        try:
            pairs = parse_qsl(
                request.body.decode(),
                keep_blank_values=True,
                max_num_fields=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
            )
        except ValueError:
            return dict(request.POST.lists())  # which says what is wrong
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            found.setdefault(name, []).append(value)
        return found
    return dict(request.POST.lists())


def given_to(request: HttpRequest) -> dict[str, list[str]]:
    """Return the fields of the form that was posted, or those of the address, each with its values."""
    return form_of(request) if request.method == "POST" else dict(request.GET.lists())


def read_once(values: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the parameters as a plain mapping, without empty ones.

    Raises RequestRefused (invalid_request) for a repeated parameter, a long one and control characters; a
    parameter without a value is treated as left out (RFC 6749 section 3.1).
    """
    found = {}
    for name, given in values.items():
        if len(given) > 1 and name not in _REPEATABLE:
            raise RequestRefused(
                "invalid_request",
                f"{name} was sent {len(given)} times.",
                rule="parameters-once",
                # Not the values: one may be a secret, or say who a person is.
                came=f"{len(given)} values of {name}",
                expected="each parameter once",
            )
        values_given = [value for value in given if value]
        if values_given:
            found[name] = values_given[-1]
    refuse_unreadable(found)
    return found


def refuse_unreadable(parameters: Mapping[str, str]) -> None:
    """Raise RequestRefused where a parameter is too long, or cannot be stored."""
    problem = request_problem(parameters)
    if problem:
        raise RequestRefused(
            "invalid_request",
            f"The request is too long: {problem}.",
            rule="parameter-length",
            came=problem,
            expected="what authsvc/core/lengths.py allows",
        )
    refuse_control_characters(parameters)


def refuse_control_characters(parameters: Mapping[str, str]) -> None:
    """Raise RequestRefused where a name or a value holds control characters, which no database stores."""
    for name, value in parameters.items():
        if _UNSTORABLE.search(name) or _UNSTORABLE.search(value):
            raise RequestRefused(
                "invalid_request",
                "A parameter holds control characters.",
                rule="parameters-text",
                came=name,
                expected="printable text",
            )
