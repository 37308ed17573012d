"""What the page says when camera, browser or connection do not play along, and which ways on it offers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One screen. `retry` is the page's action behind "Try again", empty where trying again cannot help."""

    name: str
    icon: str
    title: str
    text: str
    retry: str = "start-camera"
    without_face: bool = True


PROBLEMS = (
    Problem(
        "denied",
        "lock",
        "The camera is not allowed",
        "Allow it for this site: tap the sign beside the address, set the camera to “Allow”, try again.",
    ),
    Problem("no-camera", "face", "No camera was found", "Connect a camera, or use a phone, and try again."),
    Problem(
        "busy",
        "device",
        "The camera is in use",
        "Another program or page uses it. Close that one, and try again.",
    ),
    Problem(
        "lost",
        "alert",
        "The camera stopped",
        "It was taken away, or this page went to the background. Nothing was sent.",
    ),
    Problem(
        "insecure",
        "lock",
        "This connection is not secure",
        "Cameras and passkeys work only on secure pages. Open the site again with https.",
        retry="",
        without_face=False,
    ),
    Problem(
        "unsupported",
        "device",
        "This browser is too old",
        "It knows no passkeys. Please update it, or use another one.",
        retry="",
        without_face=False,
    ),
    Problem(
        "offline",
        "link",
        "No connection",
        "The server was not reached. Check your connection, and try again.",
        retry="reload",
        without_face=False,
    ),
    Problem(
        "problem",
        "info",
        "Something went wrong",
        "Please start again.",
        retry="reload",
        without_face=True,
    ),
)
