"""An administrator's authenticator app."""

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time


def code_of(secret: str) -> str:
    """Return the six digits of this moment, by the clock of the portal (conftest.py stops it)."""
    (counter,) = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, counter))
