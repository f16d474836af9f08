"""Views of the admin for the stories that wait for the safeguarding team.

They are the list, a page for the decisions on one story, and the story as readers would see it. Others name
a second reader, and let a user publish again who is above the limit of the leak check.
"""

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.log_actions import log
from wagtail.models import Page

from caching.local_date import today
from safeguarding.decisions import find_repeatable, find_versions, waiting_pages
from safeguarding.forms import RestrictedFieldsMixin
from safeguarding.leak_check.hits import allow
from safeguarding.mails import mail_leads
from safeguarding.models import Decision, LeakHits, SecondReader
from safeguarding.releases import report_again
from safeguarding.views import LeadMixin
from safeguarding.writers import has_written, read_saves


class DecisionForm(RestrictedFieldsMixin, WagtailAdminModelForm):
    """Records a decision about the version that the lead has read.

    The value of the field `question` is "primary key of the person:ground".
    """

    question = forms.ChoiceField(label=gettext_lazy("What do you decide?"), widget=forms.RadioSelect)
    has_read = forms.BooleanField(label=gettext_lazy("I have read this version of the story"))

    class Meta:
        model = Decision
        fields = ("reason", "ends_on")
        labels = {"reason": gettext_lazy("Why may it be published?"), "ends_on": gettext_lazy("Until when?")}
        help_texts = {"reason": gettext_lazy("Only the safeguarding team can read this.")}

    field_order = ("has_read", "question", "reason", "ends_on")

    def __init__(self, *args, version, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.page, self.instance.decided_by = version.page, self.for_user
        choices = []
        self.own = []  # the labels of the questions about which the user may not decide
        # Without questions, the versions are not read.
        saves = read_saves(version.page, version.revision) if version.questions else []
        for person, ground in version.questions:
            label = f"{person.code}: {ground.label}"
            earlier = Decision.objects.filter(contributor=person, ground=ground)
            # If it is unknown which version this is, none comes before it.
            earlier = earlier.filter(revision__isnull=version.revision is None)
            question = f"{person.pk}:{ground}"
            if has_written(self.for_user, version.page, saves, earlier, question):
                self.own.append(label)
            else:
                choices.append((question, label))
        self.fields["question"].choices = choices
        self.fields["question"].initial = choices[0][0] if len(choices) == 1 else None

    def clean_ends_on(self):
        if self.cleaned_data["ends_on"] < today():
            raise forms.ValidationError(_("This day is over."))
        return self.cleaned_data["ends_on"]

    def clean(self):
        super().clean()
        if question := self.cleaned_data.get("question"):
            key, _separator, self.instance.ground = question.partition(":")
            self.instance.contributor_id = int(key)
        return self.cleaned_data


def describe_open(page):
    """Return what is not decided about the people in the versions of `page`."""
    sentences = [sentence for version in find_versions(page) for sentence in version.sentences]
    return " ".join(dict.fromkeys(sentences)) or _("Everything about its people is decided.")


class DecisionIndexView(LeadMixin, generic.IndexView):
    """The list of the pages that wait, each with what is not decided about the people in it."""

    page_title, header_icon = gettext_lazy("Stories that wait"), "tasks"
    verbose_name_plural = Page._meta.verbose_name_plural  # not that of Contributor, whose policy the view has
    index_url_name = "safeguarding_decisions:index"
    index_results_url_name = "safeguarding_decisions:index_results"
    paginate_by = 50
    search_fields, search_backend_name = ["title", "draft_title"], None
    columns = [
        TitleColumn(
            "draft_title",
            label=gettext_lazy("Title"),
            get_url=lambda page: reverse("safeguarding_decisions:page", args=[page.pk]),
        ),
        Column("open", label=gettext_lazy("What is open"), accessor=describe_open),
    ]

    def get_base_queryset(self):
        return waiting_pages()


class StoryMixin(LeadMixin):
    """For views of one story.

    `version`: the Version whose digest the request gives; the last one if it gives none; None if no version
    has that digest.
    """

    header_icon = "tasks"

    @cached_property
    def versions(self):
        page = get_object_or_404(Page, pk=self.kwargs["pk"], depth__gt=1)
        return find_versions(page)

    @cached_property
    def version(self):
        asked = self.request.POST.get("digest") or self.request.GET.get("version") or None
        found = [each for each in self.versions if asked in {None, each.report.digest}]
        return found[-1] if found else None

    def get_page_subtitle(self):
        return self.versions[-1].page.get_admin_display_title()

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("safeguarding_decisions:index"), "label": DecisionIndexView.page_title},
            {"url": "", "label": self.get_page_subtitle()},
        ]


class DecideView(StoryMixin, FormView):
    form_class = DecisionForm
    template_name = "safeguarding/decide.html"
    page_title = gettext_lazy("Decide on a story")

    def dispatch(self, request, *args, **kwargs):
        # Others are refused by the dispatch() of PermissionCheckedMixin, before they learn what there is.
        if self.user_has_permission("change"):
            if not self.versions:
                raise Http404
            if self.version is None:
                messages.warning(
                    request, _("The story has changed since you opened it. Please read it again.")
                )
                return redirect(request.path)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"version": self.version, "for_user": self.request.user}

    def get_form(self, form_class=None):
        """Return the form. Its `comparison` is what changed since the user decided last, as Compare lists it.

        Its `repeated` are the decisions that “Still right” repeats, about what the user may decide.
        """
        form, revision = super().get_form(form_class), self.version.revision
        # As find_repeatable() does, without what the report made of it.
        now = revision.as_object() if revision else self.version.content
        before, decided = find_repeatable(self.version, self.request.user)
        panels = now.get_edit_handler().get_bound_panel(instance=now, request=self.request, form=None)
        found = [each(before, now) for each in panels.get_comparison()] if before else []
        form.comparison = [each for each in found if each.has_changed()]
        form.repeated = [decided[key] for key, _label in form.fields["question"].choices if key in decided]
        return form

    def get_context_data(self, **kwargs):
        context = super().get_context_data(version=self.version, versions=self.versions, **kwargs)
        return context | {"media": context["form"].media}

    def post(self, request, *args, **kwargs):
        if "still_right" in request.POST:
            return self.record(self.get_form().repeated)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        return self.record([form.instance])

    def record(self, decisions):
        # In a transaction of its own, because a decision locks more people: lock() in releases.py.
        with transaction.atomic():
            report_again([self.version.page.pk])
        for each in decisions:
            each.pk, each.revision, each.digest = None, self.version.revision, self.version.report.digest
            each.save()
            log(each.contributor, "safeguarding.decide", user=self.request.user)
            messages.success(self.request, _("Your decision about %s is recorded.") % each.contributor.code)
        return redirect("safeguarding_decisions:page", self.version.page.pk)


class ReadView(StoryMixin, View):
    """Shows a version as readers would see it, also to leads who may not edit the story."""

    def get(self, request, *_arguments, **_named):
        if not self.version:
            raise Http404
        content = self.version.content
        return content.make_preview_request(request, content.default_preview_mode)


class ReaderForm(WagtailAdminModelForm):
    contact = forms.EmailField(label=gettext_lazy("E-mail address"))

    class Meta:
        model = SecondReader
        fields = ("name", "function", "contact")
        widgets = dict.fromkeys(("name", "function"), forms.TextInput)

    def clean_contact(self):
        if get_user_model().objects.filter(email__iexact=self.cleaned_data["contact"]).exists():
            raise forms.ValidationError(_("An account has this address. Name somebody without an account."))
        return self.cleaned_data["contact"]


class ReaderView(StoryMixin, FormView):
    """Names a second reader for a story about which the lead may not decide herself."""

    form_class, template_name = ReaderForm, "safeguarding/reader.html"
    page_title = gettext_lazy("Name a second reader")
    permission_required = "see_names"
    subject = gettext_lazy("A second reader of a story")
    text = gettext_lazy("%s named a second reader for a story. If you did not expect this, ask why:")

    def get_form(self, form_class=None):
        if not self.version or not DecisionForm(version=self.version, for_user=self.request.user).own:
            raise Http404
        return super().get_form(form_class)

    def form_valid(self, form):
        user, page = self.request.user, self.version.page
        form.instance.page, form.instance.user = page, user
        log(form.save(), "wagtail.create")
        administrators = get_user_model().objects.filter(is_superuser=True, is_active=True)
        address = f"{settings.BASE_URL}{reverse('safeguarding_decisions:page', args=[page.pk])}"
        mail_leads(self.subject, lambda: f"{self.text % user}\n\n{address}", administrators)
        text = _("The second reader is recorded. All members of the team and all administrators are told.")
        messages.success(self.request, text)
        return redirect("safeguarding_decisions:page", page.pk)


class AllowView(LeadMixin, View):
    """Lets a user who is above the limit today publish again, and be told places."""

    permission_required = "see_names"

    def post(self, request, pk):
        hits = get_object_or_404(LeakHits, pk=pk, day=today())
        allow(hits, request.user)
        messages.success(request, _("%s can publish again.") % hits.user.get_username())
        return redirect("wagtailadmin_home")
