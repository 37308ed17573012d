"""Heartbeat."""

from django.db import models


class Heartbeat(models.Model):
    """When a part of the installation last did its work, by the database's clock.

    On PostgreSQL the table is not logged: what it says is over within seconds.
    """

    part = models.CharField(primary_key=True, max_length=20)
    seen_at = models.DateTimeField()
