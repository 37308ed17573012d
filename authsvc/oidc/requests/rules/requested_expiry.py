"""requested_expiry: how long a request without a browser may wait, in seconds (CIBA Core 1.0 section 7.1)."""

from datetime import timedelta

from authsvc.oidc.requests.refused import backchannel_refused
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.lifetimes import BACKCHANNEL_REQUEST


def check(context: Context) -> None:
    """Take a positive number, which can shorten the request's life only."""
    asked = context.parameters.get("requested_expiry")
    if asked is None:
        return
    if not (asked.isascii() and asked.isdecimal() and int(asked[:9]) > 0):
        raise backchannel_refused("ciba-expiry", came=asked, expected="a positive number of seconds")
    context.backchannel.life = min(BACKCHANNEL_REQUEST, timedelta(seconds=int(asked[:9])))
