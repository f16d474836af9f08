"""What is known of those who try to sign in."""

from django.db import models


class Tries(models.Model):
    """How often somebody tried lately: one name, or one address, of which only a keyed hash is stored."""

    digest = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    last = models.DateTimeField()

    class Meta:
        verbose_name = "tries to sign in"
        verbose_name_plural = "tries to sign in"

    def __str__(self):
        return self.digest
