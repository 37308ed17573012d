"""What a person is told by mail of what lets others, or a further passkey, sign in as them."""

import logging
from typing import Final

from django.conf import settings
from django.core.mail import get_connection, send_mail
from django.db import transaction as database
from django.utils.translation import gettext as _

from authsvc.subjects.models import Subject
from authsvc.tenancy.paths import tenant_address

log = logging.getLogger(__name__)

# A mail server that does not answer keeps nobody waiting for longer, in seconds.
_PATIENCE: Final = 5
# Not a way to a person: it would leave their address in a log.
_CONSOLE: Final = "django.core.mail.backends.console.EmailBackend"


def tell_of_passkey(subject: Subject) -> None:
    """Mail the person that a passkey was added, once that is stored, where an address and mail are there.

    Their own page lists it in any case. A mail that cannot be sent stops nothing.
    """
    title = _("A passkey was added to your sign-in at %(tenant)s")
    text = _(
        "A further passkey can now sign you in at %(tenant)s.\n\n"
        "If this was not you, revoke it on your own page, and tell them:\n%(page)s\n"
    )
    _tell(subject, title, text)


def tell_of_recovery(subject: Subject) -> None:
    """Mail the person that a recovery code opened the making of a passkey, like a new passkey."""
    title = _("A recovery code was used for your sign-in at %(tenant)s")
    text = _(
        "Somebody used one of your recovery codes at %(tenant)s, and made a new passkey with it. It can sign "
        "you in where a passkey alone is enough.\n\n"
        "If this was not you, tell %(tenant)s at once, revoke the passkey on your own page, and make new "
        "codes:\n%(page)s\n"
    )
    _tell(subject, title, text)


def tell_of_codes(subject: Subject) -> None:
    """Mail the person that recovery codes were made anew, like a new passkey."""
    title = _("You have new recovery codes for your sign-in at %(tenant)s")
    text = _(
        "New recovery codes for your sign-in at %(tenant)s were made on your own page. The codes from before "
        "no longer work.\n\n"
        "If this was not you, tell %(tenant)s at once, and make new codes yourself:\n%(page)s\n"
    )
    _tell(subject, title, text)


def tell_of_link_asked_for(subject: Subject) -> None:
    """Mail the person that an administrator asked for a link to their account in use, like a new passkey."""
    title = _("Somebody asked to set up your sign-in at %(tenant)s anew")
    text = _(
        "An administrator of %(tenant)s asked for a new enrolment link for you. Whoever follows it could "
        "sign in as you. Nothing was changed yet, and nothing will be within 24 hours.\n\n"
        "If you did not want this, stop it on your own page within that day, and tell %(tenant)s:\n%(page)s\n"
    )
    _tell(subject, title, text)


def _tell(subject: Subject, title: str, text: str) -> None:
    address = subject.claims.get("email")
    if isinstance(address, str) and address and settings.EMAIL_BACKEND != _CONSOLE:
        # No route: the portal tells people, too, and has none of their pages.
        named = {"tenant": subject.tenant.name, "page": f"{tenant_address(subject.tenant)}me/"}
        title, text = " ".join((title % named).split()), text % named
        database.on_commit(lambda: _send(subject, title, text, address))


def _send(subject: Subject, title: str, text: str, address: str) -> None:
    try:
        connection = get_connection(timeout=_PATIENCE)
        send_mail(title, text, None, [address], connection=connection)
    except (OSError, ValueError) as problem:
        log.warning("person %s could not be told by mail: %s", subject.pk, type(problem).__name__)
