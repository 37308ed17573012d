"""What a reason code of the audit log means, for people who read it.

Codes are coarse on purpose: they name the part that refused, never how near it was (S7-02).
"""

from authsvc.biometrics.types import Reason

_CONTAINER = "The sample could not be read as what the protocol asks for."
_PICTURE = "A picture is not a plain JPEG within the limits of size."
_PART = "The parts of the worker's result do not belong together, so nothing of it counts."
_WORKER = {
    Reason.TOO_LARGE: "The sample is larger than the protocol allows.",
    Reason.CONTAINER: _CONTAINER,
    Reason.MANIFEST: _CONTAINER,
    Reason.FOREIGN: "The sample belongs to another transaction, device or challenge.",
    Reason.FRAME_COUNT: "The sample has too few or too many pictures for its challenge.",
    Reason.FRAME_TIMES: "The times of the pictures do not fit the challenge.",
    Reason.FRAME_HASH: "A picture is not the one whose hash the device signed.",
    Reason.CHAIN: "The chain that ties the pictures together is broken.",
    Reason.CHAIN_SIGNATURE: "The pictures were not signed with this transaction's session key.",
    Reason.PICTURE_FORMAT: _PICTURE,
    Reason.PICTURE_SIZE: _PICTURE,
    Reason.PICTURE_DAMAGED: "A picture is damaged or cut short.",
    Reason.TRAILING_DATA: "A picture carries data behind its end.",
    Reason.DECODE_LIMIT: "Reading the pictures went beyond its limits.",
    Reason.SIMULATED: "The sample comes from the software phone, which this organisation does not admit.",
    Reason.NO_FACE: "No face was found in the pictures.",
    Reason.SEVERAL_FACES: "More than one face was in the pictures.",
    Reason.FACE_LOST: "The face left the pictures during the challenge.",
    Reason.QUALITY: "The pictures were not good enough to be judged; that costs no try.",
    Reason.PAD_ATTACK: "What stood before the camera does not look like a living person.",
    Reason.PAD_INCONCLUSIVE: "The pictures did not show clearly enough that a living person was there.",
    Reason.NON_RESPONSE: "The movements that were asked for were not made.",
    Reason.IAD_INJECTION: "The pictures look as if they did not come from this camera in this moment.",
    Reason.IAD_INCONCLUSIVE: "It stayed unclear whether the pictures came from this camera in this moment.",
    Reason.FEATURES: "The features of the face could not be computed.",
    Reason.FEW_FRAMES: "Too few pictures could be used.",
    Reason.REFERENCE: "The reference could not be opened with what the device sent.",
    Reason.ENGINE_MISMATCH: "The reference was made by another engine; the face has to be enrolled again.",
    Reason.NON_MATCH: "The face is not the one that was enrolled.",
    Reason.INCONSISTENT_ENROLMENT: "The pictures of the enrolment do not show one and the same face.",
    Reason.PART_MISSING: _PART,
    Reason.PART_ALTERED: _PART,
    Reason.PART_DUPLICATED: _PART,
    Reason.PART_FOREIGN: _PART,
    Reason.INTERNAL: "Something failed inside the worker; a failed check is a refusal.",
}
_WEB = {
    "deadline": "The worker gave no verdict within 60 s; a missing verdict is a refusal.",
    "late": "The sample came after its challenge was over.",
    "locked": "Too many tries failed in a row; the person has to wait.",
    "face-disabled": "Ten tries in a row failed; the face must be enrolled again.",
    "face-closed": "The tries of this transaction are used up.",
    "no-consent": "The person has no consent that holds now.",
    "not-proven": "The face may be used only after the passkey has been proven.",
    "no-challenge": "A sample came where none was asked for, or for the second time.",
    "no-worker": "No worker had published a key that the sample could be sealed to.",
    "expired": "The 300 s of the transaction were over.",
    "ended": "The transaction had ended already.",
    "foreign-browser": "The request came from another browser than the one that began.",
    "foreign-origin": "The request came from a page of another site.",
    "passkey-refused": "The passkey's answer does not prove what it has to.",
    "other-person": "The passkey belongs to another person than the one who began.",
    "simulator-refused": "The software phone is not admitted here.",
    "too-large": "The sample is larger than the protocol allows.",
    "acr-reached": "What was proven is less than what was asked for.",
    "code-reused": "The authorization code was used before; everything issued for it has been revoked.",
    "person-cancelled": "The person left the sign-in page.",
}
_TEXTS: dict[str, str] = {**{str(code): text for code, text in _WORKER.items()}, **_WEB}


def reason_text(code: str) -> str:
    """Return the sentence for a code; "" for an unknown one."""
    return _TEXTS.get(code, "")
