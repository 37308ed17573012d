"""Rows that were not believed, told to the audit log: once a minute each, and after the request.

Within the request the change that met the row may be taken back, and what is told of it would be too.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.remembered import Remembered
from authsvc.seals.kinds import kind_of
from authsvc.tenancy.scope import tenant_scope

log = logging.getLogger(__name__)

_told: Final[Remembered[tuple[UUID, str, str], bool]] = Remembered(seconds=60)
_kept: ContextVar[list[tuple[UUID, str, str]] | None] = ContextVar("rows_not_believed", default=None)


def tell(row: Any) -> None:
    """Note that a row's seal does not hold."""
    tell_of(row.tenant_id, kind_of(type(row)).name, str(row.pk))


def tell_of(tenant_id: UUID, kind: str, key: str) -> None:
    """Note that a row of a kind was not believed; `key` tells which, and why where that says more."""
    what = (tenant_id, kind, key)
    if _told.get(what):
        return
    _told.keep(what, value=True)
    log.warning("%s %s was changed from outside, and is not believed", kind, key)
    kept = _kept.get()
    if kept is None:
        _record(*what)
    else:
        kept.append(what)


@contextmanager
def telling_at_the_end() -> Iterator[None]:
    """Run the block, and tell of the rows that were not believed in it when it is over."""
    kept: list[tuple[UUID, str, str]] = []
    outer = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(outer)
        for each in kept:
            _record(*each)


class TellingAtTheEnd:
    """The middleware that tells of a request's rows after its answer is made."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request."""
        with telling_at_the_end():
            return self.get_response(request)


def _record(tenant_id: UUID, kind: str, key: str) -> None:
    try:
        with tenant_scope(tenant_id):
            record(Tag.SEAL_REFUSED, reason=kind, row=key)
    except Exception:
        # Nobody's answer depends on it, and the process log has it.
        log.exception("cannot record that %s %s was not believed", kind, key)
