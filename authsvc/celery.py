"""The Celery application: JSON messages that carry ids only, no results, work acknowledged when done."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.config.settings")

app = Celery("visor")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["authsvc.biometrics", "authsvc.oidc"])
app.conf.beat_schedule = {
    "sweep": {"task": "authsvc.biometrics.tasks.sweep_overdue", "schedule": 5.0, "options": {"expires": 5}},
    "sample-keys": {"task": "authsvc.biometrics.tasks.renew_sample_keys", "schedule": 300.0},
}
