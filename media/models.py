"""The models of pictures and documents, whose files are cleaned and renamed when they are stored."""

from functools import cache

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition, Filter, ImageQuerySet

from media.fields import CleanDocumentField, CleanPictureField


def picture_path(image, filename):
    """Return the path of the file of `image`. `filename` is a nonce and a signature: media/cleaning.py."""
    return f"original_images/{filename}"


def document_path(document, filename):
    """Return the path of the file of `document`. `filename` is a nonce and a signature: media/cleaning.py."""
    return f"documents/{filename}"


def store_file(instance):
    """Store the new file of `instance`, if it has one, before `instance` is saved.

    So width, height, size and hash are saved as those of the cleaned file.
    """
    if instance.file and not instance.file._committed:
        instance.file.save(instance.file.name, instance.file.file, save=False)


def get_shared_filter(filter_or_spec):
    """Return the Filter of a spec that all requests share, as parsing a spec takes time."""
    return make_filter(getattr(filter_or_spec, "spec", filter_or_spec))


@cache
def make_filter(spec):
    return Filter(spec=spec)


def load_renditions(images):
    """Load the renditions of all `images` with one query at most, instead of one for each image.

    `images`: CleanImages, and None for a page without a picture. Renditions that are loaded already stay.
    """
    models.prefetch_related_objects([image for image in images if image], "renditions")


class CleanImageQuerySet(ImageQuerySet):
    def bulk_create(self, objs, *args, **kwargs):
        # Otherwise the width and height are written before the file is cleaned.
        objs = list(objs)
        for each in objs:
            store_file(each)
        return super().bulk_create(objs, *args, **kwargs)


class CleanImage(AbstractImage):
    class Shows(models.TextChoices):
        PERSON_IN_STORY = "person", _("The person in the story")
        SOMEONE_ELSE = "other", _("Someone else")
        ILLUSTRATION = "illustration", _("An illustration")
        PLACE_OR_THING = "place", _("A place or a thing")

    file = CleanPictureField(_("file"), upload_to=picture_path, width_field="width", height_field="height")
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
        help_text=_(
            "Look before you go on: does a face, a tattoo, a uniform, a landmark, the front of a house, "
            "a document or a screen give somebody away? Readers are told when a picture shows someone "
            "other than the person in the story."
        ),
    )

    objects = CleanImageQuerySet.as_manager()

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
        # Wagtail falls back to the title, which is often the name of a file.
        return self.description

    def save(self, *args, **kwargs):
        store_file(self)
        super().save(*args, **kwargs)

    def get_rendition(self, filter):
        # Wagtail's method writes the rendition that it found to the cache each time.
        return self.get_renditions(filter)[get_shared_filter(filter).spec]

    def get_renditions(self, *filters):
        return super().get_renditions(*map(get_shared_filter, filters))

    def create_renditions(self, *filters):
        """Create those of the renditions for `filters` that are missing. Return all of them.

        Renditions that another process made since those of this picture were loaded are not made again.

        If two requests create the same one at the same time, the first one stays. Wagtail returns the second
        request's own renditions, whose files are in no row of the database, so nobody could download them.
        """
        if not filters:
            return {}
        stored = self.get_stored_renditions(filters)
        keys = {each: (each.spec, each.get_cache_key(self)) for each in filters}
        found = {each: stored[key] for each, key in keys.items() if key in stored}
        made = super().create_renditions(*[each for each in filters if each not in found])
        stored = self.get_stored_renditions(made)
        for each, rendition in made.items():
            first = stored[rendition.filter_spec, rendition.focal_point_key]
            if first.file != rendition.file:
                rendition.file.delete(save=False)
                made[each] = first
        return found | made

    def get_stored_renditions(self, filters):
        """Return {(spec, focal point key): rendition} of the renditions in the database for `filters`."""
        stored = self.renditions.filter(filter_spec__in=[each.spec for each in filters])
        return {(each.filter_spec, each.focal_point_key): each for each in stored}

    def _set_image_file_metadata(self):
        # Size and hash are set in CleanFileMixin.save. Wagtail's method leaves the file open.
        pass


class Rendition(AbstractRendition):
    image = models.ForeignKey(CleanImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        unique_together = (("image", "filter_spec", "focal_point_key"),)
        # serve_rendition looks renditions up by the name of the file.
        indexes = [models.Index(fields=["file"], name="rendition_file")]

    @property
    def is_original(self):
        """Whether it has the whole picture, unchanged. The admin makes this rendition of each picture."""
        return self.filter_spec == "original"

    @property
    def url(self):
        # Never an address of the storage, such as one of S3, which would bypass the check of access.
        return settings.MEDIA_URL + self.file.name


class CleanDocument(AbstractDocument):
    file = CleanDocumentField(_("file"), upload_to=document_path)

    admin_form_fields = ("title", "file", "collection", "tags")

    class Meta(AbstractDocument.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        permissions = [("choose_document", "Can choose document")]

    def clean(self):
        # Of several documents that are uploaded together, each is first checked without a file. Wagtail's
        # method fails without one.
        if self.file:
            super().clean()

    def save(self, *args, **kwargs):
        store_file(self)
        super().save(*args, **kwargs)

    def _set_document_file_metadata(self):
        # As in CleanImage.
        pass
