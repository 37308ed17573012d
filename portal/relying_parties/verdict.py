"""What stands first on a relying party's page: live, in test or refused, and why, in one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.audit.models import AuditEvent
from authsvc.core.texts import Text
from authsvc.management.relying_parties import Standing
from authsvc.tenancy.models import Tenant


@dataclass(frozen=True)
class Verdict:
    """The sentence, and its tone: good, warn or bad."""

    tone: str
    title: Text
    text: Text


def verdict_of(tenant: Tenant, standing: Standing, refusals: Sequence[AuditEvent]) -> Verdict:
    """Return how a relying party stands; `refusals` are its refused requests, the newest first."""
    if standing.state in _SHUT:
        return _SHUT[standing.state]
    if standing.state == "deleted":
        since = date_format(standing.deleted_at, "DATETIME_FORMAT") if standing.deleted_at else ""
        return Verdict(
            "bad",
            _("Deleted: nobody can sign in there."),
            format_lazy(_("It was deleted on {since} UTC. Its client id goes to nobody else."), since=since),
        )
    last = refusals[0] if refusals else None
    if last is not None and (standing.last_sign_in is None or last.at > standing.last_sign_in):
        text = _("Refused on {at} UTC by the rule {rule}: {came} came, {expected} was expected.")
        said = {name: str(last.details.get(name) or "–") for name in ("came", "expected")}
        return Verdict(
            "warn",
            _("Live, but its last request was refused."),
            format_lazy(text, at=date_format(last.at, "DATETIME_FORMAT"), rule=last.reason, **said),
        )
    title = _("Live in a sandbox: test persons sign in.") if tenant.is_sandbox else _("Live.")
    if standing.last_sign_in is None:
        return Verdict("good", title, _("Nobody has signed in there yet."))
    at = date_format(standing.last_sign_in, "DATETIME_FORMAT")
    return Verdict("good", title, format_lazy(_("The last sign-in was on {at} UTC."), at=at))


_SHUT = {
    "suspended": Verdict(
        "bad",
        _("Refused: it is suspended."),
        _("Every request of it is turned away. To end that, set its status to active."),
    ),
    "no-secret": Verdict(
        "bad",
        _("Refused: it has no secret."),
        _("It cannot prove itself at the token endpoint. Add a secret below."),
    ),
    "test": Verdict(
        "warn",
        _("In test: nobody can sign in there yet."),
        _(
            "Run the test bench. When it has seen every bad token rejected, you can let it live. The test "
            "sign-in works already."
        ),
    ),
}
