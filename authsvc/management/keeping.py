"""Where a model keeps a reference, and where it is compared, in words for administrators."""

from collections.abc import Mapping
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.core.application_models import ApplicationModel, Place
from authsvc.core.texts import Text

_KEPT: Final[Mapping[tuple[Place, Place, bool], Text]] = {
    (Place.SERVER, Place.SERVER, True): _("On the server, opened together with the person’s phone"),
    (Place.SERVER, Place.SERVER, False): _("On the server, opened by the server alone"),
    (Place.SERVER, Place.PHONE, True): _(
        "On the server, opened together with the person’s phone, and sent to it at each sign-in"
    ),
    (Place.PHONE, Place.SERVER, True): _("On the person’s phone, opened together with the server"),
    (Place.NOWHERE, Place.NOWHERE, False): _(
        "Nowhere: nothing is compared, and a site may ask for a living person"
    ),
}


_COMPARED: Final[Mapping[Place, Text]] = {
    Place.SERVER: _("on the server"),
    Place.PHONE: _("on the person’s phone"),
    Place.NOWHERE: _("by the phone’s own unlock alone, which may have been a PIN"),
}


def compared(row: ApplicationModel) -> Text:
    """Return where a model compares a reference."""
    return _COMPARED[row.compared]


def kept(row: ApplicationModel) -> Text:
    """Return where a model keeps a reference and what opens it, with its letter."""
    said = _KEPT[row.stored, row.compared, bool(row.shares)]
    return format_lazy(_("{kept} (model {letter})"), kept=said, letter=row.letter)


def risk(row: ApplicationModel) -> Text:
    """Return what another administrator agrees to, where a model takes that."""
    if row.sends_to_phone:
        return _("What is kept of a face is then sent to phones, whose word counts for what they compared.")
    return _("What is kept of a face can then be opened by the server alone.")
