"""How a line of the process log is written: one record, one line, and nothing in it that opens a door.

For people it is plain; for programs (VISOR_LOG_FORMAT) JSON, which names the request, the attempt and the
organisation under which it was written, by their ids alone.
"""

import logging
import re
from typing import Any, Final

import structlog
from structlog.types import EventDict

from authsvc.tenancy.scope import scope_value

# What separates lines, for a terminal or for the reader of a log, and what moves a terminal's cursor.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# Paths that let in whoever knows them: enrolment links, administrators' invitations, and those by which a
# password is set anew.
_DOORS: Final = re.compile(r"(/enrol/|/password/reset/key/|/account/join/[^/\s]+/)(?!finish/)[^/\s?#\"']+")


class Line(logging.Formatter):
    """Escapes what came from outside, so that nobody else can write a line or read a link.

    The lines of a traceback begin with two blanks and a bar, which no record does.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, with its traceback below where it has one."""
        return _DOORS.sub(r"\1…", super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the record's own line, its control characters escaped."""
        return _CONTROL.sub(_escaped, super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's name
        """Return a traceback whose lines cannot be taken for records."""
        return _set_off(super().formatException(ei))  # type: ignore[arg-type]

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - logging's name
        """Return a stack whose lines cannot be taken for records."""
        return _set_off(super().formatStack(stack_info))


class JsonLine(structlog.stdlib.ProcessorFormatter):
    """One object a line: timestamp, level, logger, event; request, transaction and tenant where known.

    A traceback stands in it as text. What is not ASCII is escaped, and so is what ends or moves a line.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                _tenant,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=True),
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        return _DOORS.sub(r"\1…", super().format(record))


def _tenant(_logger: object, _method: str, said: EventDict) -> EventDict:
    tenant = scope_value()
    return {**said, "tenant": tenant} if tenant else said


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _set_off(text: str) -> str:
    return "\n".join(f"  | {_CONTROL.sub(_escaped, line)}" for line in text.split("\n"))
