"""What a reason code of the audit log means, for people who read it.

Codes are coarse on purpose: they name the part that refused, never how near it was (S7-02).
"""

_TEXTS = {
    "deadline": "The worker gave no verdict within 60 s; a missing verdict is a refusal.",
    "late": "The sample came after its challenge was over.",
    "locked": "Too many tries failed in a row; the person has to wait.",
    "face-disabled": "Ten tries in a row failed; the face must be enrolled again.",
    "face-closed": "The tries of this transaction are used up.",
    "no-consent": "The person has no consent that holds now.",
    "no-face": "No reference is enrolled for the person.",
    "foreign-browser": "The request came from another browser than the one that began.",
    "unknown-passkey": "The passkey is not one of this tenant's.",
    "other-person": "The passkey belongs to another person than the one who began.",
    "acr-reached": "What was proven is less than what was asked for.",
    "quality": "The pictures were not good enough to be judged; that costs no try.",
    "pad": "The pictures did not show that a living person followed the challenge.",
    "iad": "The pictures may not have come from this camera in this moment.",
    "comparison": "The face is not the one that was enrolled.",
    "decode": "The sample could not be read as what the protocol asks for.",
    "binding": "The sample belongs to another transaction, device or challenge.",
}


def reason_text(code: str) -> str:
    """Return the sentence for a code, or for the part before its first colon; "" for an unknown one."""
    return _TEXTS.get(code) or _TEXTS.get(code.partition(":")[0], "")
