"""Fields whose files are cleaned when they are stored, whatever way they came."""

from django import forms
from django.db import models
from PIL import Image
from wagtail.documents.fields import WagtailDocumentField
from wagtail.images.fields import WagtailImageField as WagtailImageFormField
from wagtail.images.models import WagtailImageField, WagtailImageFieldFile
from wagtail.utils.file import hash_filelike

from media.cleaning import FORMATS, clean_picture
from media.documents import clean_document

# --- On models -----------------------------------------------------------------------------------


class CleanFileMixin:
    """Every file of a field goes through here into the storage, also one that no form has seen."""

    def save(self, name, content, save=True):
        """Clean `content` and store it. Raises ValidationError when it can't be cleaned."""
        clean = self.field.clean_file(content, name)
        self.instance.file_size = clean.size
        self.instance.file_hash = hash_filelike(clean)
        super().save(clean.name, clean, save)


class CleanPictureFile(CleanFileMixin, WagtailImageFieldFile):
    def get_image_dimensions(self):
        """Return width and height; (None, None) when this is no picture.

        Only the head is read: Wagtail's way decodes the whole picture, also one that is a bomb.
        """
        close = self.closed
        try:
            self.open()
            return Image.open(self, formats=FORMATS).size
        except Exception:  # what it is will be said when it is cleaned
            return None, None
        finally:
            self.close() if close else self.seek(0)


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
    """Gives the clean file to the form, so that what is wrong with a file is an error beside it."""

    def to_python(self, data):
        # Not Wagtail's own: it decodes a picture before it looks how large that is.
        file = forms.FileField.to_python(self, data)
        return file and clean_picture(file, file.name)


class DocumentFormField(WagtailDocumentField):
    """Gives the clean file to the form, so that what is wrong with a file is an error beside it."""

    def to_python(self, data):
        file = super().to_python(data)
        return file and clean_document(file, file.name)


# --- Between the two -----------------------------------------------------------------------------


def clean_waiting_upload(sender, instance, **kwargs):
    """Clean the file of Wagtail's UploadedFile `instance` before it is stored.

    It is where a file of several that are uploaded together waits for the rest of its form.
    """
    if instance.file and not instance.file._committed:
        field = instance.for_content_type.model_class()._meta.get_field("file")
        instance.file = field.clean_file(instance.file.file, instance.file.name)
