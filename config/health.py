"""Whether the process is up, and whether a person could sign in right now."""

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from authsvc.keys.samples import keys_on_offer


def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process serves requests."""
    return JsonResponse({"status": "up"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and a worker has published a key to seal samples to, else 503."""
    try:
        connection.ensure_connection()
        worker = bool(keys_on_offer())
    except Error:
        return JsonResponse({"database": False, "worker": False}, status=503)
    return JsonResponse({"database": True, "worker": worker}, status=200 if worker else 503)
