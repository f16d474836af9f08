"""The section "People and consent" of the admin. LeadPolicy lets in only leads, the group Safeguarding."""

from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.model import ModelViewSet

from editing.people import decision_views, reading_views, views
from editing.people.consent_views import ConsentView
from editing.people.forms import AddPersonForm, PersonForm
from editing.people.people_panel import ask
from editing.people.restricted_views import PrintView, RestrictedFieldsView, WordsView
from editing.people.withdrawal_views import AfterRestoreView, PastView, ReportView, WithdrawView
from safeguarding.models import Contributor

# Names of Wagtail's views that this section has. A person is neither copied nor deleted.
WAGTAIL_VIEWS = ("index", "index_results", "add", "edit", "history", "history_results")
person_urls = [
    path("<int:pk>/", views.OverviewView.as_view(), name="inspect"),
    path("<int:pk>/consent/", ConsentView.as_view(), name="consent"),
    path("<int:pk>/not-reached/", views.NotReachedView.as_view(), name="not_reached"),
    path("<int:pk>/take-down/", views.TakeDownView.as_view(), name="take_down"),
    path("<int:pk>/bring-back/", views.BringBackView.as_view(), name="bring_back"),
    path("<int:pk>/stop-code/", views.StopCodeView.as_view(), name="stop_code"),
    path("<int:pk>/words/", WordsView.as_view(), name="words"),
    path("<int:pk>/withdraw/", WithdrawView.as_view(), name="withdraw"),
    path("<int:pk>/past/", PastView.as_view(), name="past"),
    path("<int:pk>/names/", RestrictedFieldsView.as_view(), name="restricted"),
    path("<int:pk>/everything/", PrintView.as_view(), name="print"),
]


# The stories that wait for the safeguarding team.
decision_urls = [
    path("", decision_views.DecisionIndexView.as_view(), name="index"),
    path("results/", decision_views.DecisionIndexView.as_view(results_only=True), name="index_results"),
    path("answers/", decision_views.AnswersView.as_view(), name="answers"),
    path("limit/<int:pk>/", decision_views.AllowView.as_view(), name="allow"),
    path("<int:pk>/", decision_views.DecideView.as_view(), name="page"),
    path("<int:pk>/second-reader/", decision_views.ReaderView.as_view(), name="reader"),
    path("<int:pk>/ask/", ask, name="ask"),
    path("<int:pk>/read/", decision_views.ReadView.as_view(), name="read"),
]
# Where a text is shown to the person in it, and answers on paper are entered.
reading_urls = [
    path("<int:pk>/", reading_views.StartView.as_view(), name="start"),  # pk: of the person
    path("sheet/<int:pk>/", reading_views.SheetView.as_view(), name="sheet"),  # pk: of the reading
    path("enter/<int:pk>/", reading_views.PaperView.as_view(), name="enter"),
]
# The withdrawals, with their reports.
withdrawal_urls = [
    path("", views.WithdrawalIndexView.as_view(), name="index"),
    path("results/", views.WithdrawalIndexView.as_view(results_only=True), name="index_results"),
    path("after-restore/", AfterRestoreView.as_view(), name="after_restore"),
    path("<int:pk>/", ReportView.as_view(), name="report"),
]
urlpatterns = [
    path("safeguarding/stories/", include((decision_urls, "safeguarding_decisions"))),
    path("safeguarding/readings/", include((reading_urls, "safeguarding_readings"))),
    path("safeguarding/withdrawals/", include((withdrawal_urls, "safeguarding_withdrawals"))),
]


class PeopleViewSet(ModelViewSet):
    """The addresses of the people: Wagtail's list and forms, and the views of one person."""

    model = Contributor
    name = "safeguarding_people"
    url_prefix = "safeguarding/people"
    icon = "user"
    menu_label = _("People and consent")
    menu_order = 260  # after “Filed under” (250), before Wagtail's images (300)
    add_to_admin_menu = True
    copy_view_enabled = False
    inspect_view_enabled = True  # so that Wagtail's views link to "inspect" of person_urls
    list_filter = ["kind", "role"]
    list_per_page = 50
    index_view_class = views.PersonIndexView
    add_view_class = views.AddPersonView
    edit_view_class = views.EditPersonView
    create_template_name = edit_template_name = "editing/people/form.html"

    def get_form_class(self, for_update=False):
        return PersonForm if for_update else AddPersonForm

    def get_common_view_kwargs(self, **kwargs):
        # Without links to these views, which get_urlpatterns() leaves out.
        absent = {"delete_url_name": None, "usage_url_name": None}
        return super().get_common_view_kwargs(**absent, **kwargs)

    def get_urlpatterns(self):
        wagtail_urls = super().get_urlpatterns()
        return [*(each for each in wagtail_urls if each.name in WAGTAIL_VIEWS), *person_urls]
