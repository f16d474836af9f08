"""The view of the admin that records the next consent of a person, or a proposal for it."""

from django.db import transaction
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.log_actions import log
from wagtail.models import Page

from editing.people.consent_form import PersonConsentForm
from editing.people.views import PersonMixin
from safeguarding.decisions import find_page_to_decide, find_versions
from safeguarding.leak_check.words import new_words
from safeguarding.models import Contributor
from safeguarding.policies import is_lead, may_write_down
from safeguarding.releases import lock_pages_of
from safeguarding.scopes import LEVELS, limits_of
from safeguarding.withdrawal.page_holds import hold_pages_that_say
from safeguarding.withdrawal.tasks import note_restriction
from safeguarding.wording import describe_status


def agrees_to_less(before, now):
    """Return whether the Consent `now` lets this site show less than the Consent `before`."""
    is_less = any(getattr(now, name) < getattr(before, name) for name in LEVELS)
    return is_less or not {*before.where}.issubset(now.where)


class OfPageMixin(PersonMixin):
    """For views of one person that editors, too, open from the editor of a page with the person: `page`."""

    @cached_property
    def page(self):
        """The page from whose editor the view was opened, or None."""
        key = self.request.GET.get("page", "")[:18]
        return Page.objects.filter(pk=key if key.isdecimal() else None).first()

    @cached_property
    def versions(self):
        """The Versions of `page` with the person in it."""
        found = find_versions(self.page)
        return [each for each in found if self.person.pk in {use.contributor_id for use in each.report.uses}]

    def user_has_permission(self, permission):
        return (permission == "change" and self.may_edit()) or super().user_has_permission(permission)

    def may_edit(self):
        """Return whether the user may edit `page`, and the person is in it."""
        page = self.page
        return bool(page and page.permissions_for_user(self.request.user).can_edit() and self.versions)

    def get_success_url(self):
        page = self.page
        return reverse("wagtailadmin_pages:edit", args=[page.pk]) if page else super().get_success_url()

    def get_breadcrumbs_items(self):
        # Only leads see the list of people.
        return self.breadcrumbs_items if self.page else super().get_breadcrumbs_items()


class ConsentView(OfPageMixin, FormView):
    """Records the next consent of a person. The form is filled with what was proposed or agreed to before.

    Others than leads, the members of the group Safeguarding, open it from the editor of a page with the
    person. What they send is a proposal.
    """

    form_class = PersonConsentForm
    template_name = "editing/people/consent.html"
    page_title = gettext_lazy("Consent")
    # The page on which the team has to decide about the person, once the consent is recorded, or None.
    asked = None

    def may_edit(self):
        return super().may_edit() and may_write_down(self.request.user, self.person)

    @transaction.atomic
    def dispatch(self, request, *args, **kwargs):
        if request.method == "POST":
            # Before anything reads the person: the form then sees a withdrawal that runs at the moment.
            lock_pages_of(kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self):
        if self.asked:
            return reverse("safeguarding_decisions:page", args=[self.asked.pk])
        return super().get_success_url()

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"instance": self.person, "for_user": self.request.user}

    def get_context_data(self, **kwargs):
        return super().get_context_data(action_url=self.request.get_full_path(), **kwargs)

    def post(self, request, *args, **kwargs):
        if "discard" not in request.POST or not is_lead(request.user):
            return super().post(request, *args, **kwargs)
        self.person.delete_texts(["proposal"])
        log(self.person, "safeguarding.discard", user=request.user)
        return self.leave(_("What was written down about %s is deleted.") % self.person.code)

    def form_valid(self, form):
        before, now = form.consent.former, form.consent.instance
        former = Contributor.objects.get(pk=self.person.pk)
        form.save()
        if not form.by_lead:
            log(self.person, "safeguarding.propose", user=self.request.user)
            text = _("Written down: %s. It counts once the safeguarding team has confirmed it.")
            return self.leave(text % self.person.code)
        if before and agrees_to_less(before, now):
            # Earlier versions and files still show more than the person agrees to now.
            self.next_view = "past"
            note_restriction(self.person, **limits_of(now))
        if form.consent.cleaned_data.get("hold_stories"):
            hold_pages_that_say(new_words(self.person, former), self.person)
        self.asked = find_page_to_decide(self.person, self.page)
        text = f"{self.person.code}: {describe_status(self.person)}"
        return self.leave(text, self.user_has_permission("see_names") and former)
