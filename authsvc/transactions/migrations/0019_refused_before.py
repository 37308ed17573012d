"""Attempts that were refused under the release before say so; some at a time, and nobody waits for them.

Which level they reached is left open: their own page works it out.
"""

from django.db import migrations
from django.db.models import OuterRef, Subquery

from authsvc.tenancy.scope import every_tenant_scope

AT_ONCE = 1000
UNPROVEN = ("transaction:device:refused", "transaction:key:refused")


def say_why(apps, schema_editor):
    """Store the last reason of each attempt that a device or a face was refused in, and that is over."""
    alias = schema_editor.connection.alias
    Capture = apps.get_model("transactions", "Capture").objects.using(alias)
    AuditEvent = apps.get_model("audit", "AuditEvent").objects.using(alias)
    with every_tenant_scope():
        faces = Capture.filter(state__in=("refused", "expired"), submitted_at__isnull=False)
        _store(apps, alias, faces.filter(transaction=OuterRef("pk")).order_by("-number"), faces, "transaction_id")
        devices = AuditEvent.filter(tag__in=UNPROVEN)
        mine = devices.filter(tenant=OuterRef("tenant"), transaction=OuterRef("pk")).order_by("-sequence")
        _store(apps, alias, mine, devices, "transaction")


def _store(apps, alias, reasons, rows, column):
    Transaction = apps.get_model("transactions", "Transaction").objects.using(alias)
    found = rows.order_by().values_list(column, flat=True).distinct().iterator(chunk_size=AT_ONCE)
    while some := [pk for _, pk in zip(range(AT_ONCE), found)]:
        waiting = Transaction.filter(pk__in=some, refused_for="", ended_at__isnull=False)
        waiting.update(refused_for=Subquery(reasons.values("reason")[:1]))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("transactions", "0018_listed"), ("audit", "0006_found_by")]

    operations = [migrations.RunPython(say_why, migrations.RunPython.noop, elidable=True)]
