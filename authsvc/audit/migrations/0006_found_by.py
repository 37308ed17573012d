"""Events are found by person, relying party, actor and reason; made beside the release before."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0005_pruning")]

    operations = [
        AddIndexBeside(
            model_name="auditevent",
            index=models.Index(condition=models.Q(('subject', ''), _negated=True), fields=['tenant', 'subject', '-sequence'], name='audit_event_subject'),
        ),
        AddIndexBeside(
            model_name="auditevent",
            index=models.Index(condition=models.Q(('client', ''), _negated=True), fields=['tenant', 'client', '-sequence'], name='audit_event_client'),
        ),
        AddIndexBeside(
            model_name="auditevent",
            index=models.Index(condition=models.Q(('actor', ''), _negated=True), fields=['tenant', 'actor', '-sequence'], name='audit_event_actor'),
        ),
        AddIndexBeside(
            model_name="auditevent",
            index=models.Index(condition=models.Q(('reason', ''), _negated=True), fields=['tenant', 'reason', '-sequence'], name='audit_event_reason'),
        ),
    ]
