"""A row of any table, with whatever its columns demand."""

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import models

from authsvc.core.clock import now
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id

_NUMBERS = itertools.count(1)
LONG = timedelta(days=1000)
"""So far ahead lie the times of a row, unless a test says otherwise: it is not over."""


def model_of(table: str) -> type[models.Model]:
    """Return the model of a table."""
    return next(model for model in apps.get_models() if model._meta.db_table == table)


def make_row(model: type[models.Model], **given: Any) -> models.Model:
    """Store a row of a model in the scope of a tenant, and of what it hangs on."""
    needed = [each for each in model._meta.concrete_fields if _is_needed(each) and each.name not in given]
    row = model(**{field.name: _value(field) for field in needed}, **given)
    row.save(force_insert=True)
    return row


def _is_needed(field: Any) -> bool:
    return not (field.null or field.has_default() or isinstance(field, models.AutoField))


def _value(field: Any) -> Any:
    number = next(_NUMBERS)
    if field.remote_field is not None:
        parent = field.remote_field.model
        return Tenant.objects.get(pk=current_tenant_id()) if parent is Tenant else make_row(parent)
    if field.choices:
        return field.choices[0][0]
    kinds: tuple[tuple[type[models.Field[Any, Any]], Any], ...] = (
        (models.DateTimeField, now() + LONG),
        (models.UUIDField, uuid.uuid4()),
        (models.BinaryField, b"bytes"),
        (models.JSONField, {}),
        (models.BooleanField, False),
        (models.IntegerField, number),
        (models.EmailField, f"{number}@example.org"),
        (models.CharField, f"t{number}"),
        (models.TextField, f"t{number}"),
    )
    return next(value for kind, value in kinds if isinstance(field, kind))


def dated(row: models.Model, column: str, moment: datetime) -> None:
    """Let a row's time be another one."""
    type(row)._base_manager.filter(pk=row.pk).update(**{column: moment})


def count(table: str) -> int:
    """Return how many rows a table has."""
    return model_of(table)._base_manager.count()
