"""Model and form fields for pictures and documents, which clean each file before it is stored."""

from django import forms
from django.db import models
from PIL import Image
from wagtail.documents.fields import WagtailDocumentField
from wagtail.images.fields import WagtailImageField as WagtailImageFormField
from wagtail.images.models import WagtailImageField, WagtailImageFieldFile
from wagtail.utils.file import hash_filelike

from media.cleaning import clean_picture, is_signed
from media.documents import clean_document
from media.looks import look_of

# --- On models -----------------------------------------------------------------------------------


class CleanFileMixin:
    """Cleans a file in `save`, through which every file gets into the storage, with or without a form."""

    def save(self, name, content, save=True):
        """Clean `content` and store it. Raises ValidationError if it can't be cleaned."""
        clean = self.field.clean_file(content, name)
        self.instance.file_size = clean.size
        self.instance.file_hash = hash_filelike(clean)
        if hasattr(self.instance, "look"):
            self.instance.look = look_of(clean)
        super().save(clean.name, clean, save)


class CleanPictureFile(CleanFileMixin, WagtailImageFieldFile):
    """The file of a picture, which Pillow opens only after it was cleaned."""

    def get_image_dimensions(self):
        """Return (width, height) from the header of the file, or (None, None) if it isn't cleaned yet.

        Pillow opens no uploaded file in this process: it could be a decompression bomb.
        """
        was_closed = self.closed
        try:
            self.open()
            if not self._committed and not is_signed(self.read(), self.name):
                return None, None
            self.seek(0)
            return Image.open(self, formats=["JPEG", "PNG"]).size
        except Exception:  # The file is missing, or was stored before pictures were cleaned.
            return None, None
        finally:
            if was_closed:
                self.close()
            else:
                self.seek(0)


class CleanPictureField(WagtailImageField):
    attr_class = CleanPictureFile
    clean_file = staticmethod(clean_picture)


class CleanDocumentFile(CleanFileMixin, models.fields.files.FieldFile):
    pass


class CleanDocumentField(models.FileField):
    attr_class = CleanDocumentFile
    clean_file = staticmethod(clean_document)


# --- In forms ------------------------------------------------------------------------------------


class PictureFormField(WagtailImageFormField):
    """Cleans the file in the form, so that a file that can't be cleaned is an error of this field."""

    def to_python(self, data):
        # Not super(): Wagtail's method decodes a picture before it checks the number of pixels.
        file = forms.FileField.to_python(self, data)
        return file and clean_picture(file, file.name)


class DocumentFormField(WagtailDocumentField):
    """Cleans the file in the form, so that a file that can't be cleaned is an error of this field."""

    def to_python(self, data):
        file = super().to_python(data)
        return file and clean_document(file, file.name)


# --- Uploads without a form yet ------------------------------------------------------------------


def clean_waiting_upload(sender, instance, **kwargs):
    """Clean the file of `instance`, an UploadedFile of Wagtail, before it is stored. Receiver of pre_save.

    When several files are uploaded together, an UploadedFile holds each one until its form is complete.
    """
    if instance.file and not instance.file._committed:
        field = instance.for_content_type.model_class()._meta.get_field("file")
        instance.file = field.clean_file(instance.file.file, instance.file.name)
