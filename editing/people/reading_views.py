"""Views of the admin that show a text to the person in it: here, on paper or by a link. See Reading.

Leads, the members of the group Safeguarding, may, and whoever may edit the page that has the person in it.
"""

from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.generic import FormView
from wagtail.admin.forms import WagtailAdminModelForm

from editing.people.consent_views import OfPageMixin
from editing.people.forms import KEY_MISSING
from editing.people.views import PersonMixin
from safeguarding.encryption import has_keys
from safeguarding.policies import is_lead
from safeguarding.reading_answers import record
from safeguarding.reading_forms import AnswersForm
from safeguarding.reading_start import may_be_shown, start
from safeguarding.reading_text import render_text
from safeguarding.readings import Reading, open_readings


class StartForm(WagtailAdminModelForm):
    """How a text is shown to `person`. A link is a choice only if it is safe for the person."""

    language = forms.ChoiceField(label=gettext_lazy("Language of the questions"), choices=settings.LANGUAGES)

    class Meta(WagtailAdminModelForm.Meta):
        model = Reading
        fields = ("way", "language", "interpreter")
        widgets = {"way": forms.RadioSelect}

    def __init__(self, *args, person, version, **kwargs):
        super().__init__(*args, **kwargs)
        self.version = version
        self.fields["way"].choices = [each for each in Reading.Way.choices if may_be_shown(person, each[0])]

    def clean(self):
        if not has_keys():
            raise forms.ValidationError(KEY_MISSING)  # The answers could not be stored.
        if not all(each.is_shown for each in self.version.report.pictures):
            text = _("A picture is not shown yet: its people have to agree to it first, or take it out.")
            raise forms.ValidationError(text)
        return super().clean()


class ShowMixin(OfPageMixin):
    """For views of a reading of `page` by the person."""

    def get_success_url(self):
        return PersonMixin.get_success_url(self) if is_lead(self.request.user) else super().get_success_url()


class StartView(ShowMixin, FormView):
    """Starts a reading of the latest version of `page` in the way that the form says.

    For one on the device of the user, the session ends before the text is shown: the person who gets the
    device can't open the admin with it.
    """

    form_class = StartForm
    template_name = "editing/people/show.html"
    page_title = gettext_lazy("Show it to the person")

    def get_form_kwargs(self):
        if not self.page or not self.versions or not may_be_shown(self.person, Reading.Way.HERE):
            raise Http404
        language = self.page.locale.language_code
        more = {"person": self.person, "version": self.versions[-1], "initial": {"language": language}}
        return super().get_form_kwargs() | more

    def get_context_data(self, **kwargs):
        on_paper = open_readings(way=Reading.Way.PAPER, page=self.page, contributor=self.person)
        return super().get_context_data(on_paper=on_paper, action_url=self.request.get_full_path(), **kwargs)

    def form_valid(self, form):
        # To make the renditions takes longer than a web server waits for a public page.
        render_text(self.request, self.versions[-1].content)
        reading = start(self.versions[-1], self.request.user, contributor=self.person, **form.cleaned_data)
        if reading.way == Reading.Way.PAPER:
            return redirect("safeguarding_readings:sheet", reading.pk)
        if reading.way == Reading.Way.HERE:
            logout(self.request)
            return redirect(reading.path)
        self.template_name = "editing/people/link.html"
        return self.render_to_response(self.get_context_data(form=form, reading=reading))


class PaperView(ShowMixin, FormView):
    """Records the answers of a reading on paper. A yes has to be about a version that the page still has."""

    form_class = AnswersForm
    template_name = "editing/people/enter.html"
    page_title = gettext_lazy("Enter the answers")

    @cached_property
    def reading(self):
        reading = get_object_or_404(open_readings(way=Reading.Way.PAPER), pk=self.kwargs["pk"])
        if reading.contributor.has_withdrawn:
            raise Http404
        return reading

    person = property(lambda view: view.reading.contributor)
    page = property(lambda view: view.reading.page)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"reading": self.reading}

    def form_valid(self, form):
        try:
            record(self.reading, form.answers, self.request.user)
        except ValueError:  # it changed, or another one was answered since
            form.add_error(None, _("The text has changed since. Print the new one."))
            return self.form_invalid(form)
        return self.leave(_("The answers of %s are recorded.") % self.person.code)


class SheetView(PaperView):
    """Shows the sheet to print: the text, and the questions with boxes, in the language of the reading."""

    http_method_names = ("get", "head")

    def get(self, request, *_arguments, **_named):
        if not self.reading.is_current:
            raise Http404
        form, text = AnswersForm(reading=self.reading), render_text(request, self.reading.shown[0])
        context = {"reading": self.reading, "text": text, "form": form}
        with override(self.reading.language):
            response = render(request, "safeguarding/reading_sheet.html", context)
        # Pictures are in the page: render_text().
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self' data:"
        return response
