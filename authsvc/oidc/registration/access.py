"""Who may register, and who may change a registration: initial and registration access tokens."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.oidc.models import InitialAccessToken
from authsvc.oidc.offering.problems import OptionRefused
from authsvc.oidc.registration.limits import LIFE, LONGEST_LIFE, MOST_USES
from authsvc.oidc.wire.refusal import RequestRefused


@transaction.atomic
def issue_initial_token(*, actor: str = "", note: str = "", uses: int = 1, life: timedelta = LIFE) -> str:
    """Return a token that lets its bearer register `uses` relying parties; it is shown this once.

    Raises OptionRefused for more than MOST_USES or longer than LONGEST_LIFE.
    """
    if not 1 <= uses <= MOST_USES:
        raise OptionRefused(
            "uses", format_lazy(_("A token is good for 1 to {most} registrations."), most=MOST_USES)
        )
    if not timedelta() < life <= LONGEST_LIFE:
        raise OptionRefused(
            "days", format_lazy(_("A token lives for 1 to {most} days."), most=LONGEST_LIFE.days)
        )
    text, moment = new_secret(), now()
    row = InitialAccessToken.objects.create(
        digest=secret_hash(text), note=note, uses_left=uses, created_at=moment, expires_at=moment + life
    )
    record(
        Tag.INITIAL_TOKEN_ISSUED,
        actor=actor,
        token=row.hint,
        note=note,
        uses=uses,
        until=row.expires_at.isoformat(),
    )
    return text


@transaction.atomic
def revoke_initial_token(*, token: InitialAccessToken, actor: str = "") -> bool:
    """End a token now; False where it was over."""
    if not live_initial_tokens().filter(pk=token.pk).update(expires_at=now()):
        return False
    record(Tag.INITIAL_TOKEN_REVOKED, actor=actor, token=token.hint, note=token.note)
    return True


def live_initial_tokens() -> QuerySet[InitialAccessToken]:
    """Return the tokens with which somebody could register now."""
    return InitialAccessToken.objects.filter(uses_left__gt=0, expires_at__gt=now())


def require_initial_token(request: HttpRequest) -> None:
    """Raise RequestRefused where the request carries no live initial access token."""
    if not _live(request).exists():
        raise _not_initial()


def spend_initial_token(request: HttpRequest) -> None:
    """Use the request's initial access token once; raises RequestRefused.

    Call inside the registration's database transaction: where it fails, the token is not spent.
    """
    if not _live(request).update(uses_left=F("uses_left") - 1):
        raise _not_initial()


def find_own(request: HttpRequest, client_id: str) -> RelyingParty:
    """Return the relying party whose registration access token the request carries (RFC 7592 section 1.2).

    Raises RequestRefused, in the same way for an unknown relying party and for a wrong token.
    """
    party = (
        RelyingParty.objects.select_related("tenant")
        .filter(
            client_id=client_id[:120],
            registration_digest=secret_hash(bearer_of(request)),
            status=RelyingParty.Status.ACTIVE,
        )
        .first()
    )
    if party is None:
        raise _not_allowed("an unknown client or another registration access token")
    return party


def bearer_of(request: HttpRequest) -> str:
    """Return the request's bearer token, "" without one."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def _live(request: HttpRequest) -> QuerySet[InitialAccessToken]:
    return live_initial_tokens().filter(digest=secret_hash(bearer_of(request)))


def _not_initial() -> RequestRefused:
    return _not_allowed("an unknown, used or expired initial access token, or none")


def _not_allowed(came: str) -> RequestRefused:
    # RFC 6750 section 3.1.
    return RequestRefused(
        "invalid_token",
        "The access token does not allow this.",
        rule="registration-token",
        came=came,
        expected="a live token as bearer",
        status=401,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )
