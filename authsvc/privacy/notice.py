"""The notice that a person reads before the first capture (S10-07); a changed text is a new version."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text
from authsvc.tenancy.models import Tenant

CONSENT_MONTHS = 12

# Who, why, what, where it is compared, how long it is kept, and the way without a face; a sentence an entry.
# What a sentence promises is done somewhere: tests/unit/privacy/test_promises.py says where.
LAYERS: Final[Mapping[str, tuple[Text, ...]]] = {
    "who": (_("%(name)s asks for this."), _("Visor carries it out for them.")),
    "why": (
        _("To make sure that it is you who signs in to the sites that work with them, and nobody else."),
    ),
    "what": (
        _("Your camera takes a short series of pictures of your face while you turn your head."),
        _(
            "The screen may change its colour meanwhile; if that can harm you, %(name)s or your page “Your "
            "passkeys and face” notes it until you take it back, and it is left out."
        ),
    ),
    "where": (
        _(
            "The pictures travel encrypted to a server, which compares them with what it made of your face "
            "at enrolment."
        ),
        _("What it keeps can only be opened together with your passkey."),
    ),
    "how_long": (
        _("The pictures are erased within a minute of the result."),
        _(
            "What was made of your face is kept until you withdraw, at most %(months)s months after you "
            "last used it."
        ),
    ),
    "alternative": (
        _("You do not have to."),
        _(
            "You can sign in with your passkey alone, without any disadvantage, and you can withdraw at "
            "any time."
        ),
    ),
    "withdraw": (_("Ask %(name)s, or remove your face on the page “Your passkeys and face”."),),
}


@dataclass(frozen=True)
class Notice:
    """What is shown; `version` is the digest of the content, so that no text changes unnoticed."""

    version: str
    content: dict[str, str]


def current_notice(tenant: Tenant) -> Notice:
    """Return the notice of the tenant as it stands now, in the language of the request.

    A translation is the same version as its source: who changes the language is not asked again.
    """
    with translation.override(None):
        source = json.dumps(_content(tenant), sort_keys=True, ensure_ascii=False)
    return Notice(version=hashlib.sha256(source.encode()).hexdigest()[:16], content=_content(tenant))


def _content(tenant: Tenant) -> dict[str, str]:
    names = {"name": tenant.name, "months": CONSENT_MONTHS}
    return {
        layer: " ".join(str(sentence) % names for sentence in sentences)
        for layer, sentences in LAYERS.items()
    }
