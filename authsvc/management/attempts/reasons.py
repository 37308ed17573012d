"""What a reason code of the audit log means, for people who read it.

Codes are coarse on purpose: they name the part that refused, never how near it was (S7-02).
"""

from django.utils.translation import gettext_lazy as _

from authsvc.biometrics.types import Reason
from authsvc.core.texts import Text

_CONTAINER = _("The sample could not be read as what the protocol asks for.")
_PICTURE = _("A picture is not a plain JPEG within the limits of size.")
_PART = _("The parts of the worker's result do not belong together, so nothing of it counts.")
_WORKER = {
    Reason.TOO_LARGE: _("The sample is larger than the protocol allows."),
    Reason.CONTAINER: _CONTAINER,
    Reason.MANIFEST: _CONTAINER,
    Reason.FOREIGN: _("The sample belongs to another attempt, device or challenge."),
    Reason.LOST: _("No worker was left that could open the sample; that costs no try."),
    Reason.FLOW: _("The sample held what the application model of this person's face does not list."),
    Reason.FRAME_COUNT: _("The sample has too few or too many pictures for its challenge."),
    Reason.FRAME_TIMES: _("The times of the pictures do not fit the challenge."),
    Reason.FRAME_HASH: _("A picture is not the one whose hash the device signed."),
    Reason.CHAIN: _("The chain that ties the pictures together is broken."),
    Reason.CHAIN_SIGNATURE: _("The pictures were not signed with this attempt's session key."),
    Reason.PICTURE_FORMAT: _PICTURE,
    Reason.PICTURE_SIZE: _PICTURE,
    Reason.PICTURE_DAMAGED: _("A picture is damaged or cut short."),
    Reason.TRAILING_DATA: _("A picture carries data behind its end."),
    Reason.DECODE_LIMIT: _("Reading the pictures went beyond its limits."),
    Reason.SIMULATED: _("The sample comes from the software phone, which this organisation does not admit."),
    Reason.NO_FACE: _("No face was found in the pictures."),
    Reason.SEVERAL_FACES: _("More than one face was in the pictures."),
    Reason.FACE_LOST: _("The face left the pictures during the challenge."),
    Reason.QUALITY: _("The pictures were not good enough to be judged; that costs no try."),
    Reason.PAD_ATTACK: _("What stood before the camera does not look like a living person."),
    Reason.PAD_INCONCLUSIVE: _("The pictures did not show clearly enough that a living person was there."),
    Reason.NON_RESPONSE: _("The movements that were asked for were not made."),
    Reason.PAD_UNCLEAR: _(
        "The light, or what covers the face, kept liveness from being judged; that costs no try."
    ),
    Reason.IAD_INJECTION: _("The pictures look as if they did not come from this camera in this moment."),
    Reason.IAD_INCONCLUSIVE: _(
        "It stayed unclear whether the pictures came from this camera in this moment."
    ),
    Reason.FEATURES: _("The features of the face could not be computed."),
    Reason.FEW_FRAMES: _("Too few pictures could be used."),
    Reason.REFERENCE: _("The reference could not be opened with what the device sent."),
    Reason.RESULT: _(
        "What the phone says it compared is missing, or is about other pictures or another reference."
    ),
    Reason.REFERENCE_TOO_OLD: _(
        "The newest moment of the reference is over two years old; the face has to be renewed."
    ),
    Reason.MODEL_NOT_ALLOWED: _(
        "The policy in force allows no face that is kept like this person's; it has to be enrolled again."
    ),
    Reason.ENGINE_MISMATCH: _("The reference was made by another engine; the face has to be enrolled again."),
    Reason.UNMEASURED: _(
        "The face network in use was never measured, so no face is compared; an operator runs "
        "manage.py evaluate."
    ),
    Reason.NON_MATCH: _("The face is not the one that was enrolled."),
    Reason.INCONSISTENT_ENROLMENT: _("The pictures of the enrolment do not show one and the same face."),
    Reason.PART_MISSING: _PART,
    Reason.PART_ALTERED: _PART,
    Reason.PART_DUPLICATED: _PART,
    Reason.PART_FOREIGN: _PART,
    Reason.INTERNAL: _("Something failed inside the worker; a failed check is a refusal."),
}
_WEB = {
    "deadline": _("The worker gave no verdict within 60 s; a missing verdict is a refusal."),
    "late": _("The sample came after its challenge was over."),
    "not-fetched": _("The phone had not fetched what it was to keep, so nothing took effect."),
    "nothing-waits": _("Nothing waited for the phone, or it was fetched, or its minute was over."),
    "not-this-model": _("The phone asked for a reference that its application model does not send down."),
    "locked": _("Too many tries failed in a row; the person has to wait."),
    "face-disabled": _("Ten tries in a row failed; the face must be enrolled again."),
    "face-closed": _("The tries of this attempt are used up."),
    "no-consent": _("The person has no consent that holds now."),
    "not-proven": _("The face may be used only after the passkey has been proven."),
    "no-challenge": _("A sample came where none was asked for, or for the second time."),
    "no-worker": _("No worker had published a key that the sample could be sealed to."),
    "region-elsewhere": _(
        "The organisation pinned a region, and a worker, the store or the key service is not there."
    ),
    "expired": _("The five minutes of the attempt were over."),
    "ended": _("The attempt had ended already."),
    "foreign-browser": _("The request came from another browser than the one that began."),
    "foreign-origin": _("The request came from a page of another site."),
    "person-suspended": _("The person was suspended. Their passkey was in order."),
    "passkey-refused": _("The passkey's answer does not prove what it has to."),
    "key-refused": _("The proof is not by the key that the site named, or not of this session."),
    "other-person": _("The passkey belongs to another person than the one who began."),
    "build-refused": _(
        "The page was of a build that is not listed, or blocked; the person was asked to reload."
    ),
    "simulator-refused": _("The software phone is not admitted here."),
    "too-large": _("The sample is larger than the protocol allows."),
    "face-demanded": _("The relying party demands a face, and none was shown. The passkey was in order."),
    "face-attainable": _("A face was demanded for a relying party that offers none."),
    "acr-reached": _("What was proven is less than what was asked for."),
    "hint-names-nobody": _("The hint names nobody here, several people, or a closed account."),
    "asked-too-often": _("The person was asked too often lately, so this request does not reach them."),
    "code-reused": _("The authorization code was used before; everything issued for it has been revoked."),
    "person-cancelled": _("The person left the sign-in page."),
}
_TEXTS: dict[str, Text] = {**{str(code): text for code, text in _WORKER.items()}, **_WEB}

REASONS = tuple(_TEXTS.items())
"""Every code with its sentence, to choose one from."""


def reason_text(code: str) -> Text:
    """Return the sentence for a code; "" for an unknown one."""
    return _TEXTS.get(code, "")
