"""People are listed by name, status and age; the indexes are made beside the release before."""

from django.db import migrations, models

from authsvc.core.concurrently import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("subjects", "0006_words")]

    operations = [
        AddIndexBeside(
            model_name="subject",
            index=models.Index(fields=['tenant', 'name', 'id'], name='subject_by_name'),
        ),
        AddIndexBeside(
            model_name="subject",
            index=models.Index(fields=['tenant', 'status', 'name', 'id'], name='subject_by_status'),
        ),
        AddIndexBeside(
            model_name="subject",
            index=models.Index(fields=['tenant', '-created_at', '-id'], name='subject_by_age'),
        ),
    ]
