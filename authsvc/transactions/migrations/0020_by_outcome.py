"""Attempts that were refused, or left, have an index of just these; they are made beside the release before.

Those from before held more rows, of which each had to be looked at.
"""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside, RemoveIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("transactions", "0019_refused_before")]

    operations = [
        AddIndexBeside(
            model_name="transaction",
            index=models.Index(condition=models.Q(models.Q(('refused_for', ''), _negated=True), models.Q(('state__in', ('cancelled', 'expired')), ('decided_at__isnull', True), _connector='OR')), fields=['tenant', '-created_at'], name='transaction_ended_refused'),
        ),
        AddIndexBeside(
            model_name="transaction",
            index=models.Index(condition=models.Q(('refused_for', ''), ('state__in', ('cancelled', 'expired'))), fields=['tenant', '-created_at'], name='transaction_unfinished'),
        ),
        RemoveIndexBeside(model_name="transaction", name="transaction_refused"),
        RemoveIndexBeside(model_name="transaction", name="transaction_left"),
    ]
