"""Defines CheckedPageMixin, with which pages of every type are checked before they go live.

A page is not published while somebody in it has not agreed to it (stories/people_check.py), or while it has a
protected word, one that would give somebody away (safeguarding/leak_check/).
"""

from contextlib import nullcontext
from http import HTTPMethod

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.dispatch import receiver
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page
from wagtail.signals import pre_page_move

from publishing.hiding import status_string
from publishing.visibility import restrictions_on
from safeguarding.leak_check.admin_requests import checking, find_stops
from safeguarding.leak_check.texts import read_titles
from safeguarding.releases import hold_taken_out, lock_pages, store_report
from safeguarding.uses import Release
from stories.indexing import indexed_after
from stories.people import WRITTEN_APART, People, content_of, digest_of, lock_shown, read_labels, report_of
from stories.people_check import CODE, PublishingRefused, find_errors
from stories.reserved_slugs import validate_slug_not_reserved
from stories.scheduled import BY_SCHEDULE, tell_once

# A message of Wagtail's page form. gettext finds Wagtail's translations of it.
IS_OVER = "Expiry date/time must be in the future."
# The fields that Wagtail saves when a page is locked or unlocked.
LOCK_FIELDS = {"locked", "locked_by", "locked_at"}


def find_leaks(page, titles=None):
    """Return {name of a field: [ValidationError]} for protected words that prevent publishing `page`.

    `titles`: as in find_stops().
    """
    return {
        field or NON_FIELD_ERRORS: [ValidationError(text, code=CODE) for text in texts]
        for field, texts in find_stops(page, titles).items()
    }


def find_title_leaks(page):
    """Return those of find_leaks() about the title, which mails have in their subject, labels, and no field.

    Above the limit of the leak check, the error about no field is all that it says.
    """
    errors = find_leaks(page).items()
    return {field: each for field, each in errors if field in {"title", "people", NON_FIELD_ERRORS}}


def refuse_titles(page, above):
    """Raise PublishingRefused if a title or slug of `above` would give away somebody in `page` or below it.

    `above`: a queryset of the pages that are or will be above `page`. `page` may be among them.
    """
    if errors := find_leaks(page, read_titles(above)):
        raise PublishingRefused(page, errors)


@receiver(pre_page_move)
def check_titles_above(instance, parent_page_before, parent_page_after, **_arguments):
    """Refuse to move a page to where a title or slug above it would give somebody away."""
    if parent_page_before != parent_page_after:
        refuse_titles(instance, parent_page_after.get_ancestors(inclusive=True))


def find_passed_end(page):
    """Return {"expire_at": [ValidationError]} if `page` has expired, and otherwise {}.

    Lists and bulk actions publish a page without its form, which checks this too.
    """
    is_over = page.expire_at and page.expire_at < timezone.now()
    return {"expire_at": [ValidationError(gettext(IS_OVER), code=CODE)]} if is_over else {}


class CheckedPageMixin(models.Model):
    """For page types: an editor says who is in a page, and it is checked when it is published, by any way.

    `is_draft`: whether clean() validates a draft. `is_publishing`: whether it validates the page to publish
    it. If that is None, it validates a live page as one to publish.
    """

    # CheckedPageForm sets both while it validates, because a draft can always be saved.
    is_draft, is_publishing = False, None
    # The primary key of the page that this one is being copied from: editing/page_actions.py.
    copy_of = None
    # The parent of a new page, which CheckedPageForm sets too.
    parent_in_form = None
    # Why nobody could tell who is in it, as CheckedPageForm sets it. It is no content of the page.
    reason = ""
    # The slugs that pages of the type may not have.
    reserved_slugs = frozenset()
    # Wagtail would make a page for any method. Such a page is neither cached nor limited (caching/busy.py).
    allowed_http_methods = [HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS]
    # "?text=1" asks for the text-only version.
    cacheable_parameters = ["text"]
    # Wagtail's own method takes more queries.
    get_view_restrictions = restrictions_on
    # In the admin, it tells if readers don't see the page.
    status_string = property(status_string)
    # Wagtail's signal handlers leave the search index alone: save() updates it.
    search_auto_update = False
    # safeguarding/ needs these, to keep a page from visitors until everybody in it agrees.
    written_apart = WRITTEN_APART
    people_content = property(content_of)
    people_digest = property(digest_of)
    report_people = report_of
    read_labels = read_labels

    people = models.CharField(
        _("people"), max_length=10, blank=True, choices=[("", _("Not decided yet")), *People.choices]
    )

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

    def clean(self):
        validate_slug_not_reserved(self)
        super().clean()
        errors = (self.find_errors() if self.would_be_live else {}) | self.find_omissions()
        if errors:
            raise ValidationError(errors)

    @property
    def lacks_reason(self):
        """Whether nobody said why nobody could tell who is in the page."""
        is_known = self.reason or Release.objects.filter(page=self.pk, reason__isnull=False).exists()
        return self.people == People.UNKNOWN and not is_known

    @property
    def would_be_live(self):
        """Whether the page is validated as one that readers see."""
        return self.live if self.is_publishing is None else self.is_publishing

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
