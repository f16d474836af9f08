"""Which versions of stories wait for the safeguarding team, and why.

A version asks to be read if its page is live and not released, submitted to moderators, or scheduled. A draft
that is still being written does not ask.
"""

from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q
from wagtail.models import Page, Revision, WorkflowState

from caching.local_date import today
from safeguarding.gate import Unmet
from safeguarding.models import Decision, Use
from safeguarding.releases import (
    Report,
    guarded_types,
    has_running_release,
    judge_uses,
    load_people,
)

# What a decision can stand in for.
GROUNDS = {
    Unmet.CHILD_DECISION: Decision.Ground.CHILD,
    Unmet.PROCEEDINGS: Decision.Ground.PROCEEDINGS,
    Unmet.PROGRAMME: Decision.Ground.PROGRAMME,
    Unmet.NONE: Decision.Ground.OTHER,
    Unmet.ENDED: Decision.Ground.OTHER,
}
# Pages in a list. Those with people come first.
SHOWN = 50
# These wait for a decision. Without a consent, the usual answer is to record one.
WAITING = {Unmet.CHILD_DECISION, Unmet.PROCEEDINGS, Unmet.PROGRAMME}


@dataclass
class Version:
    """A version of `page` with what it uses. `content`: the page with the content of this version.

    `revision`: the stored one with this content, if there is one. `unmet`: (Contributor, Unmet) pairs.
    """

    page: Page
    content: Page
    is_live: bool
    revision: Revision | None
    report: Report
    unmet: list

    @property
    def sentences(self):
        return [unmet.describe(person) for person, unmet in self.unmet]

    @property
    def is_undecided(self):
        return not self.report.is_decided

    @property
    def is_waiting(self):
        return any(unmet in WAITING for _person, unmet in self.unmet)

    @property
    def questions(self):
        """The (Contributor, ground) pairs that can be decided."""
        return [(person, GROUNDS[unmet]) for person, unmet in self.unmet if unmet in GROUNDS]


def pages_that_ask():
    """Return the pages of guarded types of which a version asks to be read."""
    page_types = ContentType.objects.get_for_models(Page).values()
    submitted = WorkflowState.objects.active().filter(base_content_type__in=page_types)
    scheduled = Revision.objects.filter(base_content_type__in=page_types, approved_go_live_at__isnull=False)
    # They name pages by texts.
    keys = {int(key) for rows in (submitted, scheduled) for key in rows.values_list("object_id", flat=True)}
    asks = Q(pk__in=keys) | (Q(live=True) & ~has_running_release())
    has_people = Exists(Use.objects.filter(page=OuterRef("pk")))
    pages = Page.objects.filter(asks, content_type__in=guarded_types())
    return pages.annotate(has_people=has_people).order_by("-has_people", "pk")


def find_waiting():
    """Return the Versions with something open, of the first SHOWN pages that ask."""
    versions = [version for page in pages_that_ask()[:SHOWN] for version in find_versions(page)]
    return [version for version in versions if version.is_undecided or version.unmet]


def find_versions(page):
    """Return the Versions of `page`, of a guarded type: what is live, what is scheduled, and the draft."""
    latest, versions = page.latest_revision, []
    if page.live:
        live_revision = page.live_revision or (None if page.has_unpublished_changes else latest)
        versions.append(read(page, page.specific, True, live_revision))
    drafts = [page.scheduled_revision, latest if page.has_unpublished_changes or not page.live else None]
    for revision in filter(None, drafts):
        draft = read(page, revision.as_object(), False, revision)
        if draft.report.digest not in {version.report.digest for version in versions}:
            versions.append(draft)
    return versions


def read(page, content, is_live, revision):
    report = content.report_people()
    people = load_people(use.contributor_id for use in report.uses)
    judged = judge_uses(content, report.uses, report.digest, people, today())
    unmet = [(person, each) for person, _use, verdict in judged for each in verdict.unmet]
    return Version(page, content, is_live, revision, report, unmet)
