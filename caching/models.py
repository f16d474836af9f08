"""The model of changes that could not be written to the shared cache."""

from django.db import models


class MissedChange(models.Model):
    """A change of the content version that could not be written to CACHE_URL, the Redis of all processes.

    The row is committed with what changed. As soon as Redis answers, caching/shared_version.py changes the
    version and deletes the row. caching/content_version.py says what the version is for.
    """

    class Meta:
        default_permissions = ()
        verbose_name = "missed change"
        verbose_name_plural = "missed changes"

    def __str__(self):
        return str(self.pk)
