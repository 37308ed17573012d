"""What an ID token proves, in words. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

METHODS = {
    "face": _("your face, compared with the one that you enrolled"),
    "hwk": _("a passkey on hardware that its maker vouches for"),
    "swk": _("a passkey on your device"),
    "user": _("your device recognised you"),
    "mfa": _("more than one factor"),
    "pop": _("your device held its key"),
    "mca": _("your face and your device, each by a way of its own"),
}
LEVELS = {
    "urn:visor:L1": _("One factor"),
    "urn:visor:L2": _("Two factors"),
    "urn:visor:L3": _("Two factors on attested hardware"),
    "urn:visor:L4": _("Two factors on certified hardware, or with the face beside them"),
}

# What the claim `face` says, a sentence a member and value; what is not known here is shown as it stands.
FACE = {
    ("match", "server"): _("compared by the server"),
    ("match", "device"): _("compared by your device"),
    ("match", "none"): _("not compared"),
    ("pad", "remote"): _("the server saw no sign of a picture or a mask"),
    ("capture", "browser"): _("a browser held the camera, so whoever controls the page controls the camera"),
    ("capture", "native"): _("an app whose build was attested held the camera"),
}

HANDOFF = {
    "number": _("a phone proved it, after you typed there the number that this device showed"),
    "hybrid": _("a phone beside this device proved it, with the number that this device showed"),
}


def proven(claims: Mapping[str, Any], *, now: float) -> dict[str, Any]:
    """Return `level`, `methods`, `face`, `devices`, `at` (UTC) and `age` (whole seconds) for a page."""
    auth_time = int(claims.get("auth_time", 0))
    acr = str(claims.get("acr", ""))
    return {
        "level": LEVELS.get(acr, acr),
        "acr": acr,
        "methods": _methods(claims.get("amr", ())),
        "face": _face(claims.get("face")),
        "devices": _devices(claims.get("handoff")),
        "at": datetime.fromtimestamp(auth_time, UTC),
        "age": max(0, int(now) - auth_time),
    }


def _devices(handoff: object) -> str:
    """Return how the sign-in came from one device to another, "" where one did it all."""
    return str(HANDOFF.get(str(handoff), handoff)) if handoff else ""


def _methods(amr: Iterable[str]) -> list[str]:
    return [str(METHODS.get(method, method)) for method in amr]


def _face(said: object) -> list[str]:
    """Return what is said of a face in words, nothing without one."""
    if not isinstance(said, Mapping):
        return []
    known = [(name, str(said[name])) for name in ("match", "pad", "capture") if name in said]
    return [str(FACE.get(pair, ": ".join(pair))) for pair in known]
