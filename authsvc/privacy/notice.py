"""The notice that a person reads before the first capture (S10-07); a changed text is a new version."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from authsvc.core.application_models import ApplicationModel, Place
from authsvc.core.texts import Text
from authsvc.policy.services import first_model, least_age
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

CONSENT_MONTHS = 12


class Purpose(StrEnum):
    """What a person agrees to: that their face is compared, or that a camera shows somebody to be there."""

    FACE = "face-authentication"
    PRESENCE = "presence"


def purpose_of(model: ApplicationModel) -> Purpose:
    """Return what the notice about a model is agreed to for; agreeing to one is not agreeing to the other."""
    return Purpose.FACE if model.compares else Purpose.PRESENCE


_TRAVEL: Final = _(
    "The pictures travel encrypted to a server, which compares them with what it made of your face "
    "at enrolment."
)

# By where a reference lies, where it is compared, and whether a device's share is part of its key: what the
# table of application models says of each, in plain words.
WHERE: Final[Mapping[tuple[Place, Place, bool], tuple[Text, ...]]] = {
    (Place.SERVER, Place.SERVER, True): (
        _TRAVEL,
        _("What it keeps can only be opened together with your passkey."),
    ),
    (Place.SERVER, Place.SERVER, False): (
        _TRAVEL,
        _("What it keeps can be opened by the server alone, without your passkey."),
    ),
    (Place.SERVER, Place.PHONE, True): (
        _(
            "A server makes something of your face at enrolment and keeps it sealed; it can only be opened "
            "together with your passkey."
        ),
        _(
            "At each sign-in it is sent, encrypted, to the device that you sign in with, which compares it "
            "with what its camera sees, tells the server the result, and wipes it."
        ),
        _(
            "The pictures travel encrypted to the server all the same, which looks whether a living person "
            "is before the camera; when you renew your face or add a passkey, it compares them too."
        ),
    ),
    (Place.PHONE, Place.SERVER, True): (
        _(
            "What is made of your face is kept on your own device, sealed; each time it travels with the "
            "pictures, encrypted, to a server, which compares them and keeps neither."
        ),
        _("It can only be opened by the server together with your passkey."),
        _("If you lose the device, or its browser’s data, you set up your face anew."),
    ),
    (Place.NOWHERE, Place.NOWHERE, False): (
        _(
            "The pictures travel encrypted to a server, which looks whether a living person is before the "
            "camera, and compares them with nothing."
        ),
        _("That it is you is what your device says when you unlock it for your passkey, also with a PIN."),
    ),
}

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
    "where": (),  # by the model, from WHERE
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


# What is said instead where nothing of a face is kept or compared.
PRESENCE_LAYERS: Final[Mapping[str, tuple[Text, ...]]] = {
    "why": (_("So that a site that asks for it knows that a living person is before the camera."),),
    "how_long": (
        LAYERS["how_long"][0],
        _("Nothing that was made of your face is kept, here or on your device."),
    ),
    "withdraw": (_("Ask %(name)s, or withdraw your consent on the page “Your passkeys and face”."),),
}


PUSHES: Final[tuple[Text, ...]] = (
    _("For this we keep the address that this browser has at its maker’s push service, sealed."),
    _("That service learns when something is sent to you, and can read none of it."),
    _(
        "The address is erased when you turn this off, when this device’s passkey is revoked, when the "
        "browser gives it up, and when your account is closed."
    ),
)
"""What is said before a browser takes pushes: it is no part of the notice of faces, nor of its consent."""


@dataclass(frozen=True)
class Notice:
    """What is shown; `version` is the digest of the content, so that no text changes unnoticed.

    `least_age` is the age that whoever agrees says that they have; `purpose` is what they agree to.
    """

    version: str
    content: dict[str, str]
    least_age: int
    purpose: Purpose


def current_notice(tenant: Tenant, model: ApplicationModel | None = None) -> Notice:
    """Return the notice of the tenant as it stands now, in the language of the request.

    It is about a reference of `model`, or about new ones where that is None. A translation is the same
    version as its source: who changes the language is not asked again.
    """
    with tenant_scope(tenant.pk):
        age, about = least_age(), model or first_model()
    return Notice(
        version=_version(tenant.name, age, about),
        content=dict(_content(tenant.name, age, about, translation.get_language())),
        least_age=age,
        purpose=purpose_of(about),
    )


@lru_cache(maxsize=1024)
def _version(name: str, age: int, model: ApplicationModel) -> str:
    with translation.override(None):
        source = json.dumps(_content(name, age, model, None), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(source.encode()).hexdigest()[:16]


# Asked for at nearly every step of a sign-in: made once of an organisation's name in the language at hand.
@lru_cache(maxsize=1024)
def _content(name: str, age: int, model: ApplicationModel, _language: str | None) -> dict[str, str]:
    names = {"name": name, "months": CONSENT_MONTHS, "age": age}
    where = WHERE[model.stored, model.compared, bool(model.shares)]
    layers = {**LAYERS, **({} if model.compares else PRESENCE_LAYERS), "where": where}
    return {
        layer: " ".join(str(sentence) % names for sentence in sentences)
        for layer, sentences in layers.items()
    }
