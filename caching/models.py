"""The model of changes that could not be written to the shared cache."""

from django.db import models


class MissedChange(models.Model):
    """A change of the content version that could not be written to the cache of CACHE_URL.

    The row is committed with the change itself. caching/shared_version.py deletes it when it has changed the
    version.
    """

    class Meta:
        default_permissions = ()
        verbose_name = "missed change"
        verbose_name_plural = "missed changes"

    def __str__(self):
        return str(self.pk)
