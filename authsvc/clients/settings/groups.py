"""The headings under which the form asks for settings, in their order."""

from typing import Final

from django.utils.translation import gettext_lazy as _

ABOUT: Final = _("About")
RETURNING: Final = _("Where people return to")
PROOF: Final = _("How it proves itself")
BROWSERLESS: Final = _("Without a browser")
ASSURANCE: Final = _("Assurance")
RECEIVED: Final = _("What it receives")

GROUPS: Final = (ABOUT, RETURNING, PROOF, BROWSERLESS, ASSURANCE, RECEIVED)
