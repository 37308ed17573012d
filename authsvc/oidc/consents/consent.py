"""Asking a person what a third-party relying party may have, and remembering it for a year at most."""

from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.texts import Text
from authsvc.oidc.models import RememberedConsent
from authsvc.oidc.requests.wanted import Wanted
from authsvc.oidc.tokens.claims import requested_names
from authsvc.oidc.wire.lifetimes import CONSENT
from authsvc.subjects.models import Subject

_WORDS: Final[dict[str, Text]] = {
    "profile": _("Your name and profile"),
    "email": _("Your e-mail address"),
    "address": _("Your postal address"),
    "phone": _("Your phone number"),
    "offline_access": _("Access while you are away, until you end it"),
}


def words_of(scopes: Iterable[str]) -> list[Text]:
    """Return what scopes stand for, as people read it; openid alone says nothing of them."""
    return [_WORDS[scope] for scope in scopes if scope in _WORDS]


def consent_needed(client: RelyingParty, subject: Subject, wanted: Wanted) -> bool:
    """Whether the person has to be asked: never for the tenant's own, always with prompt=consent."""
    if "consent" in wanted.prompt:
        return True
    if client.first_party:
        return False
    remembered = RememberedConsent.objects.filter(
        client=client, subject=subject, expires_at__gt=now()
    ).first()
    if remembered is None:
        return True
    covered = set(wanted.scope) <= set(remembered.scopes)
    return not (covered and set(particular_claims(wanted)) <= set(remembered.claims))


def remember_consent(client: RelyingParty, subject: Subject, wanted: Wanted) -> None:
    """Store what the person agreed to; call inside a database transaction."""
    moment = now()
    values: dict[str, Any] = {
        "scopes": wanted.scope,
        "claims": particular_claims(wanted),
        "given_at": moment,
        "expires_at": moment + CONSENT,
    }
    # In place of what was remembered, also where that was altered and is not believed.
    RememberedConsent.objects.filter(client=client, subject=subject).delete()
    RememberedConsent.objects.create(client=client, subject=subject, **values)
    record(
        Tag.CLAIMS_CONSENT_GIVEN,
        client=client.client_id,
        subject=str(subject.id),
        scopes=wanted.scope,
        claims=values["claims"],
    )


def particular_claims(wanted: Wanted) -> list[str]:
    """Return the claims asked for by name, sorted."""
    return sorted(
        {name for member in ("userinfo", "id_token") for name in requested_names(wanted.claims, member)}
    )
