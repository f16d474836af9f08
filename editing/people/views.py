"""Views of the admin for people: the list, the overview, consents, and taking down."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log, registry

from editing.people.forms import BringBackForm
from safeguarding.finding import find_people
from safeguarding.holds import bring_back, is_held_after_restore, take_down
from safeguarding.leak_check.admin_requests import list_places
from safeguarding.leak_check.checking import find_live
from safeguarding.leak_check.words import new_words
from safeguarding.models import Contributor, StopCode, Withdrawal
from safeguarding.releases import lock_with_others
from safeguarding.retention import deletion_day
from safeguarding.status import Status
from safeguarding.wording import describe_status

# --- The lists, and new people ---------------------------------------------------------------------


class PersonIndexView(generic.IndexView):
    """The list of people by code. Each leads to the overview, which has the buttons.

    A search is sent with POST, so that no address, history or log has what was typed. `found`: the primary
    keys of the people who were found, or None without a search.
    """

    template_name = "editing/people/people.html"
    found = None
    list_display = [
        "__str__",
        Column("label", label=gettext_lazy("Label")),
        Column("get_kind_display", label=gettext_lazy("Who it is"), sort_key="kind"),
        Column("get_role_display", label=gettext_lazy("Part in the story"), sort_key="role"),
        StatusTagColumn(
            "status",
            label=gettext_lazy("Consent"),
            accessor=lambda person: person.get_status().label,
            primary=lambda person: person.get_status() in {Status.ACTIVE, Status.ENDS_SOON},
        ),
        Column("sentence", label=gettext_lazy("What is agreed"), accessor=describe_status),
    ]

    def get_base_queryset(self):
        people = Contributor.by_code()
        return people if self.found is None else people.filter(pk__in=self.found)

    def post(self, request, *args, **kwargs):
        sees_names = self.user_has_permission("see_names")
        self.found = find_people(request.POST.get("words", ""), request.user, sees_names)
        # All on one page: the addresses of others would not have the words.
        self.is_searching, self.paginate_by = True, None
        return self.get(request, *args, **kwargs)

    def get_edit_url(self, instance):
        return self.get_inspect_url(instance)

    def get_list_more_buttons(self, instance):
        return []

    @cached_property
    def header_buttons(self):
        withdrawals = HeaderButton(_("Withdrawals"), url=reverse("safeguarding_withdrawals:index"))
        return [*super().header_buttons, withdrawals]


class WithdrawalIndexView(generic.IndexView):
    """The list of the withdrawals, the newest first. Each leads to its report."""

    model = Withdrawal
    queryset = Withdrawal.objects.select_related("user")
    page_title, header_icon = gettext_lazy("Withdrawals"), "bin"
    index_url_name = "safeguarding_withdrawals:index"
    index_results_url_name = "safeguarding_withdrawals:index_results"
    inspect_url_name = "safeguarding_withdrawals:report"
    paginate_by = 50
    search_fields = ["code"]
    list_display = [
        "__str__",
        Column("confirmed_at", label=gettext_lazy("When")),
        Column("user", label=gettext_lazy("Who")),
    ]


class AddPersonView(generic.CreateView):
    """Adds a person. For one who tells a story, the form for the consent opens then."""

    success_message = gettext_lazy("%(object)s is recorded. Use this code in stories, lists and mails.")

    def get_success_url(self):
        name = "consent" if self.object.role == Contributor.Role.TELLS else "inspect"
        return reverse(f"safeguarding_people:{name}", args=[self.object.pk])

    def form_valid(self, form):
        response = super().form_valid(form)
        if found := find_live(new_words(self.object)):
            self.template_name = "editing/people/places.html"
            context = {"person": self.object, "back_url": self.get_success_url()}
            context["found"] = list_places(found, self.request.user)
            return self.render_to_response(self.get_context_data(form=form, **context))
        return response


class EditPersonView(generic.EditView):
    def get_success_url(self):
        return reverse("safeguarding_people:inspect", args=[self.object.pk])


# --- One person -----------------------------------------------------------------------------------


class LeadMixin(PermissionCheckedMixin, generic.WagtailAdminTemplateMixin):
    """For views that only leads, the members of the group Safeguarding, may open: see LeadPolicy."""

    model = Contributor
    permission_required = "change"


class PersonMixin(LeadMixin):
    """For views of one person, `person`. Their titles end with the code.

    `next_view`: the name in person_urls of the view that follows, by default the overview.
    """

    header_icon, next_view = "user", "inspect"

    @cached_property
    def person(self):
        return get_object_or_404(Contributor, pk=self.kwargs["pk"])

    def get_page_subtitle(self):
        return self.person.code

    def get_success_url(self):
        return reverse("safeguarding_people:inspect", args=[self.person.pk])

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("safeguarding_people:index"), "label": _("People")},
            {"url": self.get_success_url(), "label": self.person.code},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(person=self.person, back_url=self.get_success_url(), **kwargs)

    def leave(self, text, former=False):
        """Go on to `next_view` with the message `text`.

        If live pages have a word that the person did not have as `former`, list the places instead.
        """
        if former and (found := find_live(new_words(self.person, former))):
            self.template_name = "editing/people/places.html"
            return self.render_to_response(self.get_context_data(found=list_places(found, self.request.user)))
        messages.success(self.request, text)
        if self.next_view == "inspect":
            return redirect(self.get_success_url())
        return redirect(f"safeguarding_people:{self.next_view}", self.person.pk)


class OverviewView(PersonMixin, TemplateView):
    """Shows what is recorded about a person, without the restricted fields, and links to all actions."""

    template_name = "editing/people/overview.html"
    page_title = gettext_lazy("Overview")

    def get_breadcrumbs_items(self):
        # The code is the last item, and no link, because this is the page that it leads to elsewhere.
        return super().get_breadcrumbs_items()[:-2] + [{"url": "", "label": self.person.code}]

    def get_context_data(self, **kwargs):
        readings = self.person.readings.select_related("page", "user")
        return super().get_context_data(
            sentence=describe_status(self.person),
            consents=self.person.consents.select_related("recorded_by").order_by("-pk"),
            uses=self.person.uses.with_pages(),
            views=self.person.views.select_related("user"),
            readings=[(each, each.describe()) for each in readings],
            # The newest. PrintView has all.
            log_entries=registry.get_logs_for_instance(self.person).select_related("user")[:20],
            deletion_day=deletion_day(self.person),
            is_held_after_restore=is_held_after_restore(self.person),
            **kwargs,
        )


class ConfirmView(PersonMixin, TemplateView):
    """Asks before an action. `act` does it, and returns the message. The template says what it does."""

    def post(self, request, *_arguments, **_named):
        return self.leave(self.act(request.user))


class TakeDownView(ConfirmView):
    page_title = gettext_lazy("Take down")
    template_name, next_view = "editing/people/take_down.html", "words"

    def act(self, user):
        take_down(self.person, user)
        return _("%s is taken down.") % self.person.code


class BringBackView(PersonMixin, FormView):
    """Brings a person back. The lead says first what the person said."""

    form_class = BringBackForm
    page_title = gettext_lazy("Bring back")
    template_name = "editing/people/bring_back.html"

    def get_form_kwargs(self):
        initial = {"back_note": ""}
        return super().get_form_kwargs() | {"instance": self.person, "initial": initial}

    @transaction.atomic
    def post(self, request, *args, **kwargs):
        lock_with_others(self.kwargs["pk"])  # before the form reads when the person sent the code last
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        bring_back(self.person, self.request.user)
        Contributor.objects.filter(pk=self.person.pk).update(**form.cleaned_data)
        self.person.refresh_from_db(fields=["held_since"])
        text = _("%s is brought back. Readers see what the consent allows.") % self.person.code
        if self.person.held_since:
            text = _("Withdrawals may be missing since a restore. Everybody is held until you end the hold.")
        return self.leave(text)


class StopCodeView(PersonMixin, TemplateView):
    """Makes a new stop code, which only the response shows, if it is safe for the person to have one."""

    page_title = gettext_lazy("Stop code")
    template_name = "editing/people/stop_code.html"

    @transaction.atomic
    def post(self, request, *_arguments, **_named):
        lock_with_others(self.kwargs["pk"])  # before anything reads the person, who may withdraw
        # A page with a new code that is loaded again sends the form again. That must not end the new code.
        if request.POST.get("seen") != self.person.stop_code_version:
            messages.warning(request, _("A code was made since you opened this page. It is not shown again."))
        elif self.person.may_have_stop_code:
            return self.show_new_code()
        return redirect(request.path)

    def show_new_code(self):
        """Return the response with a new code, which is shown in no other."""
        code = StopCode.make(self.person)
        log(self.person, "safeguarding.stop_code", user=self.request.user)
        self.template_name = "editing/people/stop_card.html"
        address = urlsplit(settings.BASE_URL).netloc + reverse("stop").rstrip("/")
        return self.render_to_response(self.get_context_data(code=code, address=address))


class NotReachedView(ConfirmView):
    page_title = gettext_lazy("Could not reach them")
    template_name = "editing/people/not_reached.html"

    def act(self, user):
        log(self.person, "safeguarding.not_reached", user=user)
        return _("Noted: %s could not be reached.") % self.person.code
