"""How a line of the process log is written: one record, one line, and nothing in it that opens a door."""

import logging
import re
from typing import Final

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


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _set_off(text: str) -> str:
    return "\n".join(f"  | {_CONTROL.sub(_escaped, line)}" for line in text.split("\n"))
