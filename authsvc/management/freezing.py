"""What an act is given, as it is kept until somebody agrees: JSON, with rows by their names and keys."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from django.apps import apps
from django.db.models import Model

from authsvc.tenancy.scope import current_tenant_id

_ROW: Final = "$row"
_KEY: Final = "key"

Row = TypeVar("Row", bound=Model)


def frozen(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an act is given, without its actor, as JSON has it; TypeError for what it has not."""
    kept = {name: _frozen(value) for name, value in given.items() if name != "by"}
    return dict(json.loads(json.dumps(kept)))


def thawed(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `frozen` kept, its rows as they are now; raises ObjectDoesNotExist for one that is gone.

    A row of another tenant than the one in scope is gone, too.
    """
    return {name: _thawed(value) for name, value in kept.items()}


def row_in(kept: Mapping[str, Any], model: type[Row]) -> Row | None:
    """Return the row of a model that is named in what was kept; None where there is none, or it is gone."""
    rows = [value for value in kept.values() if isinstance(value, dict) and _ROW in value]
    keys = [row[_KEY] for row in rows if row[_ROW] == model._meta.label_lower]
    return model._default_manager.filter(pk__in=keys, tenant_id=current_tenant_id()).first()


def is_row(value: Any) -> bool:
    """Tell whether something is a row of a tenant."""
    return isinstance(value, Model) and hasattr(value, "tenant_id")


def digest_of(act: str, kept: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an act and what it is given, hexadecimal, over canonical JSON."""
    text = json.dumps([act, kept], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _frozen(value: Any) -> Any:
    if is_row(value):
        return {_ROW: value._meta.label_lower, _KEY: str(value.pk)}
    return value


def _thawed(value: Any) -> Any:
    if not isinstance(value, dict) or _ROW not in value:
        return value
    model = apps.get_model(value[_ROW])
    # A membership's manager sees every tenant's.
    return model._default_manager.get(pk=value[_KEY], tenant_id=current_tenant_id())
