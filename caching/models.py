"""The model of changes that visitors may see."""

import secrets

from django.db import models


def random_number():
    """Return a number of 40 bits: the sum of millions of them fits into a column of 64 bits."""
    return secrets.randbits(40)


class Change(models.Model):
    """A transaction that may have changed what visitors see: caching/content_version.py."""

    shows_on_pages = False
    number = models.BigIntegerField(default=random_number)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.pk)
