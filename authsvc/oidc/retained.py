"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta
from typing import Final

from authsvc.core.retention import Kept, Swept
from authsvc.oidc.wire.lifetimes import BACKCHANNEL_REQUEST, PUSHED_REQUEST

_A_LITTLE: Final = timedelta(minutes=5)
_WHY: Final = "a little longer than it lives, so that a developer can still see why it was refused"

ROWS = (
    Swept("oidc_token", "expires_at", _A_LITTLE, _WHY, key="digest"),
    Swept(
        "oidc_grant",
        "expires_at",
        _A_LITTLE,
        _WHY,
        takes={"oidc_token": "grant_id", "oidc_backchannelrequest": "grant_id"},
    ),
    Swept("oidc_backchannelrequest", "expires_at", _A_LITTLE, _WHY, longest=BACKCHANNEL_REQUEST),
    Swept("oidc_pushedrequest", "expires_at", _A_LITTLE, _WHY, longest=PUSHED_REQUEST, key="digest"),
    Swept(
        "oidc_usedonce",
        "expires_at",
        timedelta(0),
        "what may be used once is known for as long as it would be believed",
        key="digest",
    ),
    Swept("oidc_rememberedconsent", "expires_at", timedelta(0), "the person is asked again afterwards"),
    Swept("oidc_initialaccesstoken", "expires_at", _A_LITTLE, _WHY, key="digest"),
    Swept(
        "oidc_session",
        "authenticated_at",
        timedelta(hours=25),
        "no session outlives a day (SB-04); an hour more for what is told at its end",
        leaves={"oidc_grant": "session_id"},
    ),
    Kept("oidc_provider", "for good: one row an organisation, what its provider offers"),
    Kept("oidc_logoutnotice", "of a release before; the outbox has taken it over, and nobody may use it"),
)
