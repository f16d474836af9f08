"""The queryset of rows that are recorded once, and neither changed nor deleted."""

from django.db import models


class AppendOnlyQuerySet(models.QuerySet):
    """Refuses to change and delete rows, and to create several at once, which would send no signals."""

    def bulk_create(self, *_arguments, **_options):
        raise TypeError("Record one event at a time, so that the pages follow it.")

    def update(self, **_values):
        raise TypeError("What was recorded is not changed: record a new event.")

    def delete(self):
        raise TypeError("What was recorded is not deleted: record a new event.")
