"""Where references lie: in the database, or in a store of objects that somebody else runs."""

from typing import Any

from config.settings.given import given

REFERENCE_STORE = given.reference_store
OBJECTS: dict[str, Any] = {
    "url": given.objects_url,
    "bucket": given.objects_bucket,
    "region": given.objects_region,
    "access_key": given.objects_access_key,
    "secret_key": given.objects_secret_key,
    "ca": given.objects_ca,
}
