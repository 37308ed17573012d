"""What the page says when camera, browser or connection do not play along, and which ways on it offers."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text


@dataclass(frozen=True)
class Problem:
    """One screen. `retry` is the page's action behind "Try again", empty where trying again cannot help."""

    name: str
    icon: str
    title: Text
    text: Text
    retry: str = "start-camera"
    without_face: bool = True


PROBLEMS = (
    Problem(
        "denied",
        "lock",
        _("The camera is not allowed"),
        _("Allow it for this site: tap the sign beside the address, set the camera to “Allow”, try again."),
    ),
    Problem(
        "no-camera", "face", _("No camera was found"), _("Connect a camera, or use a phone, and try again.")
    ),
    Problem(
        "busy",
        "device",
        _("The camera is in use"),
        _("Another program or page uses it. Close that one, and try again."),
    ),
    Problem(
        "lost",
        "alert",
        _("The camera stopped"),
        _("It was taken away, or this page went to the background. Nothing was sent."),
    ),
    Problem(
        "insecure",
        "lock",
        _("This connection is not secure"),
        _("Cameras and passkeys work only on secure pages. Open the site again with https."),
        retry="",
        without_face=False,
    ),
    Problem(
        "unsupported",
        "device",
        _("This browser is too old"),
        _("It knows no passkeys. Please update it, or use another one."),
        retry="",
        without_face=False,
    ),
    Problem(
        "offline",
        "link",
        _("No connection"),
        _("The server was not reached. Check your connection, and try again."),
        retry="reload",
        without_face=False,
    ),
    Problem(
        "problem",
        "info",
        _("Something went wrong"),
        _("Please start again."),
        retry="reload",
        without_face=True,
    ),
)
