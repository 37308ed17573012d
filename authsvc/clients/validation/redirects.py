"""Redirect URIs: exact, absolute, and one sector."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.fields import of_kind
from authsvc.clients.kinds import ADDRESSES
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.settings.returning import is_native
from authsvc.clients.validation.uris import problem_of_uri

# Where the browser is sent back to, and so maybe to an app beside it.
_OF_APPS = frozenset({"redirect_uris", "post_logout_redirect_uris"})


def check_redirects(party: RelyingParty, problems: Problems) -> None:
    """At least one redirect URI, each usable, none twice, and a sector where hosts differ.

    Who only starts sign-ins without a browser has none (CIBA Core 1.0 section 4).
    """
    if not party.redirect_uris and not party.backchannel_token_delivery_mode:
        problems.add("redirect_uris", _("At least one redirect URI is needed."))
    for row in of_kind(ADDRESSES):
        native = is_native(party) and row.name in _OF_APPS
        _check_list(row.name, row.of(party), party.tenant.is_sandbox, native, problems)
    hosts = redirect_hosts(party.redirect_uris, native=is_native(party))
    if party.subject_type == "pairwise" and len(hosts) > 1 and not party.sector:
        problems.add(
            "sector",
            format_lazy(
                _(
                    "The redirect URIs have several hosts ({hosts}): say which one pairwise identifiers "
                    "belong to, or give a sector_identifier_uri."
                ),
                hosts=", ".join(hosts),
            ),
        )


def redirect_hosts(redirect_uris: Iterable[str], *, native: bool = False) -> list[str]:
    """Return the different hosts of redirect URIs, sorted; unusable addresses have none.

    Of an app only those of https count: its other addresses are on the person's own device.
    """
    found = set()
    for uri in redirect_uris:
        try:
            parts = urlsplit(uri)
        except (ValueError, AttributeError):
            continue
        if parts.scheme == "https" or not native:
            found.add(parts.hostname or "")
    return sorted(found - {""})


def _check_list(field: str, values: object, sandbox: bool, native: bool, problems: Problems) -> None:
    if not isinstance(values, list | tuple):
        problems.add(field, _("must be a list of addresses"))
        return
    for value in values:
        # A request_uri may carry the digest of its content as a fragment (OpenID Connect Core 6.2).
        shown = value.split("#")[0] if field == "request_uris" and isinstance(value, str) else value
        problem = problem_of_uri(shown, sandbox=sandbox, native=native)
        if problem:
            problems.add(field, problem)
    if len({str(value) for value in values}) != len(values):
        problems.add(field, _("An address stands there twice."))
