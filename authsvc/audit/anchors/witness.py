"""A witness (c2sp.org/tlog-witness): somebody else's server that cosigns a log while it only grows."""

import base64
import logging
from typing import Final

from django.conf import settings

from authsvc.audit.contents import Hashes
from authsvc.audit.notes import BadNote, Checkpoint, Verifier, good_lines
from authsvc.audit.tree import consistency
from authsvc.core.fetch import FetchRefused, fetch

log = logging.getLogger(__name__)
_OK: Final = 200
_CONFLICT: Final = 409
_SECONDS: Final = 3.0


class Refuses(Exception):
    """The witness knows of another log than ours: one that is longer, or has another root.

    `size` is the number of entries that it has seen, 0 where it does not say.
    """

    def __init__(self, said: str, size: int = 0) -> None:
        super().__init__(said)
        self.size = size


class Unreachable(Exception):
    """The witness does not answer, or answers with nothing that can be used."""


def is_here() -> bool:
    """Whether checkpoints are shown to a witness."""
    return bool(settings.LOG_WITNESS)


def cosign(checkpoint: Checkpoint, *, seen: int) -> str:
    """Show a checkpoint, and return the witness's signature lines; `seen` is the size that it saw last.

    Raises Refuses and Unreachable.
    """
    answer = _ask(checkpoint, seen)
    if isinstance(answer, int):
        if answer > checkpoint.size:
            said = f"the witness has seen {answer} entries, and there are {checkpoint.size}"
            raise Refuses(said, answer)
        answer = _ask(checkpoint, answer)
    if isinstance(answer, int):
        raise Refuses(f"the witness has seen another log of {answer} entries", answer)
    return answer


def signed(note: str, lines: str) -> bool:
    """Whether these lines bear the witness's signature on a checkpoint: who owns the database writes any."""
    try:
        return bool(good_lines(note, lines, Verifier.read(settings.LOG_WITNESS_KEY)))
    except BadNote:
        return False


def _ask(checkpoint: Checkpoint, old: int) -> str | int:
    """Return the witness's lines, or the size that it says to have seen."""
    proof = consistency(old, checkpoint.size, Hashes()) if old <= checkpoint.size else []
    lines = "".join(base64.b64encode(each).decode() + "\n" for each in proof)
    body = f"old {old}\n{lines}\n{checkpoint.note}".encode()
    try:
        found = fetch(
            f"{settings.LOG_WITNESS}/add-checkpoint",
            method="POST",
            body=body,
            headers={"Content-Type": "text/plain; charset=utf-8"},
            allow_loopback=settings.ALLOW_LOOPBACK_FETCH,
            seconds=_SECONDS,
        )
    except FetchRefused as problem:
        raise Unreachable(str(problem)) from None
    said = found.body.decode(errors="replace")
    if found.status == _CONFLICT and found.content_type == "text/x.tlog.size" and said.strip().isdecimal():
        return int(said)
    if found.status in (_CONFLICT, 422):
        raise Refuses(f"the witness answers {found.status}: it has seen another log")
    if found.status != _OK:
        raise Unreachable(f"the witness answers {found.status}")
    return _believed(checkpoint, said)


def _believed(checkpoint: Checkpoint, lines: str) -> str:
    try:
        good = good_lines(checkpoint.note, lines, Verifier.read(settings.LOG_WITNESS_KEY))
    except BadNote as problem:
        raise Unreachable(f"the witness's answer cannot be read: {problem}") from None
    if not good:
        raise Unreachable("the answer bears no signature of the witness")
    return good
