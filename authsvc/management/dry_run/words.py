"""What a dry run says, in words for administrators."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text
from authsvc.management.dry_run.replay import Cause, Outcome, Replay, Why
from authsvc.management.dry_run.run import Change

CHANGES: Final[Mapping[str, Text]] = {
    Change.REFUSED: _("Refused from now on"),
    Change.ADMITTED: _("Let in from now on"),
    Change.OTHER: _("The same end, otherwise reached"),
    Change.UNTOLD: _("Cannot be told"),
    Change.FACE_UNTOLD: _("Let in; whether with a face cannot be told"),
    Change.SAME: _("As now"),
}
TONES: Final[Mapping[str, str]] = {
    Change.REFUSED: "bad",
    Change.ADMITTED: "good",
    Change.OTHER: "info",
    Change.UNTOLD: "warn",
    Change.FACE_UNTOLD: "warn",
}
"""The badge of each change."""

REASONS: Final[Mapping[str, Text]] = {
    Cause.THRESHOLD: _("How alike the faces were is not kept, only at which point they passed"),
    Cause.QUALITY: _("How good the pictures were is not kept, only that they were good enough or not"),
    Cause.CUES: _("People would have been asked to do something else before the camera"),
    Cause.MODELS: _("The face would have been kept or compared elsewhere"),
    Cause.AGE: _("Nobody’s age is kept: who is younger would use no face"),
    Cause.REGION: _("Whether a worker of that region would have been there is not known"),
    Cause.LEFT: _("They left where a face was demanded, and may have gone on where none is"),
    Cause.UNKNOWN: _("What judged the face then is not there any more"),
    Why.LESS: _("Less assurance was reached than is asked for"),
    Why.NO_FACE: _("A face is demanded, and none counted"),
    Why.NO_PRESENCE: _("A living person is demanded, and none was shown"),
    Why.AGENT: _("The program that they used may sign nobody in"),
    Why.ONE_DEVICE: _("A second device took it over, which nobody may"),
    Why.NOT_NEAR: _("A second device took it over that the computer had not found"),
    Why.UNFINISHED: _("It was left unfinished"),
    "with-face": _("A face counts that did not"),
    "without-face": _("The face counts no more"),
}


def said_of(replay: Replay) -> Text:
    """Return how an attempt ends, or every end that is possible."""
    return _either(sorted({str(_said(end)) for end in replay.ends}))


def _either(ends: Iterable[str]) -> str:
    return str(_(" or ")).join(ends)


def _said(end: Outcome) -> Text:
    if end.why == Why.UNFINISHED:
        return _("left unfinished")
    if end.why:
        return _("refused")
    words = _("let in at {level} with a face") if end.face else _("let in at {level} without a face")
    return format_lazy(words, level=end.level.name)
