"""What production refuses to start with (SA-02, S9.4-14); each rule says what to do."""

from collections.abc import Mapping
from typing import Any


class UnsafeSettings(Exception):
    """Production settings that would put people at risk; the message lists every one."""


def problems(settings: Mapping[str, Any]) -> list[str]:
    """Return every unsafe setting of a production process, an empty list where there is none."""
    broker = settings["CELERY_BROKER_URL"]
    rules = {
        "VISOR_BASE_URL must be https": settings["BASE_URL"].startswith("https://"),
        "VISOR_SIMULATOR must be off: the software phone never passes for real": not settings[
            "SIMULATOR_ENABLED"
        ],
        "VISOR_SANDBOX_AUTHENTICATOR must be off": not settings["SANDBOX_AUTHENTICATOR_ENABLED"],
        "VISOR_ROLES must name what this process is: web, worker or portal": bool(settings["ROLES"]),
        "VISOR_DATABASE_URL must be PostgreSQL": settings["DATABASES"]["default"]["ENGINE"].endswith(
            "postgresql"
        ),
        "VISOR_BROKER_URL must be Redis, with its password": broker.startswith(("redis://", "rediss://"))
        and "@" in broker,
        "VISOR_ALLOWED_HOSTS must not hold *": "*" not in settings["ALLOWED_HOSTS"],
        "a worker and the web tier must not share a process": not {"web", "worker"} <= set(settings["ROLES"]),
    }
    return [text for text, met in rules.items() if not met]


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raise UnsafeSettings with every problem, so that all can be mended in one go."""
    found = problems(settings)
    if found:
        raise UnsafeSettings("refusing to start: " + "; ".join(found))
