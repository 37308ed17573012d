"""What the bench sends: one good token, and one for each fault that a relying party has to notice."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text


class Case(StrEnum):
    """The cases in the order in which they run; each is named by the claim that is wrong."""

    GOOD = "good"
    AUDIENCE = "aud"
    ISSUER = "iss"
    NONCE = "nonce"
    SIGNATURE = "signature"
    TIME = "exp"
    REPLAYED = "replayed"
    LEVEL = "acr"
    AGE = "auth_time"


WORDS: Final[Mapping[Case, Text]] = {
    Case.GOOD: _("A good token"),
    Case.AUDIENCE: _("A token for another site (aud)"),
    Case.ISSUER: _("A token of another issuer (iss)"),
    Case.NONCE: _("A token with another nonce"),
    Case.SIGNATURE: _("A token whose signature is wrong"),
    Case.TIME: _("A token that expired yesterday (exp)"),
    Case.REPLAYED: _("The good token again, at another sign-in"),
    Case.LEVEL: _("A token with less assurance than was asked for (acr)"),
    Case.AGE: _("A token of a sign-in that is too old (auth_time)"),
}
