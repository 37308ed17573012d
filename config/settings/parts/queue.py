"""The queue: JSON only, ids only, no results (S9.4-07)."""

from typing import Any

from authsvc.core.redis_servers import Watched, is_sentinel
from config.settings.given import given

# As it was told; Celery has a Sentinel's without the name of the master, which it takes among the options.
BROKER_URL = given.broker_url
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Seconds. Whoever takes messages waits for them a second at a time, so that more says that Redis is gone.
_PATIENCE = 2 if {"web", "portal"} & set(given.roles) else 5
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "visibility_timeout": 60,
    "socket_connect_timeout": 2,
    "socket_timeout": _PATIENCE,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_BEAT_SCHEDULE_FILENAME = str(given.data_dir / "celerybeat-schedule")

if is_sentinel(BROKER_URL):
    _watched = Watched.of(BROKER_URL)
    CELERY_BROKER_URL = _watched.broker
    CELERY_BROKER_USE_SSL = {**_watched.tls} or False
    _tls = {"ssl": True, **_watched.tls} if _watched.tls else {}
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "master_name": _watched.master,
        "sentinel_kwargs": {"socket_connect_timeout": 2, "socket_timeout": 2, **_watched.asking, **_tls},
    }

QUEUE_DIR = given.data_dir / "queue"
if given.broker_url.startswith("embedded"):
    # Messages are files in one folder, looked at fifty times a second.
    CELERY_BROKER_TRANSPORT = "authsvc.core.embedded_queue:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.02,
    }
    for _folder in ("messages", "control"):
        (QUEUE_DIR / _folder).mkdir(parents=True, exist_ok=True)
