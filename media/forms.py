"""The base forms for pictures and documents in the admin, with fields that clean the file.

The settings WAGTAILIMAGES_IMAGE_FORM_BASE and WAGTAILDOCS_DOCUMENT_FORM_BASE name them.
"""

from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm

from media.fields import DocumentFormField, PictureFormField


def replace_file_field(form, field_class):
    """Make the field "file" of `form` a `field_class`, if the form has one. Some of Wagtail's forms don't."""
    if field := form.fields.get("file"):
        form.fields["file"] = field_class(label=field.label, required=field.required, widget=field.widget)


class PictureForm(BaseImageForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        replace_file_field(self, PictureFormField)


class DocumentForm(BaseDocumentForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        replace_file_field(self, DocumentFormField)
