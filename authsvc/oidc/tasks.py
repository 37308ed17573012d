"""The provider's scheduled work; it runs where token keys may be opened: a process of role provider."""

from celery import shared_task

from authsvc.core.clock import now
from authsvc.keys.signing import rotate_due
from authsvc.oidc.sessions.logout.ending import end_baseless_sessions
from authsvc.tenancy.each import in_each_tenant
from authsvc.tenancy.sweeping import groundless


@shared_task(ignore_result=True)
def end_sessions() -> None:
    """End sessions whose ground is gone, and note who has to hear of it (S9.4-13).

    While there are none that is one statement, however many tenants there are (O11).
    """
    in_each_tenant(end_baseless_sessions, among=groundless(now()))


@shared_task(ignore_result=True)
def rotate_signing_keys() -> None:
    """Rotate what is due for every tenant: each has keys that come to be due (S9.4-09)."""
    in_each_tenant(rotate_due)
