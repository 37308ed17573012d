"""Handing a capture to the workers: by the task's name, so that the web tier loads no face model."""

from celery import current_app

VERIFY = "authsvc.biometrics.tasks.verify_capture"


def enqueue_verification(*, tenant_id: str, capture_id: str) -> None:
    """Queue the verification of a capture; the message holds the two ids and nothing else (S9.4-07).

    One try: where the broker is down nobody waits for it, and the sweeper hands the capture out later.
    """
    current_app.send_task(VERIFY, args=[tenant_id, capture_id], ignore_result=True, retry=False)
