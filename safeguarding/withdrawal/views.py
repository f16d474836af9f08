"""Views of the admin for withdrawals: the plan with its confirmation, the reports, and the end of a hold."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.views import generic
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from safeguarding.encryption import encrypt
from safeguarding.forms import RestrictedFieldsMixin
from safeguarding.leak_check.matching import make_term
from safeguarding.models import Contributor, PageHold, RestrictedView, Withdrawal
from safeguarding.scopes import Channel
from safeguarding.views import PersonMixin
from safeguarding.withdrawal.carry_out import PlanChanged, make_plan, withdraw
from safeguarding.withdrawal.ledger import catch_up, confirm_nobody_withdrew, end_hold_because_of
from safeguarding.withdrawal.page_holds import erase_page, release_page
from safeguarding.withdrawal.places import places
from safeguarding.withdrawal.tasks import label_of
from safeguarding.withdrawal.unfinished import describe_error, unfinished
from safeguarding.withdrawal.words import has_unreadable_words
from safeguarding.withdrawal_models import Choice, Ledger, UnfinishedEntry


class ChoiceForm(forms.Form):
    """Form for what the person takes back."""

    choice = forms.ChoiceField(
        label=gettext_lazy("What does the person take back?"),
        choices=[each for each in Choice.choices if each[0] != Choice.CORRECTION],
        widget=forms.RadioSelect,
    )


class OldNameForm(forms.Form):
    """Form for a name that has to go."""

    old_name = forms.CharField(
        label=gettext_lazy("Which name has to go?"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("As it is written in the stories now, such as a misspelt name."),
    )

    def clean_old_name(self):
        """Refuse a name without letters, and any name while it can't be stored encrypted."""
        name = self.cleaned_data["old_name"]
        encrypt(name)
        if make_term(name) is None:
            raise ValidationError(_("Write the name in letters."))
        return name


class WithdrawView(PersonMixin, TemplateView):
    """Asks what is taken back, lists every place where it was found, and asks for one confirmation.

    The list shows names and protected words, so each look is recorded, as "To record or renew a consent".
    """

    page_title = gettext_lazy("Withdrawal")
    template_name = "safeguarding/withdraw.html"
    permission_required = "see_names"

    explanation = gettext_lazy(
        "A person may stop at any time, and need not say why. Choose what they take back. The next page "
        "shows what would be erased."
    )
    form_class, form_method = ChoiceForm, "get"

    def get_context_data(self, **kwargs):
        # With data from request.GET or request.POST, or without any when the page is opened.
        form = self.form_class(getattr(self.request, self.form_method.upper()) or None)
        context = {"form": form, "is_unreadable": has_unreadable_words(self.person)}
        if form.is_valid():
            choice, old_name = read(form)
            plan = make_plan(self.person, choice, old_name)
            context |= {"choice": choice, "old_name": old_name, "plan": plan}
            RestrictedView.objects.create(
                contributor=self.person, user=self.request.user, reason=RestrictedView.Reason.CONSENT
            )
        return super().get_context_data(**context, **kwargs)

    def post(self, request, *_arguments, **_named):
        form = self.form_class(request.POST)
        if not form.is_valid():
            return redirect(request.path)
        choice, old_name = read(form)
        # Each value is "name of the Place:keys of rows, with commas between them".
        ticked = [value.partition(":") for value in request.POST.getlist("yes")]
        yes = [(name, key) for name, _colon, keys in ticked for key in keys.split(",")]
        try:
            done = withdraw(
                self.person, choice, request.user, yes, request.POST.get("seen", ""), old_name=old_name
            )
        except PlanChanged:
            messages.warning(
                request, _("Something else is found now than when you opened the page. Please read it again.")
            )
            return self.show_again(choice)
        return redirect("safeguarding_withdrawals:report", done.pk)

    def show_again(self, choice):
        """Return the response with the list as it is now."""
        return redirect(f"{self.request.path}?choice={choice}")


class CorrectNameView(WithdrawView):
    """Removes a name that is wrong or unsafe. The consent stays. Forms use POST: no URL contains the name."""

    page_title = gettext_lazy("Correct a name")
    explanation = gettext_lazy(
        "A name can be misspelt, or one that must not be said. The consent stays as it is. Stories of this "
        "person that say the name are held back until they are published without it. Their earlier versions, "
        "redirects and old addresses go then, and their entries in logs show the code."
    )
    form_class, form_method = OldNameForm, "post"

    def post(self, request, *_arguments, **_named):
        # The first form asks for the name, and the second, with the list, confirms it.
        if "seen" in request.POST:
            return super().post(request)
        return self.show_again()

    def show_again(self, _choice=None):
        return self.render_to_response(self.get_context_data())


def read(form):
    """Return (Choice, old name) from a valid ChoiceForm or OldNameForm."""
    data = form.cleaned_data
    return Choice(data.get("choice", Choice.CORRECTION)), data.get("old_name", "")


class WithdrawalMixin(PermissionCheckedMixin, generic.WagtailAdminTemplateMixin):
    """For views of withdrawals. LeadPolicy lets in only leads, the members of the group Safeguarding."""

    model = Withdrawal
    permission_required = "change"
    header_icon = "bin"


class ReportView(WithdrawalMixin, TemplateView):
    """A report to print: what was erased, which tasks are waiting, and what is outside of the site."""

    template_name = "safeguarding/withdrawal_report.html"
    page_title = gettext_lazy("Report of a withdrawal")

    def get_context_data(self, **kwargs):
        withdrawal = get_object_or_404(Withdrawal.objects.select_related("user"), pk=self.kwargs["pk"])
        waiting = list(withdrawal.tasks.filter(done_at=None))
        held = sum(task.step == "purge" for task in waiting)
        return super().get_context_data(
            withdrawal=withdrawal,
            rows=rows_of(withdrawal, held),
            held=held,
            keeps_words=any(task.step == "words" for task in waiting),
            waiting=[
                (label_of(task), task.failures, describe_error(task.error))
                for task in waiting
                if task.step not in {"purge", "words"}
            ],
            last=withdrawal.tasks.exclude(done_at=None).order_by("done_at").last(),
            # While something waits, rows that are not erased yet are in the files.
            vacuumed=None if waiting else withdrawal.tasks.filter(step="vacuum").order_by("done_at").last(),
            channels=channels_of(withdrawal.contributor_id),
            **kwargs,
        )


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


def channels_of(contributor):
    """Return the labels of the channels other than this site that the person ever agreed to.

    `contributor`: a primary key. The lead has to ask for removal there.
    """
    people = Contributor.objects.filter(pk=contributor).prefetch_related("consents")
    agreed = {channel for person in people for consent in person.consents.all() for channel in consent.where}
    return [channel.label for channel in Channel if channel in agreed - {Channel.WEBSITE}]


class GiveUpForm(RestrictedFieldsMixin, WagtailAdminModelForm):
    """The reason for ending a hold."""

    class Meta:
        model = UnfinishedEntry
        fields = ("reason",)
        labels = {"reason": gettext_lazy("Why may stories be shown without it?")}


class AfterRestoreView(WithdrawalMixin, TemplateView):
    """Shows why everybody is held, and ends that: withdrawals may be missing, or could not be carried out."""

    template_name = "safeguarding/after_restore.html"
    page_title = gettext_lazy("After a restore")

    def get_context_data(self, form=None, **kwargs):
        held_since = Ledger.get().held_since
        held = Contributor.objects.filter(held_since=held_since).count() if held_since else 0
        entries = []
        for entry in unfinished():
            form_of_entry = form if form and form.instance == entry else self.form(entry)
            entries.append((entry, describe_error(entry.error), form_of_entry))
        given_up = UnfinishedEntry.objects.exclude(ended_at=None).select_related("ended_by")
        page_holds = PageHold.objects.select_related("page", "withdrawal").order_by("pk")
        return super().get_context_data(
            held=held, entries=entries, given_up=given_up, page_holds=page_holds, **kwargs
        )

    def form(self, entry, data=None):
        """Return the form that ends the hold because of `entry`."""
        return GiveUpForm(data, instance=entry, for_user=self.request.user, prefix=str(entry.pk))

    def post(self, request, *_arguments, **_named):
        if "again" in request.POST:
            return self.try_again()
        if "entry" in request.POST:
            return self.give_up(find(unfinished(), request.POST["entry"]))
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
            if unfinished().exists():
                messages.error(self.request, _("It failed again. Please show this page to your technician."))
        return self.leave()

    def give_up(self, entry):
        """End the hold because of `entry`, if a reason was given."""
        form = self.form(entry, self.request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        end_hold_because_of(form.instance, self.request.user)
        return self.leave()

    def decide(self, hold, is_same):
        """Erase the page of `hold` if it is what was erased, and otherwise show it again."""
        if is_same and hold.withdrawal and erase_page(hold):
            messages.success(self.request, _("The story is erased."))
        elif is_same:
            text = _("It is not erased. Is there another page below it? Move that first, or delete it.")
            messages.warning(self.request, text)
        elif release_page(hold, self.request.user):
            messages.success(self.request, _("The story is no longer held back."))
        return redirect(self.request.path)

    def leave(self):
        """Say that the hold has ended if it has. Otherwise show the page again."""
        if unfinished().exists() or Ledger.get().held_since:
            return redirect(self.request.path)
        messages.success(self.request, _("What the consents allow is shown again."))
        return redirect("safeguarding_withdrawals:index")
