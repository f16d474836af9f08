"""Pictures and documents: kept under random names, as the name of a file can name a person."""

import secrets
from pathlib import PurePath

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition


def random_path(folder, filename):
    """Return a path in `folder` that keeps nothing of `filename` but its extension."""
    return f"{folder}/{secrets.token_hex(16)}{PurePath(filename).suffix.lower()}"


def document_path(document, filename):
    """Return where Django stores the file of `document`."""
    return random_path("documents", filename)


def load_renditions(images):
    """Load the renditions of all `images` with one query, where each would take its own.

    `images`: CleanImage or None, as a page happens to have them. What is loaded is not loaded again.
    """
    models.prefetch_related_objects([image for image in images if image], "renditions")


class CleanImage(AbstractImage):
    class Shows(models.TextChoices):
        PERSON_IN_STORY = "person", _("The person in the story")
        SOMEONE_ELSE = "other", _("Someone else")
        ILLUSTRATION = "illustration", _("An illustration")
        PLACE_OR_THING = "place", _("A place or a thing")

    credit = models.CharField(
        _("credit"),
        max_length=255,
        blank=True,
        help_text=_("Who made the picture, as readers should see it. No name that must stay secret."),
    )
    shows = models.CharField(
        _("whom it shows"),
        max_length=20,
        choices=Shows,
        help_text=_("Readers are told when a picture shows someone other than the person in the story."),
    )

    admin_form_fields = (
        "title",
        "file",
        "shows",
        "description",
        "credit",
        "collection",
        "tags",
        "focal_point_x",
        "focal_point_y",
        "focal_point_width",
        "focal_point_height",
    )

    class Meta(AbstractImage.Meta):
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        permissions = [("choose_image", "Can choose image")]

    @property
    def default_alt_text(self):
        # Wagtail would fall back to the title, which is often the name of a file.
        return self.description

    def get_upload_to(self, filename):
        return random_path("original_images", filename)


class Rendition(AbstractRendition):
    image = models.ForeignKey(CleanImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        unique_together = (("image", "filter_spec", "focal_point_key"),)
        # The view that serves renditions finds them by the name of their file.
        indexes = [models.Index(fields=["file"], name="rendition_file")]


class CleanDocument(AbstractDocument):
    file = models.FileField(_("file"), upload_to=document_path)

    admin_form_fields = ("title", "file", "collection", "tags")

    class Meta(AbstractDocument.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        permissions = [("choose_document", "Can choose document")]
