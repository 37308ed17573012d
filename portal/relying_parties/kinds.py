"""What a relying party can be, and which of its settings each kind has use for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.clients.fields import FIELDS, in_groups
from authsvc.clients.models import RelyingParty
from authsvc.clients.setting import Setting
from authsvc.clients.settings.groups import BROWSERLESS, RETURNING
from authsvc.clients.settings.returning import NATIVE, WEB, is_native
from authsvc.core.texts import Text

_Method = RelyingParty.Authentication

WHAT: Final = ("name",)
LEARNS: Final = ("scopes", "floor_level")


@dataclass(frozen=True, eq=False)
class PartyKind:
    """One kind: what it is called, how it is told from others, and what follows from choosing it.

    `settings` are the values that it begins with, `where` the settings that the second step asks for, and
    `without` those that it has no use for.
    """

    name: str
    label: Text
    help: Text
    settings: Mapping[str, Any]
    where: tuple[str, ...]
    without: frozenset[str] = field(default_factory=frozenset)

    def further(self, party: RelyingParty | None = None) -> list[tuple[Text, list[Setting]]]:
        """Return what is left for under Advanced, by heading; of a relying party also what it has set."""
        asked = {*WHAT, *self.where, *LEARNS}
        return [
            (group, left)
            for group, rows in in_groups()
            if (left := [row for row in rows if row.name not in asked and self._has_use_for(row, party)])
        ]

    def _has_use_for(self, row: Setting, party: RelyingParty | None) -> bool:
        if row.name not in self.without:
            return True
        return party is not None and row.of(party) != row.of(RelyingParty())


def _of_group(*groups: Text) -> frozenset[str]:
    return frozenset(row.name for row in FIELDS.values() if any(row.group is group for group in groups))


_BY_KEY: Final = frozenset(
    {
        *("token_endpoint_auth_method", "jwks", "jwks_uri", "tls_client_auth_subject_dn", "profile"),
        *("tls_client_auth_ca_certificates", "require_signed_request_object"),
    }
)
_BROWSERLESS: Final = _of_group(BROWSERLESS)

SITE: Final = PartyKind(
    "web",
    _("A website with a server"),
    _("Its server keeps a secret: Django, PHP, Java, Apache and the like."),
    {"application_type": WEB, "token_endpoint_auth_method": _Method.BASIC},
    ("redirect_uris",),
    _BROWSERLESS,
)
PAGE: Final = PartyKind(
    "page",
    _("A single-page application"),
    _("It runs in the browser alone, keeps no secret, and proves itself by PKCE."),
    {"application_type": WEB, "token_endpoint_auth_method": _Method.NONE},
    ("redirect_uris",),
    _BROWSERLESS | _BY_KEY,
)
APP: Final = PartyKind(
    "app",
    _("An app on a phone or a computer"),
    _("It opens the system’s browser, keeps no secret, and proves itself by PKCE (RFC 8252)."),
    {"application_type": NATIVE, "token_endpoint_auth_method": _Method.NONE},
    ("redirect_uris",),
    _BROWSERLESS | _BY_KEY,
)
MACHINE: Final = PartyKind(
    "machine",
    _("A machine without a browser"),
    _("It names a person, who approves on their phone (CIBA): a till, a call centre, a server."),
    {
        "token_endpoint_auth_method": _Method.PRIVATE_KEY_JWT,
        "backchannel_token_delivery_mode": RelyingParty.BackchannelMode.POLL,
        "redirect_uris": [],
    },
    ("jwks_uri", "jwks"),
    _of_group(RETURNING)
    | {
        *("require_pushed_authorization_requests", "require_signed_request_object"),
        "authorization_signed_response_alg",
    },
)
KINDS: Final = {kind.name: kind for kind in (SITE, PAGE, APP, MACHINE)}


def kind_of(party: RelyingParty) -> PartyKind:
    """Return what a relying party is, by its settings."""
    if party.backchannel_token_delivery_mode and not party.redirect_uris:
        return MACHINE
    if is_native(party):
        return APP
    return PAGE if party.is_public else SITE
