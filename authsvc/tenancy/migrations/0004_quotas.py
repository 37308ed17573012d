from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenancy', '0003_suspended_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='tenant',
            name='most_people',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='tenant',
            name='most_relying_parties',
            field=models.PositiveIntegerField(null=True),
        ),
    ]
