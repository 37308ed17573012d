"""acr_values of a request without a browser: one of them can be reached here."""

from authsvc.assurance.acr import level_of
from authsvc.oidc.requests.refused import backchannel_refused
from authsvc.oidc.requests.wanted import Context
from authsvc.policy.reach import attainable


def check(context: Context) -> None:
    """Refuse what nobody can reach before a person is called to their phone for it."""
    wanted, levels = context.wanted.acr_values, attainable()
    if wanted and not any(level_of(value) in levels for value in wanted):
        raise backchannel_refused(
            "ciba-acr", came=" ".join(wanted), expected="an acr of acr_values_supported"
        )
