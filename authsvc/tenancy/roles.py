"""The roles that a user can have in a tenant; they can be named where memberships are not installed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody is in a tenant; `authsvc.management.permissions` says what each role may do."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    AUDITOR = "auditor", _("Auditor")
