"""Build."""

from django.db import models


class Build(models.Model):
    """The capture page of a release: the digests of its scripts, and since when it is listed or blocked.

    It belongs to the installation, not to a tenant. Of the release before there were builds, it holds the
    name alone.
    """

    name = models.CharField(primary_key=True, max_length=60, editable=False)
    scripts = models.JSONField(default=dict, help_text="SHA-256, base64url, of each script by its name.")
    listed_at = models.DateTimeField(db_index=True)
    blocked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
