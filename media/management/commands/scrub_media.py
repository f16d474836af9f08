"""The command scrub_media: cleans pictures and documents that were stored without being cleaned."""

import io
from copy import copy

import pillow_heif
from django.core.exceptions import ObjectNotUpdated, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from PIL import ExifTags, Image
from wagtail.models import UploadedFile
from wagtail.users.models import UserProfile

from media.cleaning import is_signed
from media.models import CleanDocument, CleanImage

pillow_heif.register_heif_opener()  # so that find_metadata() can open HEIC pictures

MODELS_WITH_FILES = (CleanImage, CleanDocument, UploadedFile)
# Folders of the storage with files of these models, and with profile pictures.
FOLDERS = ("original_images", "documents", "wagtail_uploads", "avatar_images")
# {key in `info` of a Pillow image: what the command calls it}.
METADATA_NAMES = {
    "exif": "camera data (EXIF)",
    "xmp": "XMP",
    "XML:com.adobe.xmp": "XMP",
    "photoshop": "IPTC",
    "comment": "a comment",
}


class Command(BaseCommand):
    help = (
        "Clean what was stored before: pictures, documents, uploads that were never finished, editors' own "
        "pictures, and files that nothing refers to. What is clean is passed over, so it can be stopped and "
        "started again at any time. Ends with an error when a file could not be cleaned."
    )

    def handle(self, **options):
        self.cleaned, self.removed, self.problems = 0, 0, 0
        for model in MODELS_WITH_FILES:
            total = model.objects.count()
            # Only primary keys are loaded at once: a library can be large.
            for number, pk in enumerate(model.objects.order_by("pk").values_list("pk", flat=True), start=1):
                self.clean(model, pk, f"{model._meta.verbose_name} {pk} ({number} of {total})".capitalize())
        # Profile pictures are off on this site. sweep() deletes their files.
        UserProfile.objects.exclude(avatar="").update(avatar="")
        for folder in FOLDERS:
            self.sweep(folder)
        self.stdout.write(
            f"{self.cleaned} cleaned, {self.removed} removed, {self.problems} left as they were."
        )
        if self.problems:
            raise CommandError("What could not be cleaned must be replaced or deleted by hand.")

    def clean(self, model, pk, label):
        """Clean the file of one instance of `model`, unless it is signed, and print what metadata it had.

        `label`: names the instance in the output.
        """
        instance = model.objects.filter(pk=pk).first()
        if instance is None:  # It was deleted since the command began.
            return
        old_name = instance.file.name
        try:
            with default_storage.open(old_name) as file:
                data = file.read()
            if is_signed(data, old_name):
                return
            replace_file(instance, data)
        except ObjectNotUpdated:  # It was deleted while it was cleaned.
            return
        except (OSError, ValidationError) as error:
            self.problems += 1
            reason = " ".join(error.messages) if isinstance(error, ValidationError) else error
            self.stderr.write(f"{label}: NOT cleaned. {reason}")
            return
        # That of a picture or document is deleted already, that of an UploadedFile is not.
        default_storage.delete(old_name)
        self.cleaned += 1
        size = f"{len(data)} bytes, now {instance.file.size}"
        self.stdout.write(f"{label}: {', '.join([*find_metadata(data), size])}")

    def sweep(self, folder):
        """Delete the files in `folder` that no row refers to and that aren't signed.

        Such files remain when this command is interrupted, and from older versions of the site. A signed file
        without a row may be an upload whose row isn't saved yet.
        """
        try:
            names = default_storage.listdir(folder)[1]
        except FileNotFoundError:
            return
        for path in (f"{folder}/{name}" for name in names):
            if is_used(path):
                continue
            with default_storage.open(path) as file:
                data = file.read()
            if not is_signed(data, path):
                default_storage.delete(path)
                self.removed += 1
                self.stdout.write(f"A file that nothing refers to, in {folder}: removed")


def is_used(path):
    """Return whether a row refers to the file at `path`."""
    return any(model.objects.filter(file=path).exists() for model in MODELS_WITH_FILES)


@transaction.atomic
def replace_file(instance, data):
    """Clean and store the bytes `data` as the file of `instance`."""
    before = copy(instance)
    instance.file = ContentFile(data, name=instance.file.name)
    instance.save()
    if isinstance(instance, CleanImage):
        # It is the same picture. save() asked again who is on it, because its file is a new one.
        instance.asks_again = before.asks_again
        scale = max(instance.width, instance.height) / max(before.width, before.height)
        move_focal_point(instance, scale)
        instance.save()


def move_focal_point(image, scale):
    """Move the focal point of `image`, whose sides are now `scale` times as long."""
    if scale != 1 and image.has_focal_point():
        for name in ("x", "y", "width", "height"):
            field = f"focal_point_{name}"
            setattr(image, field, round(getattr(image, field) * scale))


def find_metadata(data):
    """Return the sorted names of the metadata in the picture `data`; an empty list for other files."""
    try:
        image = Image.open(io.BytesIO(data))
        found = {METADATA_NAMES[key] for key in image.info if key in METADATA_NAMES}
        if ExifTags.Base.GPSInfo in image.getexif():
            found.add("its position")
        if getattr(image, "text", None):
            found.add("texts")
    except Exception:  # The file was cleaned nevertheless.
        return []
    return sorted(found)
