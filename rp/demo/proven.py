"""What an ID token proves, in words. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

METHODS = {
    "face": _("your face, compared on camera"),
    "hwk": _("a passkey on hardware that you hold"),
    "swk": _("a passkey on your device"),
    "user": _("your device recognised you"),
    "mfa": _("more than one factor"),
    "pop": _("your device held its key"),
}
LEVELS = {
    "urn:visor:L1": _("One factor"),
    "urn:visor:L2": _("Two factors"),
    "urn:visor:L3": _("Two factors on hardware"),
    "urn:visor:L4": _("Two factors on certified hardware"),
}


def proven(claims: Mapping[str, Any], *, now: float) -> dict[str, Any]:
    """Return `level`, `methods`, `at` (UTC) and `age` (whole seconds) for a page."""
    auth_time = int(claims.get("auth_time", 0))
    acr = str(claims.get("acr", ""))
    return {
        "level": LEVELS.get(acr, acr),
        "acr": acr,
        "methods": _methods(claims.get("amr", ())),
        "at": datetime.fromtimestamp(auth_time, UTC),
        "age": max(0, int(now) - auth_time),
    }


def _methods(amr: Iterable[str]) -> list[str]:
    return [str(METHODS.get(method, method)) for method in amr]
