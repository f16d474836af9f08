"""The base of models whose rows only code writes."""

from django.db import models


class Record(models.Model):
    """A row for which there are no permissions: LeadPolicy says who may see it. Its name is its key."""

    class Meta:
        abstract = True
        default_permissions = ()

    def __str__(self):
        return str(self.pk)
