"""What the capture page's scripts say, by the names that they know; the page carries it in its language."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: Final[Mapping[str, Promise]] = {
    # What to do before the camera, by cue
    "cue.centre": _("Look straight ahead"),
    "cue.left": _("Turn your head left"),
    "cue.right": _("Turn your head right"),
    "cue.up": _("Raise your chin"),
    "cue.down": _("Lower your chin"),
    "cue.nearer": _("Come a little closer"),
    "cue.farther": _("Move back a little"),
    "cue.blink": _("Close and open your eyes"),
    "cue.smile": _("Smile"),
    "cue.light": _("Hold still, the colour changes"),
    "place": _("Place your face in the oval"),
    "steps": _("%(step)s of %(steps)s"),
    # What would help while the camera runs, from the picture
    "live.dark": _("Find more light"),
    "live.bright": _("Turn away from bright light"),
    "live.blurred": _("Hold still"),
    # What would help the next time, by the hint of docs/protocol.md section 1
    "hint.closer": _("Move a little closer."),
    "hint.farther": _("Move back a little."),
    "hint.light": _("Face a brighter light."),
    "hint.centre": _("Keep your face in the oval."),
    "hint.still": _("Hold still between the arrows."),
    "hint.glasses": _("Take your glasses off."),
    "hint.one-face": _("Be alone in the picture."),
    "hint.eyes": _("Keep your eyes open."),
    "hint.follow": _("Follow the arrows with your head."),
    "again": _("Please try again."),
    # What went wrong
    "restart": _("Please start again."),
    "locked.until": _("Signing in with your face rests after several tries. It works again at %(time)s."),
    "locked": _("Signing in with your face is off after several tries. Your passkey still works."),
}


def page_texts() -> dict[str, str]:
    """Return every text by its name, in the language of the request."""
    return {name: str(text) for name, text in TEXTS.items()}
