"""Refused attempts have an index by relying party too, made beside the release before.

Without it the refused ones of all parties met those of all outcomes of some.
"""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("transactions", "0020_by_outcome")]

    operations = [
        AddIndexBeside(
            model_name="transaction",
            index=models.Index(condition=models.Q(models.Q(('refused_for', ''), _negated=True), models.Q(('state__in', ('cancelled', 'expired')), ('decided_at__isnull', True), _connector='OR')), fields=['tenant', 'client', '-created_at'], name='transaction_refused_at_party'),
        ),
    ]
