"""Which browser sessions belong to which session at the provider."""

from typing import ClassVar

from django.db import models


class ProviderSession(models.Model):
    """A session here, with the provider's names for it, so that a logout token can end it."""

    session_key = models.CharField(max_length=40, unique=True)
    sid = models.CharField(max_length=255, blank=True, db_index=True)
    sub = models.CharField(max_length=255, db_index=True)
    objects: ClassVar[models.Manager["ProviderSession"]] = models.Manager()

    class Meta:
        app_label = "rp_client"


class UsedLogoutToken(models.Model):
    """A logout token that has been honoured: its jti counts once while it lives."""

    jti = models.CharField(max_length=255, unique=True)
    expires_at = models.DateTimeField(db_index=True)
    objects: ClassVar[models.Manager["UsedLogoutToken"]] = models.Manager()

    class Meta:
        app_label = "rp_client"
