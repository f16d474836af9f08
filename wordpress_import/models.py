"""Models of what was imported: pages, files, and old addresses. With them, a second run changes nothing."""

from django.db import models
from wagtail.models import Page


class ImportedItem(models.Model):
    """An item of an export, such as a post, that was imported. `page` is None if somebody deleted the page.

    `key`: the type and id of the item; for an item without an id, a hash of it (key_of() in importer.py).
    """

    shows_on_pages = False
    source = models.CharField(max_length=64)  # Export.source
    key = models.CharField(max_length=64)
    page = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="+")
    # A hash of what was written, and the primary key of the revision with it. If the page has a later
    # revision, somebody has worked on it.
    digest = models.CharField(max_length=64)
    revision = models.BigIntegerField()
    # Why an editor has to look at the page: reasons.py.
    needs_eyes = models.JSONField(default=list)
    # The number of missing files, pictures or not.
    missing_pictures = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="one_page_per_item")]

    def __str__(self):
        return f"{self.source} {self.key}"


class ImportedFile(models.Model):
    """A file of the uploads folder that was imported, or could not be. `key`: a hash of its path.

    It is a hash because a path can name people. Without picture and document, either somebody deleted the
    file here, and it is not imported again, or it could not be fetched, and `problem` says why.
    """

    shows_on_pages = False
    source = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    image = models.ForeignKey("media.CleanImage", null=True, on_delete=models.SET_NULL, related_name="+")
    document = models.ForeignKey(
        "media.CleanDocument", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="one_file_per_path")]

    def __str__(self):
        return f"{self.source} {self.key}"


class OldAddress(models.Model):
    """An address of the old site. `digest`: its hash, because old addresses can have names in them.

    The address of a file has `image` or `document`, and `page` is one that shows it. Other addresses lead to
    `page`. If `page` is None, somebody deleted the page.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    page = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="+")
    image = models.ForeignKey("media.CleanImage", null=True, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey("media.CleanDocument", null=True, on_delete=models.CASCADE, related_name="+")

    def __str__(self):
        return self.digest
