"""Tenant, and the base of everything that belongs to one."""

import uuid
from collections.abc import Collection, Iterable
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from authsvc.tenancy.scope import NoTenantScope, current_tenant_id, in_every_tenant

Row = TypeVar("Row", bound="TenantOwned")


class Tenant(models.Model):
    """An organisation: its own issuer at `/t/<slug>/`, its own keys, people and relying parties."""

    class Kind(models.TextChoices):
        LIVE = "live", _("Live")
        SANDBOX = "sandbox", _("Sandbox")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$", _("Small letters, digits, hyphens."))
        ],
    )
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.LIVE)
    language = models.CharField(
        max_length=12,
        blank=True,
        default="",
        db_default="",
        help_text="Spoken to whose browser names no language of ours; empty: the installation's.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    suspended_at = models.DateTimeField(null=True)
    # What whoever runs the installation lets it have (tenancy/quotas.py); None: as many as there are.
    most_people = models.PositiveIntegerField(null=True)
    most_relying_parties = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_sandbox(self) -> bool:
        """Whether simulators and test persons are let in; its tokens carry the sandbox issuer."""
        return self.kind == self.Kind.SANDBOX

    @property
    def lets_simulators_in(self) -> bool:
        """Whether simulators, and what only they need, count here: in a sandbox, where they are enabled."""
        return self.is_sandbox and bool(settings.SIMULATOR_ENABLED)


class TenantQuerySet(models.QuerySet[Row]):
    """Rows of the tenant in scope."""

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        """Insert rows, each stamped with the tenant in scope."""
        rows = list(objs)
        for row in rows:
            row.make_ready()
        return super().bulk_create(rows, *args, **kwargs)


class TenantManager(models.Manager[Row]):
    """Sees the rows of the tenant in scope, and refuses to work outside one."""

    def get_queryset(self) -> TenantQuerySet[Row]:
        """Return the rows of the tenant in scope; raises NoTenantScope outside one."""
        rows: TenantQuerySet[Row] = TenantQuerySet(self.model, using=self._db)
        if in_every_tenant():
            return rows
        return rows.filter(tenant_id=current_tenant_id())


class TenantOwned(models.Model):
    """A row that belongs to one tenant; the tenant is stamped from the scope and never changes."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+", editable=False)

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row in the tenant in scope."""
        self.stamp_tenant()
        super().save(*args, **kwargs)

    def note_read(self) -> None:
        """Do what a row needs that was read without the ORM."""

    def make_ready(self) -> None:
        """Do what a row needs before it is stored without `save`."""
        self.stamp_tenant()

    def made_ready(self, names: Collection[str]) -> Collection[str]:
        """Do what a row needs before these of its fields are stored without `save`; return which are."""
        self.stamp_tenant()
        return names

    def stamp_tenant(self) -> None:
        """Set the tenant in scope, or raise NoTenantScope where the row belongs to another."""
        if self.tenant_id is None:
            self.tenant_id = current_tenant_id()
        elif not in_every_tenant() and self.tenant_id != current_tenant_id():
            raise NoTenantScope(f"{type(self).__name__} of another tenant")
