"""What a person is sent by mail: links to enrol, and what lets others, or a further passkey, sign in."""

import logging
from typing import Final

from django.core.mail import get_connection
from django.db import transaction as database
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from authsvc.branding.mails import dress, message
from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.hosts.places import tenant_address
from authsvc.reach.wishes import mail_address_of
from authsvc.subjects.language import language_of
from authsvc.subjects.models import Subject

log = logging.getLogger(__name__)

# A mail server that does not answer keeps nobody waiting for longer, in seconds.
_PATIENCE: Final = 5
_TROUBLE: Final = (OSError, ValueError)


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


def tell_of_renewal(subject: Subject) -> None:
    """Mail the person that pictures were added to what is kept of their face, like a new passkey."""
    title = _("Your face was renewed for your sign-in at %(tenant)s")
    text = _(
        "With your passkey and your face, somebody renewed what is kept of your face at "
        "%(tenant)s.\n\n"
        "If this was not you, remove your face on your own page, and tell them:\n%(page)s\n"
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


class CannotMail(Refused):
    """The person has no address, nothing goes by mail here, or the mail server did not take it."""

    def __init__(self, *, detail: str) -> None:
        text = _("The link could not be sent by mail, so none was made.")
        super().__init__("cannot-mail", text, detail=detail, status=409)


def may_mail(subject: Subject) -> bool:
    """Whether the person has an address, and mail goes further than to the console."""
    return bool(mail_address_of(subject))


def send_link(subject: Subject, url: str) -> None:
    """Mail an enrolment link to its person, who alone sees it; raises CannotMail."""
    address = mail_address_of(subject)
    if not address:
        raise CannotMail(detail=f"person {subject.pk} has no address, or mail goes to the console")
    context = {"subject": subject, "tenant": subject.tenant, "url": url}
    with translation.override(language_of(subject)):
        title = " ".join(render_to_string("enrolment/mails/link_subject.txt", context).split())
        text = render_to_string("enrolment/mails/link.txt", context)
    try:
        _send(subject, title, text, address)
    except _TROUBLE as problem:
        # Its words may hold the mail.
        raise CannotMail(detail=f"person {subject.pk}: {type(problem).__name__}") from None


def _tell(subject: Subject, title: Text, text: Text) -> None:
    address = mail_address_of(subject)
    if address:
        # No route: the portal tells people, too, and has none of their pages.
        named = {"tenant": subject.tenant.name, "page": f"{tenant_address(subject.tenant)}me/"}
        with translation.override(language_of(subject)):
            told = " ".join((str(title) % named).split()), str(text) % named
        database.on_commit(lambda: _try_to_send(subject, *told, address))


def _try_to_send(subject: Subject, title: str, text: str, address: str) -> None:
    try:
        _send(subject, title, text, address)
    except _TROUBLE as problem:
        log.warning("person %s could not be told by mail: %s", subject.pk, type(problem).__name__)


def _send(subject: Subject, title: str, text: str, address: str) -> None:
    with translation.override(language_of(subject)):
        dressed = dress(subject.tenant, title, text)
    message(title, text, address, dressed, get_connection(timeout=_PATIENCE)).send()
