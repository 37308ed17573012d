"""The counters of an installation that has no Redis: one machine, and its database."""

from django.db import models


class Counter(models.Model):
    """What was spent of one limit by one key, in the present window and the one before.

    `place` is a digest: the table shows no address and no account. From `over_at` on the row says nothing.
    """

    place = models.CharField(primary_key=True, max_length=64)
    window = models.BigIntegerField()
    before = models.BigIntegerField()
    count = models.BigIntegerField()
    over_at = models.DateTimeField(db_index=True)
