"""What the page says when camera, browser or connection do not play along, and which ways on it offers."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text


@dataclass(frozen=True)
class Problem:
    """One screen. `retry` is the page's action behind "Try again", empty where trying again cannot help.

    `spared` is said too where the face may be left out. `elsewhere` offers the address to be opened in
    another browser, `by_phone` a second device, where nothing has been proven here and the policy lets one
    take over.
    """

    name: str
    icon: str
    title: Text
    text: Text
    spared: Text = ""
    retry: str = "start-camera"
    without_face: bool = True
    elsewhere: bool = False
    by_phone: bool = False


PROBLEMS = (
    Problem(
        "denied",
        "lock",
        _("The camera is not allowed"),
        _(
            "Allow it for this site: tap the sign beside the address, set the camera to “Allow”, "
            "and try again."
        ),
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
        "no-answer",
        "lock",
        _("The camera did not start"),
        _("Your browser may still be asking whether this page can use it. Allow it, and try again."),
    ),
    Problem(
        "no-picture",
        "device",
        _("The camera gives no picture"),
        _("Close other programs that use a camera, or reconnect it, and try again. Nothing was sent."),
    ),
    Problem(
        "slow",
        "clock",
        _("The camera is too slow"),
        _("It gave too few pictures, and nothing was sent. Close other programs, and try again."),
    ),
    Problem(
        "crowded",
        "clock",
        _("Many people are signing in"),
        _("Your face would wait too long for its turn, so nothing was filmed. Try again in a few seconds."),
        retry="prepare",
    ),
    Problem(
        "no-comparison",
        "device",
        _("Your face cannot be compared on this device now"),
        _("What this takes did not come, or this browser cannot run it."),
    ),
    Problem(
        "no-camera-here",
        "device",
        _("This browser does not give its camera to pages"),
        _("It may be too old, or keep the camera to itself. Open this address in another browser."),
        spared=_("Here, your passkey alone is enough."),
        retry="",
        elsewhere=True,
    ),
    Problem(
        "no-pictures",
        "device",
        _("This browser hides pictures from pages"),
        _(
            "Its protection changes what the camera shows. Let this site read pictures (“canvas”), "
            "and try again."
        ),
        retry="prepare",
    ),
    Problem(
        "in-app",
        "link",
        _("Open this in Safari or Chrome"),
        _(
            "You are in the small browser of an app, which cannot use your passkey or your camera. Copy the "
            "address, open Safari or Chrome, and paste it there."
        ),
        retry="",
        without_face=False,
        elsewhere=True,
    ),
    Problem(
        "in-app-camera",
        "link",
        _("For your face, open this in Safari or Chrome"),
        _(
            "You are in the small browser of an app, which cannot use your camera. Copy the address, open "
            "Safari or Chrome, and paste it there."
        ),
        spared=_("Here, your passkey alone is enough."),
        retry="",
        elsewhere=True,
    ),
    Problem(
        "insecure",
        "lock",
        _("This connection is not secure"),
        _("Cameras and passkeys work only on secure pages, whose addresses begin with https."),
        retry="",
        without_face=False,
    ),
    Problem(
        "unsupported",
        "device",
        _("This browser is too old"),
        _(
            "It lacks what this page needs. Update it, or open this address in Safari, Chrome, Edge or "
            "Firefox."
        ),
        retry="",
        without_face=False,
        elsewhere=True,
        by_phone=True,
    ),
    Problem(
        "offline",
        "link",
        _("No connection"),
        _("The server was not reached. Check your connection, and try again."),
        retry="retry",
        without_face=False,
    ),
    Problem(
        "away",
        "clock",
        _("This does not work at the moment"),
        _("It is our fault, not yours. Wait ten seconds, and try again."),
        retry="retry",
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
