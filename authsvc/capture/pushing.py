"""The offer to be told on a device: what its browser needs to take pushes, and what is said before."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from authsvc.privacy.notice import PUSHES
from authsvc.reach.keys import sender
from authsvc.reach.subscriptions import Address
from authsvc.tenancy.models import Tenant


def push_offer(tenant: Tenant) -> dict[str, Any] | None:
    """Return the tenant's public key, the service worker and the notice; None where nobody is pushed to."""
    if not settings.PUSH_SERVICES:
        return None
    worker = reverse("capture:worker", kwargs={"tenant": tenant.slug})
    return {"key": sender().public, "worker": worker, "notice": PUSHES}


def address_in(form: Mapping[str, str]) -> Address:
    """Return the address that a browser's form has brought, whatever it is worth."""
    return Address(*(form.get(name, "") for name in ("endpoint", "key", "secret")))
