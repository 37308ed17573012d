"""Organisations: the rows that everything else belongs to."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.organisation import SettingRefused, sound_name
from authsvc.management.overview import COUNTED
from authsvc.policy.services import store_shipped_policy
from authsvc.subjects.models import Subject
from authsvc.tenancy.directory import forget_tenant
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.quotas import PEOPLE, RELYING_PARTIES
from authsvc.tenancy.scope import tenant_scope


@transaction.atomic
def found_tenant(*, slug: str, name: str, kind: str, actor: str) -> Tenant:
    """Create an organisation with the shipped policy; its log begins with that, by whom and of which kind.

    Raises IntegrityError where the slug is taken.
    """
    tenant = Tenant.objects.create(slug=slug, name=name, kind=kind)
    with tenant_scope(tenant.id):
        record(Tag.TENANT_CREATED, actor=actor, kind=kind)
        store_shipped_policy(published_by=actor)
    return tenant


@act
def found(*, by: Actor, slug: str, name: str, kind: str) -> Tenant:
    """Create an organisation; raises SettingRefused where name, slug or kind cannot be, or it is taken."""
    made = Tenant(slug=slug.strip().lower(), name=sound_name(name), kind=kind)
    try:
        made.clean_fields(exclude={each.name for each in Tenant._meta.fields} - {"slug", "kind"})
    except ValidationError as problem:
        field, said = next(iter(problem.message_dict.items()))
        raise SettingRefused(field, said[0]) from None
    if Tenant.objects.filter(slug=made.slug).exists():
        raise SettingRefused("slug", _("Another organisation has this address."))
    return found_tenant(slug=made.slug, name=made.name, kind=kind, actor=by.name)


@act
def suspend(*, by: Actor, tenant: Tenant) -> bool:
    """Let nobody sign in at an organisation until it is resumed; False where it was so already."""
    return _move(by, tenant, suspended=True)


@act
def resume(*, by: Actor, tenant: Tenant) -> bool:
    """Let people sign in again; False where they could."""
    return _move(by, tenant, suspended=False)


@act
def bound(*, by: Actor, tenant: Tenant, most_people: int | None, most_relying_parties: int | None) -> bool:
    """Set how many people and relying parties an organisation may have, None for no bound.

    False where that was so already. What is there beyond it stays: nobody is added until there is room again.
    """
    row = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    set_before = {PEOPLE: row.most_people, RELYING_PARTIES: row.most_relying_parties}
    wanted = {PEOPLE: most_people, RELYING_PARTIES: most_relying_parties}
    if set_before == wanted:
        return False
    Tenant.objects.filter(pk=tenant.pk).update(**wanted)
    forget_tenant(tenant.slug)
    with tenant_scope(tenant.pk):
        record(Tag.TENANT_BOUNDED, actor=by.name, **{name: _told(most) for name, most in wanted.items()})
    return True


def _told(most: int | None) -> str:
    return "none" if most is None else str(most)


@dataclass(frozen=True)
class Size:
    """How much an organisation has of what may be bounded, counted up to COUNTED and one more."""

    people: int
    relying_parties: int


def size_of(tenant: Tenant) -> Size:
    """Return how many people and relying parties an organisation has."""
    with tenant_scope(tenant.pk):
        people = Subject.objects.unchecked().exclude(status=Subject.Status.CLOSED)
        parties = RelyingParty.objects.unchecked().exclude(status=RelyingParty.Status.REMOVED)
        return Size(_counted(people), _counted(parties))


def _counted(rows: QuerySet[Any]) -> int:
    return rows.order_by().values("pk")[: COUNTED + 1].count()


def _move(by: Actor, tenant: Tenant, *, suspended: bool) -> bool:
    others = Tenant.objects.filter(pk=tenant.pk, suspended_at__isnull=suspended)
    if not others.update(suspended_at=now() if suspended else None):
        return False
    forget_tenant(tenant.slug)
    with tenant_scope(tenant.pk):
        record(Tag.TENANT_SUSPENDED if suspended else Tag.TENANT_RESUMED, actor=by.name)
    return True
