"""One row an event, and a log over them for each tenant: leaves, tiles, checkpoints (c2sp.org/tlog-tiles).

What the log is made of is only ever added to. Its rows have no foreign key to their tenant: checking one
locks the tenant's row, and every event of a tenant would wait for it (docs/adr/0410).
"""

from collections.abc import Iterator
from typing import Any

from django.db import models

from authsvc.audit.tags import Tag
from authsvc.tenancy.models import Tenant, TenantOwned


def _tenant() -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        Tenant, models.PROTECT, related_name="+", editable=False, db_index=False, db_constraint=False
    )


class AuditHead(TenantOwned):
    """The last sequence number and hash of a chain of the release before; nothing is added to it here."""

    sequence = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="audit_one_head_per_tenant")]


def _events_of(column: str) -> models.Index:
    """The newest events of one subject, client, actor or reason; most events have none."""
    about = ~models.Q((column, ""))
    return models.Index(fields=["tenant", column, "-sequence"], condition=about, name=f"audit_event_{column}")


class AuditEvent(TenantOwned):
    """What happened, with its writer's MAC; a trigger refuses every change and deletion.

    `sequence` orders the events of one installation; where an event stands in its tenant's log is said by
    Position. `old_sequence`, `previous` and `digest` are the chain of the release before.
    """

    sequence = models.BigAutoField(primary_key=True, db_column="id")
    tenant = _tenant()
    at = models.DateTimeField()
    tag = models.CharField(max_length=60)
    actor = models.CharField(max_length=120, blank=True)
    transaction = models.CharField(max_length=64, blank=True)
    client = models.CharField(max_length=120, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=80, blank=True)
    details = models.JSONField(default=dict)
    salt = models.BinaryField(null=True, editable=False)
    mac = models.BinaryField(null=True, editable=False)
    old_sequence = models.PositiveBigIntegerField(default=0, editable=False, db_column="sequence")
    previous = models.CharField(max_length=64, blank=True, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(
                fields=["mac"], condition=models.Q(mac__isnull=False), name="audit_mac_once"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "sequence"], name="audit_event_order"),
            models.Index(fields=["tenant", "transaction"], name="audit_audit_tenant__f396e3_idx"),
            models.Index(fields=["tenant", "tag", "-sequence"], name="audit_event_tag"),
            models.Index(fields=["tenant", "-at"], name="audit_audit_tenant__775300_idx"),
            *map(_events_of, ("subject", "client", "actor", "reason")),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.tag}"

    @property
    def number(self) -> int | None:
        """Where it stands in its tenant's log, from 1 on, where it was read by `reading.numbered`."""
        return getattr(self, "place", None)

    @property
    def words(self) -> str:
        """What happened, in plain words; empty for an event that this release no longer knows."""
        return str(next((tag.words for tag in Tag if tag == self.tag), ""))


class Log(TenantOwned):
    """A tenant's log: its name, and from where on events are looked for that are not in it yet.

    Every event up to `floor` is in the log, or never comes. `next_floor` becomes the floor when every
    transaction has ended that was open at `next_floor_at`, at whose time `next_floor_snapshot` was the next.
    """

    tenant = _tenant()
    origin = models.CharField(max_length=300)
    floor = models.BigIntegerField(default=0)
    next_floor = models.BigIntegerField(default=0)
    next_floor_at = models.DateTimeField(null=True)
    next_floor_snapshot = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="audit_one_log_per_tenant")]


class Position(TenantOwned):
    """Where an event stands in its tenant's log, from 0 on."""

    event = models.BigIntegerField(primary_key=True)
    tenant = _tenant()
    position = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "position"], name="audit_position_once")]


class Segment(TenantOwned):
    """Leaves that came into the log together, each behind its length (2 bytes): part of one bundle of 256."""

    tenant = _tenant()
    first = models.BigIntegerField()
    count = models.PositiveSmallIntegerField()
    leaves = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "first"], name="audit_segment_once")]

    def entries(self) -> Iterator[bytes]:
        """Yield the leaves."""
        content, at = bytes(self.leaves), 0
        while at < len(content):
            end = at + 2 + int.from_bytes(content[at : at + 2], "big")
            yield content[at + 2 : end]
            at = end


class StoredTile(TenantOwned):
    """A full tile, 8,192 bytes of hashes, and the hash above them."""

    tenant = _tenant()
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()
    root = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "level", "index"], name="audit_tile_once")]


class StoredCheckpoint(TenantOwned):
    """A signed checkpoint of the log; `cosignatures` are lines of witnesses."""

    tenant = _tenant()
    size = models.BigIntegerField()
    note = models.TextField()
    cosignatures = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "size"], name="audit_checkpoint_once")]

    @property
    def root(self) -> str:
        """The root hash, as the note says it."""
        return str(self.note.split("\n")[2])
