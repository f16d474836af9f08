"""Views of the admin for the stories that wait for the safeguarding team.

They are the list, a page for the decisions on one story, and the story as readers would see it. Others name
a second reader, list the answers about people that a lead (a member of the group Safeguarding) has to look
at, and let a user publish again who is above the limit of the leak check.
"""

from django import forms
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views import View
from django.views.generic import FormView, TemplateView
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.log_actions import log
from wagtail.models import Page

from caching.local_date import today
from editing.people.forms import DecisionForm
from editing.people.reading_reports import find_earlier
from editing.people.views import LeadMixin
from safeguarding.decisions import MAX_READ, find_repeatable, find_undecided, find_versions, waiting_pages
from safeguarding.leak_check.hits import allow
from safeguarding.mails import mail_about, send
from safeguarding.models import LeakHits, Reading, SecondReader
from safeguarding.reading_start import start
from safeguarding.reading_text import render_text
from safeguarding.releases import report_again
from safeguarding.writers import say_right


def describe_open(page):
    """Return what is not decided about the people in the versions of `page`."""
    return " ".join(dict.fromkeys(each for version in find_versions(page) for each in version.sentences))


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
        """Return the pages that wait, without those about whose people everything is decided."""
        pages = waiting_pages()
        decided = [page.pk for page in pages[:MAX_READ] if not describe_open(page)]
        return pages.exclude(pk__in=decided)


class StoryMixin(LeadMixin):
    """For views of one story.

    `version`: the Version whose digest the request gives; the last one if it gives none; None if no version
    has that digest.
    """

    header_icon = "tasks"

    @cached_property
    def versions(self):
        return find_versions(get_object_or_404(Page, pk=self.kwargs["pk"], depth__gt=1))

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
    template_name = "editing/people/decide.html"
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
        # Whether this user can decide all that is open, and then publish it.
        is_all = len(form.fields["question"].choices) == len(self.version.sentences)
        form.publishes = is_all and self.may_publish
        return form

    def get_context_data(self, **kwargs):
        return super().get_context_data(earlier=find_earlier(self.version.content), **kwargs)

    @property
    def may_publish(self):
        """Whether the version is the latest draft, and the user may publish it."""
        page, permissions = self.version.page, self.version.page.permissions_for_user(self.request.user)
        is_latest = not self.version.is_live and self.version.revision.pk == page.latest_revision_id
        return is_latest and permissions.can_publish() and not permissions.page_locked()

    def post(self, request, *args, **kwargs):
        if "still_right" in request.POST:
            return self.record(self.get_form().repeated)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        return self.record(form.decisions)

    def record(self, decisions):
        # In a transaction of its own: a decision locks more people (lock() in safeguarding/releases.py).
        with transaction.atomic():
            report_again([self.version.page.pk])
        version = self.version
        for each in decisions:
            each.pk, each.page, each.decided_by = None, version.page, self.request.user
            each.revision, each.digest = version.revision, version.report.digest
            each.save()
            log(each.contributor, "safeguarding.decide", user=self.request.user)
            messages.success(self.request, _("Your decision about %s is recorded.") % each.contributor.code)
        if "publish" in self.request.POST and self.may_publish:
            # A refusal leads to the editor: editing/moderation/refused_publishing.py.
            version.revision.publish(user=self.request.user)
            page = Page.objects.get(pk=version.page.pk)
            text = _("It is scheduled.") if page.scheduled_revision else _("It is published.")
            messages.success(self.request, text)
            for after_publish in hooks.get_hooks("after_publish_page"):
                after_publish(self.request, page)
        return redirect("safeguarding_decisions:page", version.page.pk)


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

    form_class, template_name = ReaderForm, "editing/people/reader.html"
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
        mail_about(page, self.subject, lambda: self.text % user, administrators)
        text = _("The second reader is recorded. All members of the team and all administrators are told.")
        messages.success(self.request, text)
        language = self.version.content.locale.language_code
        render_text(self.request, self.version.content)  # It makes the renditions: see StartView.
        reading = start(self.version, user, Reading.Way.LINK, second_reader=form.instance, language=language)
        with override(language):
            text = _("Please read this text: %s\n\nYou need a number for it, which you are told by voice.")
            is_mailed = send(_("Please read"), text % reading.address, form.instance.contact)
        self.template_name = "editing/people/link.html"
        back_url = reverse("safeguarding_decisions:page", args=[page.pk])
        context = {"form": form, "reading": reading, "is_mailed": is_mailed, "back_url": back_url}
        return self.render_to_response(self.get_context_data(**context))


class AnswersView(LeadMixin, TemplateView):
    """The list of the answers about people that nobody looked at, above all those that nobody is in a story.

    Each stands there until a lead says that it is right. The form has the digests of one or all versions.
    """

    permission_required = "see_names"
    template_name = "editing/people/answers.html"
    page_title, header_icon = gettext_lazy("Look at these answers"), "tasks"
    breadcrumbs_items = [*LeadMixin.breadcrumbs_items, {"url": "", "label": page_title}]

    @cached_property
    def versions(self):
        return find_undecided()[2]

    def post(self, request):
        act = say_right if "right" in request.POST else ask
        digests = request.POST.getlist("digest")
        found = [version for version in self.versions if version.report.digest in digests]
        for version in found:
            act(version, request.user)
        messages.success(request, _("Done: %d.") % len(found))
        return redirect("safeguarding_decisions:answers")


@transaction.atomic
def ask(version, user):
    """Send `version` back to its editor, as a moderator does. A live one stays live."""
    page = version.page
    if version.revision and not page.current_workflow_state and (workflow := page.get_workflow()):
        workflow.start(page, version.answered_by)
    if task := page.current_workflow_task_state:
        task.reject(user=user, comment=_("Who is in this page? Add everybody who could be recognised."))


class AllowView(LeadMixin, View):
    """Lets a user who is above the limit today publish again, and be told places."""

    permission_required = "see_names"

    def post(self, request, pk):
        hits = get_object_or_404(LeakHits, pk=pk, day=today())
        allow(hits, request.user)
        messages.success(request, _("%s can publish again.") % hits.user.get_username())
        return redirect("wagtailadmin_home")
