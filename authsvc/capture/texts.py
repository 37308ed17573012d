"""What the capture page's scripts say, by the names that they know; the page carries it in its language."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language
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
    "reference": _("One moment"),
    "opening": _("Your browser may ask for the camera. Allow it."),
    "place": _("Place your face in the oval"),
    "steps": _("%(step)s of %(steps)s"),
    # What would help while the camera runs, from the picture
    "live.dark": _("Find more light"),
    "live.bright": _("Turn away from bright light"),
    "live.blurred": _("Hold still"),
    # The same, from the face
    "live.closer": _("Come closer"),
    "live.farther": _("Move back a little"),
    "live.centre": _("Centre your face in the oval"),
    "live.straight": _("Look straight at the camera"),
    "live.one-face": _("Be alone in the picture"),
    # What would help the next time, by the hint of docs/protocol.md section 1
    "hint.closer": _("Move a little closer."),
    "hint.farther": _("Move back a little."),
    "hint.light": _("Face a brighter light."),
    "hint.darker": _("Go where it is less bright."),
    "hint.dimmer": _("Move out of the bright light."),
    "hint.backlight": _("Turn away from the window behind."),
    "hint.centre": _("Keep your face in the oval."),
    "hint.straight": _("Look straight at the camera."),
    "hint.upright": _("Hold phone and head upright."),
    "hint.still": _("Hold still between the arrows."),
    "hint.glasses": _("Take your glasses off."),
    "hint.mask": _("Uncover your nose and mouth."),
    "hint.forehead": _("Uncover your forehead."),
    "hint.one-face": _("Be alone in the picture."),
    "hint.eyes": _("Keep your eyes open."),
    "hint.follow": _("Follow the arrows with your head."),
    "again": _("Please try again."),
    # Why the pictures are needed once more
    "why": _("The pictures were not clear enough."),
    "why.follow": _("The movements were not seen. Take your time: each arrow stays for a moment."),
    "why.lost": _(
        "Something failed on our side. Your pictures were deleted, and this does not count as a try."
    ),
    # What was not seen
    "refused.face": _("We could not confirm your face this time. That happens, for example in poor light."),
    "refused.presence": _(
        "We could not see this time that a living person is there. That happens, for example in poor light."
    ),
    "refused.device": _(
        "This device compared your face, and it did not match what was made of it at enrolment. That "
        "happens, for example in poor light or with glasses."
    ),
    # Why no further try would help
    "closed.unmeasured": _("Faces cannot be checked here at the moment. Your passkey works as before."),
    "closed.outdated": _(
        "What is kept of your face can no longer be compared. Ask for a new link to set it up anew. Your "
        "passkey works as before."
    ),
    # What became of a passkey; static/js/capture/ceremony.js says for which error of WebAuthn Level 3
    "passkey.title": _("The passkey was not used"),
    "passkey.stopped": _(
        "You stopped, it took too long, or there is no passkey for this site on this device."
    ),
    "passkey.not-made.title": _("No passkey was made"),
    "passkey.not-made": _("You stopped, it took too long, or this device holds your passkey already."),
    "passkey.late.title": _("That took too long"),
    "passkey.late": _("Your device waited two minutes to be unlocked. Please try again."),
    "passkey.exists.title": _("You have a passkey here already"),
    "passkey.exists": _("This device holds a passkey of yours. Use it to go on."),
    "passkey.exists-elsewhere.title": _("You have a passkey here already"),
    "passkey.exists-elsewhere": _(
        "This device holds your first passkey. Choose another device or a security key for the second one."
    ),
    "passkey.exists-recovered.title": _("You have a passkey here already"),
    "passkey.exists-recovered": _(
        "This device holds a passkey of yours, and it still works. Cancel, and sign in with it."
    ),
    "passkey.address.title": _("Passkeys do not work at this address"),
    "passkey.address": _(
        "The address of this page is not the one that your passkeys are for. Cancel, and start again from "
        "the site or the message that you came from."
    ),
    "passkey.aborted.title": _("The passkey was interrupted"),
    "passkey.aborted": _("Another page or program asked for a passkey in between. Please try again."),
    "passkey.kind.title": _("This device cannot do this"),
    "passkey.kind": _(
        "It knows no passkeys of the kind that is needed. Use a phone, another computer or a security key."
    ),
    "passkey.no-lock.title": _("This device has no screen lock"),
    "passkey.no-lock": _("Set a PIN, a fingerprint or face unlock in its settings, and try again."),
    "passkey.failed": _("The device could not use a passkey just now. Try again, or use another device."),
    # An address to open elsewhere
    "copied": _("Copied"),
    "copy-by-hand": _("Press and hold the address to copy it"),
    # What went wrong
    "restart": _("Please start again."),
    "locked.until": _("Signing in with your face rests after several tries. It works again at %(time)s."),
    "locked": _("Signing in with your face is off after several tries. Your passkey still works."),
}


def page_texts() -> Mapping[str, str]:
    """Return every text by its name, in the language of the request."""
    return _texts_in(get_language())


@cache
def _texts_in(_language: str | None) -> Mapping[str, str]:
    return {name: str(text) for name, text in TEXTS.items()}
