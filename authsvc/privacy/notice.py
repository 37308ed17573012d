"""The notice that a person reads before the first capture (S10-07); a changed text is a new version."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text
from authsvc.policy.services import least_age
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

CONSENT_MONTHS = 12

# Who, why, for whom, what, where it is compared, how long it is kept, and the way without a face; a sentence
# an entry. What a sentence promises is done somewhere: tests/unit/privacy/test_promises.py says where.
LAYERS: Final[Mapping[str, tuple[Text, ...]]] = {
    "who": (_("%(name)s asks for this."), _("Visor carries it out for them.")),
    "why": (
        _("To make sure that it is you who signs in to the sites that work with them, and nobody else."),
    ),
    "age": (
        _("It is for people of %(age)s years and more; by agreeing you say that you are."),
        _("Nobody asks for your date of birth, and what you say of your age is told to no site."),
        _("If you are younger, use your passkey alone, without any disadvantage."),
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
    """What is shown; `version` is the digest of the content, so that no text changes unnoticed.

    `least_age` is the age that whoever agrees says that they have.
    """

    version: str
    content: dict[str, str]
    least_age: int


def current_notice(tenant: Tenant) -> Notice:
    """Return the notice of the tenant as it stands now, in the language of the request.

    A translation is the same version as its source: who changes the language is not asked again.
    """
    with tenant_scope(tenant.pk):
        age = least_age()
    with translation.override(None):
        source = json.dumps(_content(tenant, age), sort_keys=True, ensure_ascii=False)
    version = hashlib.sha256(source.encode()).hexdigest()[:16]
    return Notice(version=version, content=_content(tenant, age), least_age=age)


def _content(tenant: Tenant, age: int) -> dict[str, str]:
    names = {"name": tenant.name, "months": CONSENT_MONTHS, "age": age}
    return {
        layer: " ".join(str(sentence) % names for sentence in sentences)
        for layer, sentences in LAYERS.items()
    }
