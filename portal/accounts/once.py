"""Forms that make something: sent twice they make it once, and what they made is shown after a redirect.

Each such form carries a key of its own (templates/components/once.html). Who sends the form again, by a
double click or by a reload, is led to what it made the first time. A secret that was made is shown at that
page for SHOWN_FOR; it is kept sealed, by a key that stands in the page's address and nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect

from authsvc.core.clock import now
from authsvc.core.envelope import CannotOpen, derive, seal, unseal_any
from authsvc.core.ids import new_secret, secret_hash
from authsvc.keys.held import django_keys
from portal.accounts.models import SentForm
from portal.accounts.requests import PortalRequest

FIELD: Final = "once"
SHOWN_FOR: Final = timedelta(minutes=5)
# A form that was left open is not sent twice after so long.
_KEPT: Final = timedelta(days=1)
_PURPOSE: Final = b"visor/portal/shown-once/v1"


@dataclass(frozen=True)
class Made:
    """What a form made: the path of its page, and the secret that is shown there, if any."""

    path: str
    secret: str = ""


def sent_before(request: PortalRequest) -> HttpResponse | None:
    """Return a redirect to what this very form has made already, or None.

    For forms whose checks would find the thing itself in the way the second time.
    """
    key = request.POST.get(FIELD, "")
    row = SentForm.objects.filter(digest=_digest(request, key)).first() if key else None
    return None if row is None else _to(row, key)


def make_once(request: PortalRequest, make: Callable[[], Made]) -> HttpResponse:
    """Make what the form asks for, unless it has been made, and redirect to its page.

    What `make` raises is raised here, and then nothing was made or noted. Of two requests at the same time
    the second waits for the first.
    """
    key = request.POST.get(FIELD) or new_secret()
    with transaction.atomic():
        SentForm.objects.filter(sent_at__lt=now() - _KEPT).delete()
        row, new = SentForm.objects.get_or_create(
            digest=_digest(request, key), defaults={"user": request.user, "sent_at": now()}
        )
        if new:
            made = make()
            row.path = made.path
            row.sealed = seal(_keys(key)[0], made.secret.encode(), _PURPOSE) if made.secret else None
            row.save(update_fields=["path", "sealed"])
    return _to(row, key)


def shown_once(request: PortalRequest) -> str:
    """Return the secret to show at this page, "" where there is none or its time is over."""
    key = request.GET.get(FIELD, "")
    if not key:
        return ""
    row = SentForm.objects.filter(
        digest=_digest(request, key), path=request.path, sent_at__gt=now() - SHOWN_FOR
    ).first()
    if row is None or row.sealed is None:
        return ""
    try:
        return unseal_any(_keys(key), bytes(row.sealed), _PURPOSE).decode()
    except CannotOpen:
        return ""


def _to(row: SentForm, key: str) -> HttpResponse:
    return redirect(f"{row.path}?{urlencode({FIELD: key})}" if row.sealed else row.path)


def _digest(request: PortalRequest, key: str) -> str:
    return secret_hash(f"{request.user.pk}\x00{key}")


def _keys(key: str) -> list[bytes]:
    return [derive(secret + key.encode(), info=_PURPOSE) for secret in django_keys()]
