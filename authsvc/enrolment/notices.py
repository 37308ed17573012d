"""What a person is told by mail of a passkey that was added; their own page lists it in any case."""

import logging
from typing import Final

from django.conf import settings
from django.core.mail import get_connection, send_mail
from django.db import transaction as database
from django.urls import reverse
from django.utils.translation import gettext as _

from authsvc.subjects.models import Subject

log = logging.getLogger(__name__)

# A mail server that does not answer keeps nobody waiting for longer, in seconds.
_PATIENCE: Final = 5
# Not a way to a person: it would leave their address in a log.
_CONSOLE: Final = "django.core.mail.backends.console.EmailBackend"


def tell_of_passkey(subject: Subject) -> None:
    """Mail the person that a passkey was added, once that is stored, where an address and mail are there.

    A mail that cannot be sent stops nothing.
    """
    address = subject.claims.get("email")
    if isinstance(address, str) and address and settings.EMAIL_BACKEND != _CONSOLE:
        database.on_commit(lambda: _send(subject, address))


def _send(subject: Subject, address: str) -> None:
    page = settings.BASE_URL + reverse("person:page", kwargs={"tenant": subject.tenant.slug})
    named = {"tenant": subject.tenant.name, "page": page}
    title = _("A passkey was added to your sign-in at %(tenant)s") % named
    text = _(
        "A further passkey can now sign you in at %(tenant)s.\n\n"
        "If this was not you, revoke it on your own page, and tell them:\n%(page)s\n"
    )
    try:
        connection = get_connection(timeout=_PATIENCE)
        send_mail(" ".join(title.split()), text % named, None, [address], connection=connection)
    except (OSError, ValueError) as problem:
        log.warning("person %s could not be told of a passkey: %s", subject.pk, type(problem).__name__)
