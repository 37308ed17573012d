"""Rows that tests begin with; each function makes one, with what most tests do not care about filled in."""

import secrets
from datetime import timedelta
from typing import Any

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import b64u, new_id
from authsvc.devices.models import Device
from authsvc.hosts.models import Host
from authsvc.hosts.places import forget_places
from authsvc.keys.holding import Holder, holder
from authsvc.keys.models import WorkerKey
from authsvc.privacy.consent import give_consent
from authsvc.privacy.models import ConsentReceipt
from authsvc.privacy.notice import current_notice
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant

OWN_PROVIDER: dict[str, Any] = {
    "name": "Case ID",
    "issuer": "https://id.example",
    "client_id": "visor",
    "scopes": "openid",
    "role_claim": "groups",
    "roles": [["auditors", "auditor"]],
    "acr_values": ["mfa"],
    "just_in_time": False,
    "password_stays": True,
    "enabled": True,
}
"""How a team signs in at a provider of its own that never answers."""

PEOPLE_PROVIDER: dict[str, Any] = {
    "name": "Case ID",
    "issuer": "https://id.example",
    "client_id": "visor",
    "scopes": "openid",
    "external_id_claim": "sub",
    "name_claim": "name",
    "email": "taken",
    "everybody": False,
    "gate_claim": "groups",
    "gate_values": ["staff"],
    "acr_values": ["mfa"],
    "max_age": 15,
    "newcomers": False,
    "enabled": True,
}
"""How people enrol at a provider of the organisation's own that never answers."""


def make_tenant(slug: str = "", **fields: Any) -> Tenant:
    """Make a sandbox tenant; no scope is needed for it."""
    slug = slug or f"t-{secrets.token_hex(6)}"
    return Tenant.objects.create(slug=slug, **{"name": slug.title(), "kind": Tenant.Kind.SANDBOX, **fields})


def offer_sample_key(worker: Holder | None = None) -> str:
    """Have a worker, or this process, offer a sample key, as one that is there for an hour; return its id."""
    worker = worker or holder()
    worker.beat()
    offered = WorkerKey.objects.filter(worker=worker.worker).order_by("-offered_until")
    offered.update(seen_at=now() + timedelta(hours=1))
    return offered[0].kid


def make_host(tenant: Tenant, host: str, *, rp_id: str = "", **fields: Any) -> Host:
    """Let a tenant live at a host of its own, with its own RP ID, since an hour ago."""
    defaults = {"state": Host.State.LIVE, "live_at": now() - timedelta(hours=1)}
    moment = {"asked_at": now(), "asked_by": "a test", "rp_id": rp_id or host}
    made = Host.objects.create(host=host, tenant=tenant, **{**moment, **defaults, **fields})
    forget_places()
    return made


def make_subject(**fields: Any) -> Subject:
    """Make an active person with a reference's pseudonym, in the tenant in scope."""
    defaults = {
        "name": "Person under test",
        "status": Subject.Status.ACTIVE,
        "reference": new_id(),
        "reference_version": 1,
    }
    return Subject.objects.create(**{**defaults, **fields})


def make_device(subject: Subject, **fields: Any) -> Device:
    """Make an active device-bound passkey of a person."""
    defaults = {"credential_id": b64u(secrets.token_bytes(32)), "public_key": b"cose", "share_kind": "prf"}
    return Device.objects.create(subject=subject, **{**defaults, **fields})


def make_consent(subject: Subject) -> ConsentReceipt:
    """Make a live consent of a person."""
    return give_consent(subject=subject, notice_version=current_notice(subject.tenant).version)


def make_party(**fields: Any) -> RelyingParty:
    """Make a relying party with one redirect URI."""
    defaults = {
        "name": "Partner",
        "redirect_uris": ["https://partner.example/callback"],
        "scopes": ["openid"],
    }
    return RelyingParty.objects.create(**{**defaults, **fields})
