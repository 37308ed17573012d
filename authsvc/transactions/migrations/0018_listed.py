"""Attempts are listed by what they are filtered by; the indexes are made beside the release before."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("transactions", "0017_outcome")]

    operations = [
        AddIndexBeside(
            model_name="transaction",
            index=models.Index(fields=['tenant', 'client', '-created_at'], name='transaction_by_party'),
        ),
        AddIndexBeside(
            model_name="transaction",
            index=models.Index(condition=models.Q(('kind', 'authenticate'), _negated=True), fields=['tenant', 'kind', '-created_at'], name='transaction_by_kind'),
        ),
        AddIndexBeside(
            model_name="transaction",
            index=models.Index(condition=models.Q(('level', ''), _negated=True), fields=['tenant', 'level', '-created_at'], name='transaction_by_level'),
        ),
        AddIndexBeside(
            model_name="transaction",
            index=models.Index(condition=models.Q(('refused_for', ''), _negated=True), fields=['tenant', '-created_at'], name='transaction_refused'),
        ),
        AddIndexBeside(
            model_name="transaction",
            index=models.Index(condition=models.Q(('refused_for', ''), _negated=True), fields=['tenant', 'refused_for', '-created_at'], name='transaction_by_reason'),
        ),
        AddIndexBeside(
            model_name="transaction",
            index=models.Index(condition=models.Q(('state__in', ('cancelled', 'expired'))), fields=['tenant', '-created_at'], name='transaction_left'),
        ),
    ]
