"""The chooser of people for the page editor. It shows their codes, such as P-7K3M, and what they agreed to.

Leads and users who may edit pages may use it. Somebody who is not in the list yet can be added. That person
has a code and a label, and no consent, so that pages with the person wait. safeguarding/policies.py says
who sees labels.
"""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.auth import user_passes_test
from wagtail.admin.forms.choosers import BaseFilterForm, SearchFilterMixin
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import chooser as views
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets import BaseChooser
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.utils.urlpatterns import decorate_urlpatterns

from safeguarding.models import Contributor
from safeguarding.policies import code_and_label, is_lead, labels_for
from safeguarding.status import Status
from safeguarding.wording import format_day


def may_choose(user):
    """Return whether `user` may see the codes: leads, and users with the right to edit a page."""
    policy = policy_registry.get_by_type(Page)
    return is_lead(user) or policy.user_has_any_permission(user, {"add", "change", "publish"})


class CodeFilterForm(SearchFilterMixin, BaseFilterForm):
    """Searches people by a part of the code, or of a label. `labels`: {primary key: label} to search in."""

    def filter(self, objects):
        # Wagtail's list of the results reads these two attributes.
        self.search_query = self.cleaned_data.get("q")
        self.is_searching = bool(self.search_query)
        query = (self.search_query or "").casefold()
        labelled = [key for key, label in self.labels.items() if query in label.casefold()]
        return objects.filter(Q(code__icontains=query) | Q(pk__in=labelled)) if query else objects


class PlaceholderForm(forms.ModelForm):
    """Adds a person whom nobody has asked yet. The safeguarding team says the rest."""

    label = forms.CharField(
        label=_("Describe the person"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("No real name. For example: the man with the red bicycle, called Samuel here."),
    )

    class Meta:
        model = Contributor
        fields = ["label"]


def describe_agreed(person):
    """Return a line of text: what `person` agrees to, and its last day.

    It ends with how the person may be named: editing/static/editing/people.js reads that.
    """
    status = person.get_status()
    if person.proposed_at and status in {Status.NONE, Status.ENDED}:
        return gettext("Written down, waits for the safeguarding team")
    if status not in {Status.ACTIVE, Status.ENDS_SOON}:
        return str(status.label)
    consent, until = person.latest_consent, gettext("until %s") % format_day(person.last_day)
    agreed = [consent.get_picture_display(), consent.get_voice_display(), consent.get_naming_display()]
    return " · ".join([f"{status.label}, {until}", *map(str, agreed)])


def describe(person, label):
    """Return a line of text: code and `label` of `person`, and what the person agrees to.

    editing/static/editing/people.js cuts it at the last dash.
    """
    return f"{code_and_label(person, label)} – {describe_agreed(person)}"


class AgreedTitleMixin:
    """For views of the chooser: shows the label of a chosen person, and what the person agrees to."""

    def get_display_title(self, instance):
        return describe(instance, labels_for(self.request.user, pk=instance.pk).get(instance.pk))


class PersonChooser(BaseChooser):
    # Only the safeguarding team may open the page that it leads to.
    show_edit_link = False
    # The user of the form, which sets it. Without, no label is shown.
    user = None

    def get_display_title(self, instance):
        labels = labels_for(self.user, pk=instance.pk) if self.user and instance.label else {}
        return describe(instance, labels.get(instance.pk))


class ChosenPersonView(AgreedTitleMixin, views.ChosenView):
    pass


class ChosenPeopleView(AgreedTitleMixin, views.ChosenMultipleView):
    pass


class ChoosePeopleMixin:
    filter_form_class = CodeFilterForm

    def can_create(self):
        return True  # get_urlpatterns() has asked may_choose().

    def get_object_list(self):
        self.labels = self.filter_form.labels = labels_for(self.request.user)
        return Contributor.by_code()

    @property
    def columns(self):
        title = self.title_column
        title.accessor = lambda person: code_and_label(person, self.labels.get(person.pk))
        return [
            title,
            Column("role", label=_("Part in the story"), accessor="get_role_display"),
            Column("agreed", label=_("Consent"), accessor=describe_agreed),
        ]


class ChoosePeopleView(ChoosePeopleMixin, views.ChooseView):
    pass


class ChoosePeopleResultsView(ChoosePeopleMixin, views.ChooseResultsView):
    pass


class AddPersonView(ChoosePeopleMixin, views.CreateView):
    def get_display_title(self, instance):
        return describe(instance, instance.label)  # The user has just written it.


class ContributorChooserViewSet(ChooserViewSet):
    model = Contributor
    icon = "user"
    choose_one_text = _("Choose a person")
    choose_another_text = _("Choose another person")
    choose_view_class = ChoosePeopleView
    choose_results_view_class = ChoosePeopleResultsView
    chosen_view_class = ChosenPersonView
    chosen_multiple_view_class = ChosenPeopleView
    create_view_class = AddPersonView
    creation_form_class = PlaceholderForm
    search_tab_label = _("Search")  # Wagtail's own label is translated once, when the server starts.
    creation_tab_label = _("Not in the list yet")
    create_action_label = _("Add this person")
    base_widget_class = PersonChooser

    def get_urlpatterns(self):
        return decorate_urlpatterns(super().get_urlpatterns(), user_passes_test(may_choose))


contributor_chooser = ContributorChooserViewSet("people_chooser")
