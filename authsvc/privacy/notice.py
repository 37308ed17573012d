"""The notice that a person reads before the first capture (S10-07); a changed text is a new version."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from authsvc.tenancy.models import Tenant

CONSENT_MONTHS = 12


@dataclass(frozen=True)
class Notice:
    """What is shown; `version` is the digest of the content, so that no text changes unnoticed."""

    version: str
    content: dict[str, Any]


def current_notice(tenant: Tenant) -> Notice:
    """Return the notice of the tenant as it stands now.

    Layers: who, why, what, where it is compared, how long it is kept, and the way without a face.
    """
    content = {
        "who": f"{tenant.name} asks for this. Visor carries it out for them.",
        "why": "To make sure that it is you who signs in to the sites that work with them, and nobody else.",
        "what": "Your camera takes a short series of pictures of your face while you turn your head.",
        "where": (
            "The pictures travel encrypted to a server, which compares them with what it made of your "
            "face at enrolment. What it keeps can only be opened together with your passkey."
        ),
        "how_long": (
            "The pictures are erased within a minute of the result. What was made of your face is kept "
            f"until you withdraw, at most {CONSENT_MONTHS} months after you last used it."
        ),
        "alternative": (
            "You do not have to. You can sign in with your passkey alone, without any disadvantage, "
            "and you can withdraw at any time."
        ),
        "withdraw": f"Ask {tenant.name}, or remove your face on the page “Your passkeys and face”.",
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return Notice(version=hashlib.sha256(text.encode()).hexdigest()[:16], content=content)
