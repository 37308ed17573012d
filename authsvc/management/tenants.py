"""Organisations: the rows that everything else belongs to."""

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.policy.services import store_shipped_policy
from authsvc.tenancy.models import Tenant
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
