"""Records: frozen dataclasses that travel as JSON, through a column or a signed text."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

Record = TypeVar("Record")


class NotARecord(ValueError):
    """The JSON lacks a field, has one of another type, or one too many where it is read exactly."""


def read_exactly(kind: type[Record], text: bytes | str) -> Record:
    """Return the record that a JSON text is, with its fields and no other; raises NotARecord."""
    record: Record = _read(kind, text, "forbid")
    return record


def read_stored(kind: type[Record], value: Mapping[str, Any]) -> Record:
    """Return the record that a JSON column holds; raises NotARecord.

    Fields that are not known here are passed over: a later release that adds one may run beside this.
    """
    record: Record = _read(kind, json.dumps(value), "ignore")
    return record


def _read(kind: Any, text: bytes | str, extra: Literal["forbid", "ignore"]) -> Any:
    try:
        # Strict: "yes" is no boolean and "1" no number, as they would be where a form is read.
        return _adapter(kind).validate_json(text, strict=True, extra=extra)
    except ValidationError as problem:
        wrong = sorted(".".join(map(str, error["loc"])) or error["type"] for error in problem.errors())
        raise NotARecord(f"{kind.__name__}: {', '.join(wrong)}") from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
