"""The admin's view that adds several pictures at once.

It asks once for all of them whom they show (the field `shows`) and who made them (`credit`).
"""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.images.views.multiple import AddView

from media.forms import offer_last_credit
from media.models import CleanImage

# The value of `shows` for "Not the same for all". The form for one picture does not accept it. So Wagtail
# shows a form for each picture, and stores the picture only when that form is complete.
EACH = "each"


class AnswersForm(forms.ModelForm):
    """The questions for all pictures, above Wagtail's form for the files.

    The HTML attribute "form" of their inputs makes them a part of Wagtail's form. Its id is given by
    editing/static/editing/add_pictures.js.
    """

    class Meta:
        model = CleanImage
        fields = ["shows", "credit"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        offer_last_credit(self.fields["credit"], user)
        for field in self.fields.values():
            field.widget.attrs["form"] = "upload-form"
        shows = self.fields["shows"]
        shows.choices = [*shows.choices, (EACH, _("Not the same for all"))]


class AddPicturesView(AddView):
    template_name = "editing/add_pictures.html"

    def get_upload_form_class(self):
        """Return Wagtail's form for one picture, whose data get the answers for all.

        The dialog of a gallery (editing/static/editing/gallery.js) also asks who is on the pictures.
        """
        answers = {name: self.request.POST.get(name, "") for name in AnswersForm.base_fields}
        # The page does not ask whether somebody could be recognised. A checkbox without data would mean "no".
        answers |= {"people": self.request.POST.getlist("people"), "is_recognisable": True}
        files = self.request.FILES

        class AnsweredForm(super().get_upload_form_class()):
            def __init__(self, data=None, *args, **kwargs):
                super().__init__(data and data | answers, *args, **kwargs)

            def clean_file(self):
                # If an answer is missing, Wagtail stores the file of the request. To clean it again then
                # takes time, and fails while other files are being cleaned.
                files["files[]"] = super().clean_file()
                return files["files[]"]

        return AnsweredForm

    def save_object(self, form):
        # Wagtail's method saves no relations, such as that to the people.
        form.instance.uploaded_by_user = self.request.user
        return form.save()

    def get_edit_upload_form_context_data(self):
        """Fill in the form of a picture that is not stored yet. Wagtail fills in only the file's name."""
        for name in ("title", "credit"):
            setattr(self.object, name, self.request.POST.get(name, ""))
        return super().get_edit_upload_form_context_data()

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"answers": AnswersForm(user=self.request.user)}
