"""Views of the admin for the restricted fields of a person, such as names, and for all that is stored.

They open only when a reason is given, and each look is recorded.
"""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.log_actions import log, registry
from wagtail.models import Page

from editing.people.forms import ReasonForm, RestrictedForm
from editing.people.views import PersonMixin
from safeguarding.encryption import UnreadableText, has_keys
from safeguarding.leak_check.admin_requests import list_places
from safeguarding.leak_check.checking import find_shown, people_of
from safeguarding.leak_check.words import are_searched, new_words, words_of_label
from safeguarding.models import Contributor, RestrictedView
from safeguarding.releases import lock_pages_of
from safeguarding.retention import deletion_day
from safeguarding.withdrawal.carry_out import make_plan
from safeguarding.withdrawal.elsewhere import words_to_change
from safeguarding.withdrawal.page_holds import hold_pages_that_say
from safeguarding.wording import describe_status


class RestrictedFieldsView(PersonMixin, TemplateView):
    """Shows and edits the encrypted fields. Each look needs a reason and is recorded.

    The reason is sent with POST, so that no link can open the fields.
    """

    page_title = gettext_lazy("Names and contact")
    template_name = "editing/people/restricted.html"
    permission_required = "see_names"
    is_editable = True

    def post(self, request, *_arguments, **_named):
        reason = ReasonForm(request.POST)
        if not reason.is_valid():
            return self.render_to_response(self.get_context_data(reason_form=reason))
        if "save" not in request.POST or not self.is_editable:
            form = RestrictedForm(instance=self.person)
        elif (form := self.store(request.POST)).is_valid():
            return self.leave(_("The names and contact of %s are stored.") % self.person.code, form.former)
        RestrictedView.objects.create(contributor=self.person, user=request.user, **reason.cleaned_data)
        return self.render_to_response(self.get_shown(form, reason.cleaned_data["reason"]))

    @transaction.atomic
    def store(self, data):
        """Store the data of the form if it is valid. Return the form.

        Its `former` is the person as stored before. Nothing may read `self.person` before the lock, so that
        SeenMixin notices a withdrawal that was running.
        """
        lock_pages_of(self.kwargs["pk"])
        form = RestrictedForm(data, instance=self.person)
        form.former = Contributor.objects.get(pk=self.person.pk)
        if form.is_valid():
            form.save()
            log(self.person, "safeguarding.change_names", user=self.request.user)
            if form.cleaned_data["hold_stories"]:
                hold_pages_that_say(new_words(self.person, form.former), self.person)
        return form

    def get_shown(self, form, reason):
        consents = [each for each in self.person.consents.all() if each.evidence_held_at]
        return self.get_context_data(form=form, reason=reason, consents=consents)

    def get_context_data(self, **kwargs):
        kwargs.setdefault("reason_form", ReasonForm())
        return super().get_context_data(has_keys=has_keys(), **kwargs)


class WordsView(PersonMixin, TemplateView):
    """Lists where names and words of a person are on the site, which "Take down" doesn't hide.

    The list says only where they are, and never which word it is. Words of the label, which all
    leads can see, count only where nobody is listed.
    """

    page_title = gettext_lazy("Words that are still on the site")
    template_name = "editing/people/words.html"

    def get_context_data(self, **kwargs):
        # The list would tell whether a name that somebody puts on the site is one of the person.
        words = words_to_change(self.person) if self.user_has_permission("see_names") else []
        found, labelled = find_shown(words), find_shown(words_of_label(self.person))
        found += [each for each in labelled if each not in found and not people_of(each.instance).listed]
        uses = self.person.uses.with_pages()
        return super().get_context_data(
            found=list_places(found, self.request.user),
            unread=Page.objects.live().filter(release__is_unseen=True).order_by("pk"),
            shown=uses.filter(is_held=False, page__live=True),
            is_searched=are_searched(self.person.names, words),
            **kwargs,
        )


class PrintView(RestrictedFieldsView):
    """Shows everything that is stored about a person, to print for a person who asks for it."""

    page_title = gettext_lazy("Everything that is stored")
    is_editable = False

    def get_shown(self, form, reason):
        person = self.person
        texts = [(name, getattr(person, name)) for name in (*Contributor.RESTRICTED_FIELDS, "back_note")]
        if person.proposed_at:
            answers = "\n".join(f"{name}: {answer}" for name, answer in person.proposed.items() if answer)
            texts.append(("proposal", answers or person.proposal))
        # The plan of a withdrawal, which is not carried out, says where the person is.
        uses, plan = person.uses.with_pages(), make_plan(person)
        # Also pages that list the person only in a draft or an earlier version.
        pages = plan.case.erased | plan.case.held
        self.template_name = "editing/people/everything.html"
        return self.get_context_data(
            restricted=[
                (person._meta.get_field(name).verbose_name, text, isinstance(text, UnreadableText))
                for name, text in texts
            ],
            consents=person.consents.select_related("recorded_by"),
            decisions=person.decisions.select_related("page", "decided_by"),
            uses=uses,
            other_pages=[pages[key] for key in pages.keys() - {use.page_id for use in uses}],
            # The name of a Place of media/erasing.py.
            pictures=[found for each in plan.shown if each.place.name == "pictures" for found in each.found],
            withdrawals=person.withdrawals.select_related("user"),
            views=person.views.select_related("user"),
            readings=[(each, each.describe(True)) for each in person.readings.select_related("page", "user")],
            notices=person.notices.order_by("pk"),
            log_entries=registry.get_logs_for_instance(person).select_related("user"),
            sentence=describe_status(person),
            deletion_day=deletion_day(person),
        )
