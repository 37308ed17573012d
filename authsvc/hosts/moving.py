"""Giving a tenant a host name of its own: asked for, proven to lead here, live, left.

Call inside a database transaction and in the tenant's scope; `actor` is who is named in the log.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.fetch import FetchRefused, fetch
from authsvc.hosts.middleware import CHALLENGE
from authsvc.hosts.models import Host
from authsvc.hosts.names import HostRefused, canonical, origin_on
from authsvc.hosts.places import forget_places, place_of, related_origins
from authsvc.tenancy.models import Tenant

State = Host.State

# A name that nobody brought to life is free for others after this.
ASKED_FOR: Final = timedelta(days=7)
# Browsers read this many origins of other names at least, and some no more (WebAuthn Level 3 section 5.11.1).
RELATED_AT_MOST: Final = 5


def ask_for(tenant: Tenant, name: str, *, actor: str) -> Host:
    """Note that a tenant wants a host name, which answers its challenge from then on; raises HostRefused.

    A name that it asked for before, and never used, is dropped.
    """
    host = canonical(name)
    Host.objects.filter(state=State.ASKED, host=host, asked_at__lt=now() - ASKED_FOR).delete()
    Host.objects.filter(state=State.ASKED, tenant=tenant).delete()
    if Host.objects.filter(host=host).exists():
        raise HostRefused("host-taken", _("This name is in use already."), detail=f"{host} has a row")
    row = Host.objects.create(host=host, tenant=tenant, asked_by=actor, asked_at=now())
    record(Tag.HOST_ASKED, actor=actor, host=host)
    _look_anew()
    return row


def require_answer(tenant: Tenant, name: str) -> None:
    """Raise HostRefused unless the host answers its challenge, over https where the installation has it."""
    row = _named(list(Host.objects.filter(tenant=tenant)), name)
    try:
        answer = fetch(
            origin_on(row.host) + CHALLENGE, allow_loopback=settings.ALLOW_LOOPBACK_FETCH, max_bytes=1024
        )
    except FetchRefused as problem:
        raise _silent(row, str(problem)) from None
    if answer.status != 200 or answer.body.strip() != row.challenge.encode():
        raise _silent(row, f"{answer.status}, and not the challenge of this installation")


def go_live(tenant: Tenant, name: str, *, keeps_passkeys: bool, actor: str, checked: bool) -> Host:
    """Let a tenant live at a host that it asked for or had before; raises HostRefused.

    Its RP ID stays where it `keeps_passkeys`, and is the host's name from now on otherwise. `checked` tells
    the log whether the host answered.
    """
    rows = _locked(tenant)
    row = _named(rows, name)
    rp_id = _rp_id_at(tenant, row) if keeps_passkeys else row.host
    before = _leave(rows)
    row.state, row.rp_id, row.live_at, row.left_at = State.LIVE, rp_id, now(), None
    row.save(update_fields=["state", "rp_id", "live_at", "left_at"])
    record(Tag.HOST_LIVE, actor=actor, host=row.host, before=before, rp_id=rp_id, checked=checked)
    _look_anew()
    return row


def leave(tenant: Tenant, name: str, *, actor: str) -> None:
    """Let a tenant live on the installation's host again; its RP ID stays. Raises HostRefused."""
    if _leave(_locked(tenant)) != name:
        raise _unknown(f"the tenant does not live at {name}")
    record(Tag.HOST_LEFT, actor=actor, host=name)
    _look_anew()


def drop(tenant: Tenant, name: str, *, actor: str) -> None:
    """Give up a name that is not in use; raises HostRefused for one that passkeys are made for."""
    row = _named(_locked(tenant), name)
    if row.state == State.LEFT and place_of(tenant.pk).rp_id == row.host:
        raise HostRefused(
            "host-needed",
            _("Passkeys are made for this name, so it has to go on answering."),
            detail=f"{row.host} is the RP ID",
        )
    row.delete()
    record(Tag.HOST_DROPPED, actor=actor, host=row.host)
    _look_anew()


def _locked(tenant: Tenant) -> list[Host]:
    forget_places()
    return list(Host.objects.select_for_update(no_key=True).filter(tenant=tenant).order_by("pk"))


def _named(rows: list[Host], name: str) -> Host:
    found = next((row for row in rows if row.host == name and row.state != State.LIVE), None)
    if found is None:
        raise _unknown(f"{name} is not asked for here, or live")
    return found


def _leave(rows: list[Host]) -> str:
    live = next((row for row in rows if row.state == State.LIVE), None)
    if live is None:
        return ""
    live.state, live.left_at = State.LEFT, now()
    live.save(update_fields=["state", "left_at"])
    return live.host


def _rp_id_at(tenant: Tenant, row: Host) -> str:
    """Return the RP ID that the tenant keeps; raises HostRefused where browsers would not take it there."""
    rp_id = place_of(tenant.pk).rp_id
    others = [origin for origin in related_origins(rp_id) if origin != place_of(tenant.pk).origin]
    if row.host != rp_id and not row.host.endswith(f".{rp_id}") and len(others) >= RELATED_AT_MOST:
        raise HostRefused(
            "host-related",
            _("Too many organisations kept their passkeys of this address already; browsers read five."),
            detail=f"{len(others)} other origins use {rp_id}",
            status=409,
        )
    return rp_id


def _look_anew() -> None:
    forget_places()
    transaction.on_commit(forget_places)


def _silent(row: Host, why: str) -> HostRefused:
    return HostRefused(
        "host-silent",
        _("This name does not lead here yet. Look at its DNS entry, its certificate and the proxy."),
        detail=f"{row.host}: {why}",
        status=409,
    )


def _unknown(why: str) -> HostRefused:
    return HostRefused("host-unknown", _("There is no such name to do this with."), detail=why, status=409)
