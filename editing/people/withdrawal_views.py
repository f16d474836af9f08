"""Views of the admin for withdrawals: the plan with its confirmation, the reports, and the end of a hold.

Another one is for people who take back a part: it lists earlier versions and pictures, to clear them.
"""

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.models import Page

from caching.local_date import today
from editing.people.views import LeadMixin, PersonMixin
from safeguarding.models import Consent, Contributor, PageHold, RestrictedView, Withdrawal
from safeguarding.scopes import Channel
from safeguarding.withdrawal.carry_out import PlanChanged, make_plan, withdraw
from safeguarding.withdrawal.cases import find_mentions, pages_about
from safeguarding.withdrawal.forgetting import may_complete
from safeguarding.withdrawal.ledger import catch_up, confirm_nobody_withdrew, has_failed
from safeguarding.withdrawal.page_holds import erase_page, release_page
from safeguarding.withdrawal.places import Case, places
from safeguarding.withdrawal.steps import forget_versions
from safeguarding.withdrawal.tasks import add_task, label_of
from safeguarding.withdrawal.words import has_unreadable_words
from safeguarding.withdrawal_models import Ledger

# {name: (where copies may be outside of the site, addresses where to ask for their removal)}.
OUTSIDE = {
    "backups": (gettext_lazy("Backups and server logs: ask your technician when they are deleted."), ()),
    "mails": (gettext_lazy("Mails that the site sent about the story, and your own."), ()),
    "feeds": (gettext_lazy("Programs that read feeds: ask your partners to delete the story."), ()),
    "paper": (gettext_lazy("Printed matter, partners, donors and the press who have it."), ()),
    "search": (
        gettext_lazy("Search engines: ask them to forget the address."),
        ("https://search.google.com/search-console", "https://www.bing.com/webmasters/tools/contentremoval"),
    ),
    "archives": (gettext_lazy("Archives: write to info@archive.org."), ("https://web.archive.org",)),
    "readers": (gettext_lazy("Copies on social media, and what readers shared."), ()),
}


class WithdrawView(PersonMixin, TemplateView):
    """Lists every place where something about the person was found, and asks for one confirmation.

    The list shows names and protected words, so each look is recorded, as "To record or renew a consent".
    """

    page_title = gettext_lazy("Withdrawal")
    template_name = "editing/people/withdraw.html"
    permission_required = "see_names"

    def post(self, request, *_arguments, **_named):
        if "seen" not in request.POST:
            return self.show()
        # Each value is "name of the Place:keys of rows, with commas between them".
        ticked = [value.partition(":") for value in request.POST.getlist("yes")]
        yes = [(name, key) for name, _colon, keys in ticked for key in keys.split(",")]
        try:
            done = withdraw(self.person, request.user, yes, request.POST["seen"])
        except PlanChanged:
            text = _("Something else is found now than when you opened the page. Please read it again.")
            messages.warning(request, text)
            return self.show()
        return redirect("safeguarding_withdrawals:report", done.pk)

    def show(self):
        """Return the response with the list. It is sent for a POST only, so that no link can open it."""
        self.person.views.create(user=self.request.user, reason=RestrictedView.Reason.CONSENT)
        is_unreadable = has_unreadable_words(self.person)
        context = self.get_context_data(plan=make_plan(self.person), is_unreadable=is_unreadable)
        return self.render_to_response(context)


class PastView(PersonMixin, TemplateView):
    """Lists the pages of a person, whose earlier versions a lead can have deleted, and the pictures.

    It is for somebody who no longer agrees to pictures or to the real name, and for a name that was wrong.
    """

    page_title = gettext_lazy("Earlier versions and pictures")
    template_name = "editing/people/past.html"

    @property
    def pages(self):
        return Page.objects.filter(pk__in=pages_about(self.person, find_mentions()))

    def get_context_data(self, **kwargs):
        # The name of a Place of media/erasing.py.
        files = next(place for place in places() if place.name == "pictures")
        pictures = files.find(Case(self.person, self.person.code))
        return super().get_context_data(pages=self.pages.order_by("pk"), pictures=pictures, **kwargs)

    def post(self, request, *_arguments, **_named):
        page = find(self.pages, request.POST.get("page", ""))
        if forget_versions(page.pk, self.person):
            messages.success(request, _("The earlier versions are deleted."))
        else:
            messages.warning(request, _("Nothing is deleted: a version is scheduled or in moderation."))
        return redirect(request.path)


class ReportView(LeadMixin, TemplateView):
    """A report to print: what was erased, which tasks are waiting, and what is outside of the site."""

    template_name, header_icon = "editing/people/withdrawal_report.html", "bin"
    page_title = gettext_lazy("Report of a withdrawal")

    def get_context_data(self, **kwargs):
        withdrawal = get_object_or_404(Withdrawal.objects.select_related("user"), pk=self.kwargs["pk"])
        keeps_words = bool(withdrawal.contributor and may_complete(withdrawal.contributor))
        waiting = list(withdrawal.tasks.filter(done_at=None))
        held = sum(task.step == "purge" for task in waiting)
        return super().get_context_data(
            withdrawal=withdrawal,
            rows=rows_of(withdrawal, held),
            held=held,
            keeps_words=keeps_words,
            may_complete=keeps_words and self.user_has_permission("see_names"),
            waiting=[(label_of(task), task) for task in waiting if task.step != "purge"],
            last=withdrawal.tasks.exclude(done_at=None).order_by("done_at").last(),
            # While something waits, rows that are not erased yet are in the files.
            vacuumed=None if waiting else withdrawal.tasks.filter(step="vacuum").order_by("done_at").last(),
            outside=outside_of(withdrawal),
            **kwargs,
        )

    def post(self, request, pk):
        """Note what a lead asked for outside of the site, or undo it, or have names deleted ("Complete")."""
        if name := request.POST.get("asked"):
            withdrawal = get_object_or_404(Withdrawal, pk=pk)
            is_known = name in {key for key, *_rest in outside_of(withdrawal)}
            if withdrawal.asked.pop(name, None) is None and is_known:
                withdrawal.asked[name] = str(today())
            withdrawal.save(update_fields=["asked"])
            return redirect(request.path)
        context = self.get_context_data()
        if not context["may_complete"]:
            raise PermissionDenied
        add_task(context["withdrawal"], "complete")
        return redirect(request.path)


def rows_of(withdrawal, held):
    """Yield (label, number of erased rows, number of rows that were left) for each Place with one.

    `held`: the number of pages that are still held: nothing in them is erased yet.
    """
    for place in places():
        erased, left = (withdrawal.counts.get(name, 0) for name in (place.name, f"{place.name} left"))
        waiting = held if place.name == "held" else 0
        if erased or left:
            yield place.label, erased - waiting, left + waiting


def find(rows, key):
    """Return the row of `rows` with the primary key `key`, a text from the browser, or raise Http404."""
    return get_object_or_404(rows, pk=key if key.isdecimal() else None)


def outside_of(withdrawal):
    """Return (name, label, addresses, day) of OUTSIDE, and of the uses that the person ever agreed to.

    A lead has to ask for removal there. `day`: when that was, or "".
    """
    consents = Consent.objects.filter(contributor=withdrawal.contributor_id).values_list("where", flat=True)
    agreed = {use for where in consents for use in where} - {Channel.WEBSITE, Channel.OTHER_LANGUAGES}
    rows = OUTSIDE | {use.value: (use.label, ()) for use in Channel if use in agreed - OUTSIDE.keys()}
    return [(name, *row, withdrawal.asked.get(name, "")) for name, row in rows.items()]


class AfterRestoreView(LeadMixin, TemplateView):
    """Lists who and what is held after a restore or because of a word, and ends that."""

    template_name, header_icon = "editing/people/after_restore.html", "bin"
    page_title = gettext_lazy("Stories that are held")

    def get_context_data(self, **kwargs):
        ledger = Ledger.get()
        held = Contributor.objects.filter(held_since=ledger.held_since).count() if ledger.held_since else 0
        page_holds = PageHold.objects.select_related("page", "withdrawal").order_by("pk")
        return super().get_context_data(held=held, failures=ledger.failures, page_holds=page_holds, **kwargs)

    def post(self, request, *_arguments, **_named):
        if "again" in request.POST:
            return self.try_again()
        if key := request.POST.get("same") or request.POST.get("other"):
            return self.decide(find(PageHold.objects, key), is_same="same" in request.POST)
        # The button "Nobody else withdrew".
        confirm_nobody_withdrew(request.user)
        return self.leave()

    def try_again(self):
        """Try to carry out what failed."""
        try:
            catch_up()
        except OperationalError:
            messages.error(self.request, _("The database is busy. Please try again in a minute."))
        else:
            if has_failed():
                messages.error(self.request, _("It failed again. Please show this page to your technician."))
        return self.leave()

    def decide(self, hold, is_same):
        """Erase the page of `hold` if it is what was erased, and otherwise show it again."""
        if is_same and hold.withdrawal and erase_page(hold):
            messages.success(self.request, _("The story is erased."))
        elif is_same:
            text = _("It is not erased. Is there another page below it? Move that first, or delete it.")
            messages.warning(self.request, text)
        elif release_page(hold, self.request.user):
            messages.success(self.request, _("The story is no longer held."))
        return redirect(self.request.path)

    def leave(self):
        """Say that the hold has ended if it has. Otherwise show the page again."""
        if has_failed() or Ledger.get().held_since:
            return redirect(self.request.path)
        messages.success(self.request, _("What the consents allow is shown again."))
        return redirect("safeguarding_withdrawals:index")
