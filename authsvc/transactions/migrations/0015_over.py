"""What is open and what is over is found by an index of just that; made beside the release before.

The sweep of the release before, which may run meanwhile, reads more for want of the two that go.
"""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside, RemoveIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("transactions", "0014_turns")]

    operations = [
        AddIndexBeside(
            model_name='capture',
            index=models.Index(condition=models.Q(('state', 'submitted')), fields=['deadline'], name='capture_waiting'),
        ),
        AddIndexBeside(
            model_name='capture',
            index=models.Index(condition=models.Q(('state__in', ('issued', 'submitted'))), fields=['tenant', 'issued_at'], name='capture_open'),
        ),
        AddIndexBeside(
            model_name='transaction',
            index=models.Index(condition=models.Q(('state__in', ('open', 'proven', 'challenged', 'submitted', 'decided'))), fields=['expires_at'], name='transaction_running'),
        ),
        AddIndexBeside(
            model_name='transaction',
            index=models.Index(fields=['ended_at'], name='transaction_ended'),
        ),
        AddIndexBeside(
            model_name='transaction',
            index=models.Index(condition=models.Q(('subject__isnull', True)), fields=['ended_at'], name='transaction_of_nobody'),
        ),
        RemoveIndexBeside(
            model_name='capture',
            name='transaction_state_bb2b03_idx',
        ),
        RemoveIndexBeside(
            model_name='capture',
            name='transaction_state_a8b837_idx',
        ),
        RemoveIndexBeside(
            model_name='transaction',
            name='transaction_state_618188_idx',
        ),
    ]
