"""The stores that there are: the database, and the object store that the settings name."""

from functools import cache
from pathlib import Path

from django.conf import settings

from authsvc.vault.stores.database import DatabaseStore
from authsvc.vault.stores.interface import ReferenceStore, StoreAway

DATABASE = DatabaseStore()


def object_store() -> ReferenceStore:
    """Return the object store; raises StoreAway where this process is told of none."""
    told = settings.OBJECTS
    if not told["url"] or told["secret_key"] is None:
        raise StoreAway("no object store is named here: VISOR_OBJECTS_URL and its key")
    return _objects(
        told["url"],
        told["bucket"],
        told["region"],
        told["access_key"],
        told["secret_key"].get_secret_value(),
        told["ca"],
    )


@cache
def _objects(
    url: str, bucket: str, region: str, access_key: str, secret_key: str, ca: Path | None
) -> ReferenceStore:
    # The library is loaded where references lie there alone.
    from authsvc.vault.stores.objects import ObjectStore

    return ObjectStore(url, bucket, region, access_key, secret_key, ca)
