"""Adds several pictures at once. Whom they show and who made them is asked once for all of them."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.images.views.multiple import AddView

from media.models import CleanImage

# The answer for pictures that do not all show the same. The form for one picture does not accept it, so each
# picture is stored only after its own form is complete.
EACH = "each"


class AnswersForm(forms.ModelForm):
    """The questions above the field for the files. Their inputs belong to the form of Wagtail's template."""

    class Meta:
        model = CleanImage
        fields = ["shows", "credit"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["form"] = "upload-form"
        shows = self.fields["shows"]
        shows.choices = [*shows.choices, (EACH, _("Not the same for all"))]


class AddPicturesView(AddView):
    template_name = "editing/add_pictures.html"

    def get_upload_form_class(self):
        """Return the form for one picture, to which the answers for all are added."""
        answers = {name: self.request.POST.get(name, "") for name in AnswersForm.base_fields}

        class AnsweredForm(super().get_upload_form_class()):
            def __init__(self, data=None, *args, **kwargs):
                super().__init__(data and data | answers, *args, **kwargs)

        return AnsweredForm

    def get_edit_upload_form_context_data(self):
        for name in ("title", "credit"):
            setattr(self.object, name, self.request.POST.get(name, ""))
        return super().get_edit_upload_form_context_data()

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"answers": AnswersForm()}
