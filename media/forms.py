"""The forms in which the admin takes pictures and documents, whichever of its pages asks for them."""

from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm

from media.fields import DocumentFormField, PictureFormField


def replace_file_field(form, field_class):
    """Let `field_class` take the file in `form`. Some of Wagtail's forms ask for no file."""
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
