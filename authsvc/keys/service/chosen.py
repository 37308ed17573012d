"""The place for keys that the settings name (VISOR_KEY_SERVICE)."""

from functools import cache
from pathlib import Path

from django.conf import settings

from authsvc.keys.held import accepted
from authsvc.keys.service.file import FileKeys
from authsvc.keys.service.interface import KeyService

STORE_SECRET = "key_store"  # noqa: S105 - the name of a secret


def key_service() -> KeyService:
    """Return the process's key service."""
    match settings.KEY_SERVICE:
        case "pkcs11":
            module = settings.PKCS11
            return _module(module["module"], module["token"], module["pin"].get_secret_value())
        case "transit":
            service = settings.TRANSIT
            return _transit(service["url"], service["token"].get_secret_value(), service["ca"])
        case _:
            return FileKeys(settings.KEY_STORE, lambda: accepted(STORE_SECRET))


@cache
def _module(module: Path, token: str, pin: str) -> KeyService:
    # The library of security modules is loaded where there is one alone.
    from authsvc.keys.service.pkcs11 import Pkcs11Keys

    return Pkcs11Keys(module, token, pin, settings.KEY_STORE)


@cache
def _transit(url: str, token: str, ca: Path | None) -> KeyService:
    from authsvc.keys.service.transit import TransitKeys

    return TransitKeys(url, token, ca)
