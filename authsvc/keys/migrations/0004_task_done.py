from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0003_key_vouched_for")]

    operations = [
        migrations.CreateModel(
            name="TaskDone",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["until"], name="keys_taskdone_until_idx")]},
        ),
    ]
