"""Lists of the portal that somebody takes away as a table."""

from collections.abc import Iterable

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.management.actors import Actor


def note_export(*, actor: Actor, what: str, rows: int, filters: Iterable[str]) -> None:
    """Write down that rows of a list were taken away, and which filters were set, though not to what.

    What somebody filtered by may be a name, which the log has no use for.
    """
    record(Tag.LIST_EXPORTED, actor=actor.name, reason=what, rows=rows, filters=sorted(filters))
