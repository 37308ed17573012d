"""What waits to be told to relying parties is in the outbox of authsvc.delivery.

The table of logout notices and the column `notified_at` of backchannel requests stay in the database, without
a model, so that the release before can run beside this one; the release after drops them. What is taken over
is marked there as done, so that it is not sent twice.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.utils.timezone import now

from authsvc.core.ids import new_id
from authsvc.tenancy.scope import every_tenant_scope

# What the release before tried so often was given up.
MOST_TRIES = 8


def take_over(apps, schema_editor):
    alias = schema_editor.connection.alias
    with every_tenant_scope():
        take_over_notices(apps, alias)
        take_over_pings(apps, alias)


def take_over_notices(apps, alias):
    waiting = apps.get_model("oidc", "LogoutNotice").objects.using(alias)
    waiting = waiting.filter(delivered_at=None, tries__lt=MOST_TRIES)
    put(apps, alias, [
        dict(
            client_id=notice.client_id, tenant_id=notice.tenant_id, kind="logout", about=notice.sid,
            content={"sub": notice.sub}, created_at=notice.created_at, due_at=notice.next_try_at,
            tries=notice.tries, problem=notice.problem,
        )
        for notice in waiting
    ])  # fmt: skip
    waiting.update(tries=MOST_TRIES, problem="handed to the outbox")


def take_over_pings(apps, alias):
    waiting = apps.get_model("oidc", "BackchannelRequest").objects.using(alias)
    waiting = waiting.filter(
        notified_at=None, redeemed_at=None, client__backchannel_token_delivery_mode="ping"
    )
    put(apps, alias, [
        dict(
            client_id=row.client_id, tenant_id=row.tenant_id, kind="ciba-ping", about=row.pk,
            created_at=row.created_at, due_at=row.expires_at if row.state == "pending" else now(),
        )
        for row in waiting
    ])  # fmt: skip
    waiting.update(notified_at=now())


def put(apps, alias, rows):
    Delivery = apps.get_model("delivery", "Delivery")
    Delivery.objects.using(alias).bulk_create(Delivery(id=new_id(), **row) for row in rows)


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0001_initial'),
        ('oidc', '0004_devices_of_their_own'),
    ]

    operations = [
        # A table without a model must not keep others from being changed.
        migrations.AlterField(
            model_name='logoutnotice',
            name='client',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clients.relyingparty'),
        ),
        migrations.AlterField(
            model_name='logoutnotice',
            name='tenant',
            field=models.ForeignKey(db_constraint=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.tenant'),
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name='LogoutNotice'),
                migrations.RemoveIndex(model_name='backchannelrequest', name='oidc_backch_notifie_59ef35_idx'),
                migrations.RemoveField(model_name='backchannelrequest', name='notified_at'),
            ],
        ),
    ]
