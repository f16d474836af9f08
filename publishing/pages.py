"""Defines SitePage, which every page type inherits, and page_types(), all of them."""

from contextlib import nullcontext
from http import HTTPMethod

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, get_page_models
from wagtail.rich_text import get_text_for_indexing

from publishing.checks import PublishingRefused, find_errors, find_leaks, find_passed_end
from publishing.forms import CheckedPageForm
from publishing.indexing import indexed_after
from publishing.panels import PEOPLE_PANEL
from publishing.people import People, content_of, digest_of, lock_shown, read_labels, report_of
from publishing.reserved_slugs import RESERVED_SLUGS
from publishing.schedules import BY_SCHEDULE, tell_once
from publishing.visibility import is_known_held, is_known_hidden, restrictions_on
from safeguarding.leak_check.admin_requests import checking
from safeguarding.releases import hold_taken_out, lock_pages, store_report
from safeguarding.uses import Release

# The fields that Wagtail saves when a page is locked or unlocked.
LOCK_FIELDS = {"locked", "locked_by", "locked_at"}


class SitePage(Page):
    """A page of any type: an editor says who is in it, and it is checked when it is published, by any way.

    A page is not published while somebody in it has not agreed to it (publishing/checks.py), or while
    it has a protected word, one that would give somebody away (publishing/checks.py).

    `is_draft`: whether clean() validates a draft. `is_publishing`: whether it validates the page to publish
    it. If that is None, it validates a live page as one to publish.
    """

    # CheckedPageForm sets both while it validates, because a draft can always be saved.
    is_draft, is_publishing = False, None
    # The primary key of the page that this one is being copied from: editing/moderation/page_actions.py.
    copy_of = None
    # The parent of a new page, which CheckedPageForm sets too.
    parent_in_form = None
    # Why nobody could tell who is in it, as CheckedPageForm sets it. It is no content of the page.
    reason = ""
    reserved_slugs = RESERVED_SLUGS
    # Wagtail would make a page for any method. Such a page is neither cached nor limited (caching/busy.py).
    allowed_http_methods = [HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS]
    # The query parameters that the type reads; None if its pages are not the same for everybody. "?text=1"
    # asks for the text-only version.
    cacheable_parameters = ["text"]
    # Whether “Hide now” hides a page of the type from readers, with all pages below it.
    can_be_hidden = True
    # Whether menus and breadcrumbs have the pages of the type.
    in_navigation = True
    # The relations of the type that are loaded with a page which a visitor opens, beside its release. None if
    # such a page is found in another way.
    served_with = []
    base_form_class = CheckedPageForm
    # The panel about people comes first: the forms of pictures offer those who are chosen there.
    content_panels = [*Page.content_panels, PEOPLE_PANEL]
    # Wagtail's own method takes more queries.
    get_view_restrictions = restrictions_on
    # Wagtail's signal handlers leave the search index alone: save() updates it.
    search_auto_update = False
    # safeguarding/ needs these, to keep a page from visitors until everybody in it agrees.
    people_content = property(content_of)
    people_digest = property(digest_of)
    report_people = report_of
    read_labels = read_labels

    people = models.CharField(
        _("people"), max_length=10, blank=True, choices=[("", _("Not decided yet")), *People.choices]
    )
    # The day of the oldest check of a helpline in it: stories/counts.py.
    helplines_checked_on = models.DateField(null=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        """Save the page, and then update its indexes. If all fields are saved, also report the people in it.

        Wagtail saves a draft of a live page as a revision, and then only some fields of the page. A page can
        be locked and unlocked whatever prevents publishing it.
        """
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["clean"] = kwargs.get("clean", True) and not LOCK_FIELDS.issuperset(fields)
            with indexed_after(self, fields):
                return super().save(*args, **kwargs)
        with transaction.atomic():
            former = lock_shown(self)
            with indexed_after(self, fields):
                super().save(*args, **kwargs)
            report = report_of(self)
            hold_taken_out(self, report, former)
            store_report(self, report, former)

    save.alters_data = True

    def find_helplines(self):
        """Return the blocks with helplines in the page, which can be of a type without a body."""
        return self.body.blocks_by_name("helplines") if hasattr(self, "body") else []

    def clean(self):
        super().clean()
        would_be_live = self.live if self.is_publishing is None else self.is_publishing
        errors = (self.find_errors() if would_be_live else {}) | self.find_omissions()
        if self.slug in self.reserved_slugs:
            text = _("“%(slug)s” is part of other addresses here. Choose another one.")
            errors["slug"] = [*errors.get("slug", ()), text % {"slug": self.slug}]
        if errors:
            raise ValidationError(errors)

    @property
    def status_string(self):
        """The status for lists of the admin. It tells if readers don't see the page.

        A page is hidden from readers too if a page above it is hidden or not live.
        """
        if self.live and is_known_hidden(self):
            return _("hidden from readers")
        return _("live, held") if self.live and is_known_held(self) else super().status_string

    @property
    def lacks_reason(self):
        """Whether nobody said why nobody could tell who is in the page."""
        is_known = self.reason or Release.objects.filter(page=self.pk, reason__isnull=False).exists()
        return self.people == People.UNKNOWN and not is_known

    @property
    def plain_summary(self):
        """The summary or introduction as plain text, or else the search description."""
        introduction = get_text_for_indexing(getattr(self, "introduction", ""))
        return getattr(self, "summary", "") or introduction or self.search_description

    def find_omissions(self):
        """Return {name of a field: text} for what has to be filled in even if the page doesn't go live."""
        return {}

    def find_errors(self):
        """Return {name of a field: [ValidationError]} for everything that prevents publishing the page."""
        errors = find_leaks(self)
        for field, found in find_errors(self).items():
            errors[field] = errors.get(field, []) + found
        return errors

    def save_revision(self, *args, overwrite_revision=None, **kwargs):
        """Save a revision. The live one is not overwritten.

        The autosaves of one visit to the editor overwrite the revision of the first one. Somebody may have
        published that from a list meanwhile. Wagtail refuses to overwrite a revision that is not the latest.
        """
        latest = Page.objects.filter(latest_revision=overwrite_revision)
        if overwrite_revision and latest.filter(live_revision=overwrite_revision).exists():
            overwrite_revision = None
        revision = super().save_revision(*args, overwrite_revision=overwrite_revision, **kwargs)
        if self.reason:  # after the page, whose row every transaction locks first
            Release.objects.filter(page=self.pk).update(reason=self.reason)
        return revision

    save_revision.alters_data = True

    def publish(self, revision, *args, log_action=True, **kwargs):
        """Publish `revision`, or schedule it. Raises PublishingRefused if something prevents it.

        Raises Http404 if the page was deleted meanwhile.

        A scheduled version whose time has come raises no error: if something prevents it, it stays
        scheduled, and its editors are told once. If only its end has passed, it is published, and
        publishing/schedules.py unpublishes it at once.
        """
        is_due = log_action == BY_SCHEDULE
        try:
            # Whether a version can be published tells whether a term in it has a protected word.
            with checking(revision.user) if is_due else nullcontext(), transaction.atomic():
                # Wagtail writes revisions before it writes the page. Whoever deletes the page locks it first.
                if not lock_pages([self.pk]):
                    raise Http404
                content = revision.as_object()
                if errors := content.find_errors() | ({} if is_due else find_passed_end(content)):
                    raise PublishingRefused(content, errors)
                return super().publish(revision, *args, log_action=log_action, **kwargs)
        except ValidationError:
            if not is_due:
                raise
            return tell_once(self, revision)

    publish.alters_data = True


def page_types():
    """Return the page types of the site."""
    return [model for model in get_page_models() if issubclass(model, SitePage)]


def get_specific(page):
    """Return `page`, which was loaded with the relations of its type, as an instance of its own class."""
    # The relation from a Page to its specific page has the name of the model: page.storypage.
    return getattr(page, page.cached_content_type.model)
