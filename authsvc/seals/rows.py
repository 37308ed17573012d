"""Models whose rows are sealed: what is stored gets its seal, and what has no valid one is as if absent.

Nothing is sealed by reading. A row that was read is sealed again only where what it said before was believed,
so that no change vouches for what somebody else wrote.
"""

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

from django.db import models, transaction

from authsvc.seals.kinds import is_sealed, kind_of
from authsvc.seals.refusals import tell
from authsvc.seals.sealing import Stored, forget, holds, put_seal, stored_of
from authsvc.tenancy.models import TenantManager, TenantOwned, TenantQuerySet

Row = TypeVar("Row", bound="SealedRow")


def believed(row: models.Model) -> bool:
    """Tell whether a row's seal holds, and those of the rows that were read together with it.

    One that is not believed is told to the audit log. A row that points at one that is not there is not
    believed either.
    """
    if is_sealed(type(row)) and not holds(row):
        tell(row)
        return False
    there = row._state.fields_cache
    if not there:
        return True
    return all(
        _is_believed_there(row, there[name], attribute)
        for name, attribute in _relations(type(row))
        if name in there
    )


def _is_believed_there(row: models.Model, other: models.Model | None, attribute: str) -> bool:
    return believed(other) if other is not None else getattr(row, attribute) is None


def _taken(row: "SealedRow", same: models.QuerySet[Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Let a row say what the changes make of it, and return what is left to store."""
    if any(hasattr(value, "resolve_expression") for value in changes.values()):
        # The database works it out.
        same.update(**changes)
        row.refresh_from_db()
        return {}
    for name, value in changes.items():
        setattr(row, name, value)
    return changes


@cache
def _relations(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    fields = model._meta.concrete_fields
    return tuple((field.name, field.attname) for field in fields if field.is_relation)


class SealedQuerySet(TenantQuerySet[Row]):
    """Rows of the tenant in scope that are believed."""

    _as_they_are = False

    def unchecked(self) -> Self:
        """Return the rows whether they are believed or not: to tell of them, to end or to delete them."""
        rows = self.all()
        rows._as_they_are = True
        return rows

    def update(self, **changes: Any) -> int:
        """Change rows; where their sealed fields are among the changes, seal anew, or take the seal away."""
        kind = kind_of(self.model)
        if not kind.touched_by(changes):
            return super().update(**changes)
        if not kind.ends(changes):
            return self._change(changes)
        return self._end(changes) if kind.counted else super().update(**changes, seal=None)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows, whether they are believed or not."""
        return super(SealedQuerySet, self if self._as_they_are else self.unchecked()).delete()

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator[Row]:
        """Return the believed rows one after the other, without keeping them."""
        return (row for row in super().iterator(*args, **kwargs) if self.is_shown(row))

    @transaction.atomic(savepoint=False)
    def _change(self, changes: dict[str, Any]) -> int:
        rows = list(self._locked())
        for row in rows:
            same, before = self.model._base_manager.filter(pk=row.pk), stored_of(row)
            left = _taken(row, same, changes)
            put_seal(row, before)
            same.update(**left, seal=row.seal)
        return len(rows)

    @transaction.atomic(savepoint=False)
    def _end(self, changes: dict[str, Any]) -> int:
        rows = list(self._locked())
        if not rows:
            return 0
        for row in rows:
            forget(row)
        return self.model._base_manager.filter(pk__in=[row.pk for row in rows]).update(**changes, seal=None)

    def _locked(self) -> Self:
        # Without the rows that the condition names besides, and in one order for all.
        return self.order_by("pk").select_related(None).select_for_update(of=("self",), no_key=True)

    def _clone(self) -> Self:
        rows: Self = super()._clone()  # type: ignore[misc]
        rows._as_they_are = self._as_they_are
        return rows

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self._result_cache is not None:
            self._result_cache = [row for row in self._result_cache if self.is_shown(row)]

    def is_shown(self, row: Any) -> bool:
        """Whether these rows have this one, which was read: it is believed, or all are taken as they are."""
        return self._as_they_are or not isinstance(row, models.Model) or believed(row)


class SealedManager(TenantManager[Row]):
    """Sees the rows of the tenant in scope that are believed."""

    def get_queryset(self) -> SealedQuerySet[Row]:
        """Return the rows of the tenant in scope; raises NoTenantScope outside one."""
        scoped = super().get_queryset()
        rows: SealedQuerySet[Row] = SealedQuerySet(self.model, query=scoped.query, using=self._db)
        return rows

    def unchecked(self) -> SealedQuerySet[Row]:
        """Return the rows whether they are believed or not."""
        return self.get_queryset().unchecked()


class SealedRow(TenantOwned):
    """A tenant's row with a seal; its line is in `kinds.py`."""

    seal = models.BinaryField(null=True, editable=False)

    objects: ClassVar[SealedManager[Self]] = SealedManager()

    _read_as: Stored | None = None

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **how: Any
    ) -> Self:
        """Return the row of these columns, which remembers what its seal speaks of."""
        row = super().from_db(db, field_names, values, **how)
        if not row.get_deferred_fields():
            row.note_read()
        return row

    def note_read(self) -> None:
        """Remember what the seal of a row that was just read speaks of."""
        self._read_as = stored_of(self)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the row again."""
        self._read_as = None
        super().refresh_from_db(*args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row with its seal; raises NotBelieved and CannotSeal."""
        named = kwargs.get("update_fields")
        if named is not None and not kind_of(type(self)).touched_by(named):
            super().save(*args, **kwargs)
            return
        self.make_ready()
        if named is not None:
            kwargs["update_fields"] = {*named, "seal"}
        super().save(*args, **kwargs)
        self._read_as = stored_of(self)

    def move_on(self, **changes: Any) -> bool:
        """Store fields that move as the row is used, in one statement.

        False where the row was changed meanwhile: that change stands.
        """
        before = self.sealed_with(**changes)
        same = type(self)._base_manager.filter(pk=self.pk, seal=before)
        return bool(same.update(**changes, seal=self.seal))

    def sealed_with(self, **changes: Any) -> bytes | memoryview | None:
        """Take fields on and seal the row with them, for whoever stores both; return the seal so far."""
        before = self.seal
        for name, value in changes.items():
            setattr(self, name, value)
        self.make_ready()
        return before

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row, and let no copy of it come back."""
        forget(self)
        return super().delete(*args, **kwargs)

    def make_ready(self) -> None:
        """Stamp the tenant in scope, and seal what is about to be stored."""
        super().make_ready()
        put_seal(self, None if self._state.adding else self._as_stored())

    def made_ready(self, names: Collection[str]) -> Collection[str]:
        """Seal what is about to be stored, where the seal speaks of one of these fields."""
        if not kind_of(type(self)).touched_by(names):
            return super().made_ready(names)
        self.make_ready()
        self._read_as = stored_of(self)
        return {*names, "seal"}

    def _as_stored(self) -> Stored:
        if self._read_as is not None:
            return self._read_as
        return stored_of(type(self)._base_manager.get(pk=self.pk))
