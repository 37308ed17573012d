"""Limits at the provider's endpoints: who comes too often is refused as the protocols say it."""

from django.utils.translation import gettext_lazy as _

from authsvc.limits.limit import Spending, TooMany, spend_all
from authsvc.oidc.wire.refusal import RequestRefused

_WAIT = _("There were too many requests from where you are. Wait a minute, and try again.")


def spend(*costs: Spending) -> None:
    """Count one for each limit's key, or none: raises RequestRefused, 429 or 503, with Retry-After.

    RFC 6749 has no error for it; `temporarily_unavailable` is the one that says to come back.
    """
    try:
        spend_all(*costs)
    except TooMany as problem:
        raise RequestRefused(
            "temporarily_unavailable",
            "This was asked too often. Please wait.",
            rule=problem.limit.name,
            came=problem.detail,
            expected=f"at most {problem.limit.most} in {problem.limit.per}",
            status=problem.status,
            headers={"Retry-After": str(problem.retry_after)},
            person=_WAIT,
            silent=problem.silent,
        ) from None
