"""The provider's scheduled work; it runs where token keys may be opened: a process of role provider."""

from celery import shared_task

from authsvc.keys.signing import rotate_due
from authsvc.keys.tasks import forget_done
from authsvc.oidc.sessions.logout.ending import end_baseless_sessions
from authsvc.oidc.sessions.sweeping import sweep_expired
from authsvc.tenancy.each import in_each_tenant


@shared_task(ignore_result=True)
def end_sessions() -> None:
    """End sessions whose ground is gone, and note who has to hear of it (S9.4-13)."""
    in_each_tenant(end_baseless_sessions, having="sign-ins")


@shared_task(ignore_result=True)
def rotate_signing_keys() -> None:
    """Rotate what is due for every tenant: each has keys that come to be due (S9.4-09)."""
    in_each_tenant(rotate_due)


@shared_task(ignore_result=True)
def sweep_provider() -> None:
    """Delete what has expired, so that no table grows without end."""
    in_each_tenant(sweep_expired, having="leftovers")
    forget_done()
