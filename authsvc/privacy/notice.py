"""The notice that a person reads before the first capture (S10-07); a changed text is a new version."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from authsvc.tenancy.models import Tenant

CONSENT_MONTHS = 12


@dataclass(frozen=True)
class Notice:
    """What is shown; `version` is the digest of the content, so that no text changes unnoticed."""

    version: str
    content: dict[str, Any]


def current_notice(tenant: Tenant) -> Notice:
    """Return the notice of the tenant as it stands now, in the language of the request.

    Layers: who, why, what, where it is compared, how long it is kept, and the way without a face.
    """
    marked = {
        "who": _("%(name)s asks for this. Visor carries it out for them.") % {"name": tenant.name},
        "why": _(
            "To make sure that it is you who signs in to the sites that work with them, and nobody else."
        ),
        "what": _("Your camera takes a short series of pictures of your face while you turn your head."),
        "where": (
            _(
                "The pictures travel encrypted to a server, which compares them with what it made of your "
                "face at enrolment. What it keeps can only be opened together with your passkey."
            )
        ),
        "how_long": _(
            "The pictures are erased within a minute of the result. What was made of your face is kept "
            "until you withdraw, at most %(months)d months after you last used it."
        )
        % {"months": CONSENT_MONTHS},
        "alternative": (
            _(
                "You do not have to. You can sign in with your passkey alone, without any disadvantage, "
                "and you can withdraw at any time."
            )
        ),
        "withdraw": _("Ask %(name)s, or remove your face on the page “Your passkeys and face”.")
        % {"name": tenant.name},
    }
    content = {name: str(text) for name, text in marked.items()}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return Notice(version=hashlib.sha256(text.encode()).hexdigest()[:16], content=content)
