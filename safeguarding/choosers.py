"""The chooser of people for the page editor. It shows their codes, such as P-7K3M, and what they agreed to.

Leads and users who may edit pages may use it.
"""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.auth import user_passes_test
from wagtail.admin.forms.choosers import BaseFilterForm, SearchFilterMixin
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.chooser import ChooseResultsView, ChooseView, ChosenMultipleView, ChosenView
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets import BaseChooser
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.utils.urlpatterns import decorate_urlpatterns

from safeguarding.models import Contributor
from safeguarding.policies import is_lead
from safeguarding.status import Status
from safeguarding.wording import format_day


def may_choose(user):
    """Return whether `user` may see the codes: leads, and users with the right to edit a page."""
    policy = policy_registry.get_by_type(Page)
    return is_lead(user) or policy.user_has_any_permission(user, {"add", "change", "publish"})


class CodeFilterForm(SearchFilterMixin, BaseFilterForm):
    """Searches people by a part of the code."""

    def filter(self, objects):
        # Wagtail's list of the results reads these two attributes.
        self.search_query = self.cleaned_data.get("q")
        self.is_searching = bool(self.search_query)
        return objects.filter(code__icontains=self.search_query) if self.is_searching else objects


def consent_display(name):
    """Return a function that takes a Contributor, and returns the label of the field `name` of the consent.

    The label is "" if there is no consent, or if it was withdrawn.
    """

    def get(contributor):
        consent = contributor.latest_consent
        is_given = consent and consent.event != consent.Event.WITHDRAWN
        return getattr(consent, f"get_{name}_display")() if is_given else ""

    return get


def format_last_day(person):
    """Return the last day of the consent of `person`, or "".

    Wagtail's DateColumn would show a day in the future as "just now".
    """
    return format_day(person.last_day) if person.last_day else ""


def describe_agreed(person):
    """Return one line of text: the code of `person`, what the person agrees to, and the last day of it."""
    status = person.get_status()
    if status not in {Status.ACTIVE, Status.ENDS_SOON}:
        return f"{person.code} · {status.label}"
    consent, until = person.latest_consent, gettext("until %s") % format_day(person.last_day)
    agreed = [f"{status.label} {until}", consent.get_picture_display(), consent.get_naming_display()]
    return " · ".join([person.code, *agreed])


class AgreedTitleMixin:
    """Shows what a chosen person agrees to beside the code. For widgets and views of the chooser."""

    def get_display_title(self, instance):
        return describe_agreed(instance)


class PersonChooser(AgreedTitleMixin, BaseChooser):
    # Only the safeguarding team may open the page that it leads to.
    show_edit_link = False


class ChosenPersonView(AgreedTitleMixin, ChosenView):
    pass


class ChosenPeopleView(AgreedTitleMixin, ChosenMultipleView):
    pass


class ChoosePeopleMixin:
    filter_form_class = CodeFilterForm

    def get_object_list(self):
        return Contributor.objects.prefetch_related("consents")

    @property
    def columns(self):
        return [
            self.title_column,
            Column("role", label=_("Part in the story"), accessor="get_role_display"),
            Column("status", label=_("Consent"), accessor=lambda person: person.get_status().label),
            Column("picture", label=_("Pictures"), accessor=consent_display("picture")),
            Column("naming", label=_("Name"), accessor=consent_display("naming")),
            Column("last_day", label=_("Last day"), accessor=format_last_day),
        ]


class ChoosePeopleView(ChoosePeopleMixin, ChooseView):
    pass


class ChoosePeopleResultsView(ChoosePeopleMixin, ChooseResultsView):
    pass


class ContributorChooserViewSet(ChooserViewSet):
    model = Contributor
    icon = "user"
    choose_one_text = _("Choose a person")
    choose_another_text = _("Choose another person")
    choose_view_class = ChoosePeopleView
    choose_results_view_class = ChoosePeopleResultsView
    chosen_view_class = ChosenPersonView
    chosen_multiple_view_class = ChosenPeopleView
    base_widget_class = PersonChooser

    def get_urlpatterns(self):
        # People are recorded by the safeguarding team only.
        patterns = [pattern for pattern in super().get_urlpatterns() if pattern.name != "create"]
        return decorate_urlpatterns(patterns, user_passes_test(may_choose))


contributor_chooser = ContributorChooserViewSet("people_chooser")
