"""The roles that a user can have in a tenant; they can be named where memberships are not installed."""

from django.db import models


class Role(models.TextChoices):
    """What somebody is in a tenant; `authsvc.management.permissions` says what each role may do."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Administrator"
    AUDITOR = "auditor", "Auditor"
