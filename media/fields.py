"""Model and form fields for pictures and documents.

The fields of forms clean each file. Those of models store nothing but a CleanFile: media/cleaning.py.
"""

from pathlib import PurePath

from django import forms
from django.db import models
from django.db.models.fields.files import FieldFile
from PIL import Image
from wagtail.documents.fields import WagtailDocumentField
from wagtail.images.fields import WagtailImageField as WagtailImageFormField
from wagtail.images.models import WagtailImageField, WagtailImageFieldFile
from wagtail.utils.file import hash_filelike

from media.cleaning import PICTURE_SUFFIXES, CleanFile, clean_picture
from media.documents import SUFFIXES as DOCUMENT_SUFFIXES
from media.documents import clean_document
from media.looks import look_of

# --- On models -----------------------------------------------------------------------------------


class CleanFieldFile(FieldFile):
    """Refuses in `save`, through which every file gets into the storage, what was not cleaned."""

    def save(self, name, content, save=True):
        """Store `content` under its own random name.

        Raises TypeError unless it is a CleanFile of the kind that the field is for. Bytes that were cleaned
        as text could be a PDF.
        """
        if not isinstance(content, CleanFile) or content.suffix not in self.field.suffixes:
            raise TypeError("Clean the file with clean_picture() or clean_document() first.")
        self.instance.file_size = content.size
        self.instance.file_hash = hash_filelike(content)
        if hasattr(self.instance, "look"):
            self.instance.look = look_of(content)
        super().save(content.name, content, save)


class CleanPictureFile(CleanFieldFile, WagtailImageFieldFile):
    """The file of a picture, which Pillow opens only after it was cleaned."""

    def get_image_dimensions(self):
        """Return (width, height) from the header of the file, or (None, None) if it isn't clean, or missing.

        Pillow opens no uploaded file in this process: it could be a decompression bomb.
        """
        if not self._committed and not isinstance(self.file, CleanFile):
            return None, None
        was_closed = self.closed
        try:
            self.open()
            return Image.open(self, formats=["JPEG", "PNG"]).size
        except OSError:
            return None, None
        finally:
            if was_closed:
                self.close()
            else:
                self.seek(0)


class CleanPictureField(WagtailImageField):
    attr_class = CleanPictureFile
    suffixes = PICTURE_SUFFIXES
    clean_file = staticmethod(clean_picture)


class CleanDocumentField(models.FileField):
    attr_class = CleanFieldFile
    suffixes = DOCUMENT_SUFFIXES
    clean_file = staticmethod(clean_document)


def optional_picture(label):
    """Return a model's field for a picture of the library, or none. `label`: its name in forms."""
    options = {"verbose_name": label, "null": True, "blank": True, "related_name": "+"}
    return models.ForeignKey("media.CleanImage", models.SET_NULL, **options)


class WaitingFile(FieldFile):
    """The file of an UploadedFile of Wagtail, which holds an upload until its form is complete.

    It is cleaned before it is stored. media/apps.py sets this class.
    """

    def save(self, name, content, save=True):
        if not isinstance(content, CleanFile):
            model = self.instance.for_content_type.model_class()
            content = model._meta.get_field("file").clean_file(content)
        super().save(content.name, content, save)

    @FieldFile.file.getter
    def file(self):
        # Wagtail gives this to the field of the picture or document, which takes a CleanFile only.
        if getattr(self, "_file", None) is None:
            with self.storage.open(self.name) as stored:
                self._file = CleanFile(stored.read(), PurePath(self.name).suffix)
        return self._file


# --- In forms ------------------------------------------------------------------------------------


class PictureFormField(WagtailImageFormField):
    """Cleans the file in the form, so that a file that can't be cleaned is an error of this field."""

    def to_python(self, data):
        # Not super(): Wagtail's method decodes a picture before it checks the number of pixels.
        file = forms.FileField.to_python(self, data)
        return file and clean_picture(file)


class DocumentFormField(WagtailDocumentField):
    """Cleans the file in the form, so that a file that can't be cleaned is an error of this field."""

    def to_python(self, data):
        file = super().to_python(data)
        return file and clean_document(file)
