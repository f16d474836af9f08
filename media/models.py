"""The models of pictures and documents, whose files were cleaned and renamed."""

import logging

from django.conf import settings
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition, ImageQuerySet, SourceImageIOError
from wagtail.images.rect import Rect

from caching.local_date import today
from media.fields import CleanDocumentField, CleanPictureField
from media.filters import drop_equal, get_shared_filter
from media.stored_files import force_update, pages_showing, replaced_file
from safeguarding.releases import lock_found, lock_pages, report_concerned
from safeguarding.uses import Use

logger = logging.getLogger(__name__)
FOCAL_POINT = ("focal_point_x", "focal_point_y", "focal_point_width", "focal_point_height")


def load_renditions(images):
    """Load the renditions of all `images` with one query at most, instead of one for each image.

    `images`: CleanImages, and None for a page without a picture. Renditions that are loaded already stay.
    """
    models.prefetch_related_objects([image for image in images if image], "renditions")


class CleanImageQuerySet(ImageQuerySet):
    """The queryset of pictures. It refuses to create several at once, which sends no signals."""

    def bulk_create(self, *_arguments, **_options):
        raise TypeError("Save one picture at a time, so that it is known whom it shows.")


class CleanImage(AbstractImage):
    """A picture of the library (WAGTAILIMAGES_IMAGE_MODEL), whose file has no metadata."""

    class Shows(models.TextChoices):
        """Whom or what a picture shows. If it is not the person in the story, the page says so to readers."""

        PERSON_IN_STORY = "person", _("The person in the story")
        SOMEONE_ELSE = "other", _("Someone else")
        ILLUSTRATION = "illustration", _("An illustration")
        PLACE_OR_THING = "place", _("A place or a thing")

    SOMEBODY = {Shows.PERSON_IN_STORY, Shows.SOMEONE_ELSE}

    file = CleanPictureField(
        _("file"), upload_to="original_images", width_field="width", height_field="height"
    )
    # Wagtail's field, with the label that the text has in pages. Each page begins with a copy of it.
    description = models.CharField(
        _("alternative text"),
        max_length=255,
        blank=True,
        default="",
        help_text=_(
            "Say in a sentence what the picture shows, for those who can't see it. Each page that shows the "
            "picture begins with this text, and can change it."
        ),
    )
    credit = models.CharField(
        _("credit"),
        max_length=255,
        blank=True,
        help_text=_("The name of who made it; the site adds “Picture:”. No name that must stay secret."),
    )
    shows = models.CharField(
        _("whom it shows"),
        max_length=20,
        choices=Shows,
        help_text=_(
            "Look first: does a face, tattoo, uniform, landmark, house, document or screen give somebody "
            "away? Readers are told when a picture shows someone other than the person in the story."
        ),
    )

    people = models.ManyToManyField(
        "safeguarding.Contributor",
        verbose_name=_("people on the picture"),
        blank=True,
        related_name="+",
        help_text=_("Everybody on it who is in a story. It is shown only while they agree to it."),
    )
    is_recognisable = models.BooleanField(
        _("somebody on it could be recognised"),
        default=True,
        help_text=_("By the face, a tattoo, clothes or anything else. If you are not sure, leave it ticked."),
    )
    # Whether it is unknown who is on it, because the file was replaced, or a person on it was deleted.
    asks_again = models.BooleanField(default=False, editable=False)
    # Whether it shows nobody, and it or another picture with this file was said to show somebody.
    is_relabelled = models.BooleanField(default=False, editable=False)
    # A hash of what it shows, by which copies in other sizes are found: media/looks.py.
    look = models.CharField(max_length=16, default="", editable=False)
    # The last day on which it is shown, in the site's time zone; None if it is not. media/people.py sets it.
    shown_until = models.DateField(null=True, editable=False)

    objects = CleanImageQuerySet.as_manager()

    # For content_of() in publishing/people.py. Of the editors of a picture, most say who is on it.
    seen_on_pages = ("file_hash", "credit", "shows", "is_recognisable", "people", *FOCAL_POINT)
    admin_form_fields = (
        *("file", "title", "description", "shows", "people", "is_recognisable", "credit", "collection"),
        *("tags", *FOCAL_POINT),
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
        force_update(self, kwargs)
        with replaced_file(self, lock_first=self.lock_people) as old_name:
            # Who is on the new picture is asked again.
            if old_name and (self.shows == self.Shows.PERSON_IN_STORY or self.people.exists()):
                self.asks_again = True
            self.note_former_answer()
            # In one transaction with the rows of the people, which are locked: media/people.py.
            with transaction.atomic():
                super().save(*args, **kwargs)
            if old_name:
                self.renditions.all().delete()

    def note_former_answer(self):
        """Set `is_relabelled`. The row in the database has the answer of before."""
        same = CleanImage.objects.filter(models.Q(pk=self.pk) | models.Q(file_hash=self.file_hash))
        somebody = same.filter(models.Q(shows__in=self.SOMEBODY) | models.Q(is_relabelled=True))
        self.is_relabelled = self.shows not in self.SOMEBODY and somebody.exists()

    def lock_people(self, others=()):
        """Lock the pages that show the picture, and all people on it or in these pages, in a transaction.

        It has to come before locking the picture. `others`: primary keys of more people to lock with them.
        """
        pages = lock_pages(self.get_pages())
        uses = Use.objects.filter(page__in=pages).values_list("contributor", flat=True)
        lock_found(lambda: {*others, *self.people.values_list("pk", flat=True), *uses.all()})

    get_pages = pages_showing

    @property
    def is_shown(self):
        """Whether everybody on it agrees to it today. A page also needs what media/people.py says."""
        return self.shown_until is not None and self.shown_until >= today()

    def get_focal_point(self):
        """Return the focal point; without one, the upper third of a portrait, so that no head is cut off."""
        is_tall = self.height > self.width
        return super().get_focal_point() or (Rect(0, 0, self.width, self.height / 3) if is_tall else None)

    def has_focal_point(self):
        return self.focal_point_x is not None  # that an editor chose: Wagtail's form says so

    def get_rendition(self, filter):
        # Wagtail's method writes the rendition to the cache each time, even if it was found there.
        return self.get_renditions(filter)[get_shared_filter(filter).spec]

    def get_renditions(self, *filters):
        return drop_equal(super().get_renditions(*map(get_shared_filter, filters)))

    def create_renditions(self, *filters):
        """Create those of the renditions for `filters` that are missing. Return {Filter: Rendition} of all.

        Of two that are made at a time, the first one stays. Raises SourceImageIOError if the file of this
        picture was replaced or deleted since the picture was loaded, or if the disk is full or the database
        can't be written. Wagtail's template tags then show a missing picture.
        """
        if not filters:
            return {}
        try:
            found = self.get_stored_renditions(filters)
            if missing := [each for each in filters if each not in found]:
                super().create_renditions(*missing)
                found = self.get_stored_renditions(filters)
            return {each: found[each] for each in filters}
        except (DatabaseError, OSError, KeyError) as error:
            logger.warning("No renditions of picture %s can be stored: %s", self.pk, error)
            raise SourceImageIOError("No rendition can be stored.") from error

    def get_stored_renditions(self, filters):
        """Return {Filter: Rendition} of the renditions in the database for `filters`."""
        stored = self.renditions.filter(filter_spec__in=[each.spec for each in filters])
        by_key = {(each.filter_spec, each.focal_point_key): each for each in stored}
        keys = {each: (each.spec, each.get_cache_key(self)) for each in filters}
        return {each: by_key[key] for each, key in keys.items() if key in by_key}

    def _set_image_file_metadata(self):
        # CleanFieldFile sets size and hash. Wagtail's method leaves the file open.
        pass


class Rendition(AbstractRendition):
    """A picture made from a CleanImage, in a size and format for pages or for the admin."""

    new_rows_show_on_pages = False
    image = models.ForeignKey(CleanImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        unique_together = (("image", "filter_spec", "focal_point_key"),)
        # media/access.py looks renditions up by the name of the file.
        indexes = [models.Index(fields=["file"], name="rendition_file")]

    @property
    def is_current(self):
        """Whether it was made of the file that the picture has now, with the focal point of now."""
        return self.focal_point_key == get_shared_filter(self.filter_spec).get_cache_key(self.image)

    @property
    def is_for_pages(self):
        """Whether it is one that pages show.

        Those of pages have a format in their spec. Those of the admin have none, and show the whole picture,
        of which pages may show a part.
        """
        return "format-" in self.filter_spec

    @property
    def url(self):
        # Never an address of the storage, such as one of S3, which would bypass the check of access.
        return settings.MEDIA_URL + self.file.name


class CleanDocument(AbstractDocument):
    """A document of the library (WAGTAILDOCS_DOCUMENT_MODEL), whose file has no metadata."""

    file = CleanDocumentField(_("file"), upload_to="documents")

    seen_on_pages = ("file_hash",)
    is_written_apart = True  # Its editors count as writers of the pages that show it.
    admin_form_fields = ("title", "file", "collection", "tags")

    class Meta(AbstractDocument.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        permissions = [("choose_document", "Can choose document")]

    def clean(self):
        # When several documents are uploaded together, the form of each is first checked without a file, and
        # Wagtail's method fails without one.
        if self.file:
            super().clean()

    def save(self, *args, **kwargs):
        force_update(self, kwargs)
        with transaction.atomic(), replaced_file(self):
            super().save(*args, **kwargs)
            report_concerned(self.get_pages())

    get_pages = pages_showing

    def _set_document_file_metadata(self):
        # As in CleanImage.
        pass
