"""Finds the versions of pages that wait for the safeguarding team, and the reasons.

A page waits if it is live but may not be read because of the people in it, if it was submitted to moderators,
if it is scheduled, or if its editor asked. Another draft that is still being written does not wait.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import chain, islice

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import ModelLogEntry, Page, PageLogEntry, ReferenceIndex, Revision, WorkflowState

from caching.local_date import today
from safeguarding.gate import WITHOUT_CONSENT, Report, Unmet, judge
from safeguarding.models import Decision, Release, Use
from safeguarding.releases import counting_decisions, judge_uses, load_people, not_held
from safeguarding.status import DAYS_OF_NOTICE, ONE_DAY
from safeguarding.wording import describe_status

# {condition that is not met: ground of the decision that replaces it}.
GROUNDS = {
    Unmet.CHILD_DECISION: Decision.Ground.CHILD,
    Unmet.PROCEEDINGS: Decision.Ground.PROCEEDINGS,
    Unmet.PROGRAMME: Decision.Ground.PROGRAMME,
    Unmet.NONE: Decision.Ground.OTHER,
    Unmet.ENDED: Decision.Ground.OTHER,
}
# The entry in the history of a page about which somebody asks, and for how long that is on the desk.
ASK, ASKED_FOR = "safeguarding.ask", timedelta(days=60)
# The most versions that the desk lists. Those of pages that may have people come first.
MAX_LISTED = 50
# The most pages whose versions are read for that, because each takes some milliseconds. While everybody is
# held after a restore, all pages with people wait.
MAX_READ = 500
TIMES = {"first_published_at", "go_live_at", "expire_at"}
# The conditions that only a decision can replace. A missing consent is usually recorded instead.
WAITING = {Unmet.CHILD_DECISION, Unmet.PROCEEDINGS, Unmet.PROGRAMME}


@dataclass
class Version:
    """A version of a page, and how it shows and names people.

    `content`: the page with the content of this version. `revision`: the Revision with this content, or None.
    `unmet`: list of (Contributor, Unmet) pairs.
    """

    page: Page
    content: Page
    is_live: bool
    revision: Revision | None
    report: Report
    unmet: list

    @property
    def sentences(self):
        """The sentences for a lead about what is not decided about the people in this version."""
        undecided = [_("Nobody has said yet who is in this page.")] if not self.report.is_decided else []
        waits = [_("Readers see it once you say that its answer is right.")] if self.report.waits else []
        about = [
            f"{person.code}: {describe_status(person)}" if unmet == Unmet.NONE else unmet.describe(person)
            for person, unmet in self.unmet
        ]
        return undecided + waits + about

    @property
    def without_consent(self):
        """The people in it whose consent is missing or has ended."""
        return [person for person, unmet in self.unmet if unmet in WITHOUT_CONSENT]

    @property
    def is_waiting(self):
        """Whether a lead, a member of the group Safeguarding, has to decide about it, or to ask somebody."""
        waiting = {*WAITING, Unmet.NONE, Unmet.READING, Unmet.REFUSED}
        return any(unmet in waiting for _person, unmet in self.unmet)

    @property
    def is_unseen(self):
        """Whether a lead has to look at who is said to be in it."""
        taken_out = Release.objects.filter(page=self.page.pk, taken_out__gt="")
        return self.report.is_unseen or (self.is_live and taken_out.exists())

    @cached_property
    def answered_by(self):
        """The user who saved the answer about the people in this version, or None."""
        saves = Revision.page_revisions.filter(object_id=str(self.page.pk))
        saves = saves.filter(pk__lte=self.revision.pk) if self.revision else saves
        others = saves.exclude(content__people=self.content.people)
        first = saves.filter(pk__gt=others.aggregate(last=Max("pk"))["last"] or 0).order_by("pk").first()
        return first and first.user

    @cached_property
    def questions(self):
        """The (Contributor, ground) pairs that can be decided, also where a decision ends soon."""
        open_now = [(person, GROUNDS[unmet]) for person, unmet in self.unmet if unmet in GROUNDS]
        ending = ending_decisions(page=self.page, digest=self.report.digest, ends_on__gte=today())
        return open_now + [(each.contributor, Decision.Ground(each.ground)) for each in ending]


def waiting_pages():
    """Return a queryset of the pages that wait, in the sense of this module's docstring.

    `may_have_people`: whether people are in a page or may be in its draft. Those pages come first.
    `is_asked`: whether somebody asked about it. `waits_since`: when it was submitted, or else saved last.
    Those that wait longest come first.
    """
    page_type = ContentType.objects.get_for_model(Page)
    submitted = WorkflowState.objects.active().filter(base_content_type=page_type)
    scheduled = Revision.page_revisions.filter(approved_go_live_at__isnull=False)
    # These models store primary keys of pages as strings.
    keys = {int(key) for rows in (submitted, scheduled) for key in rows.values_list("object_id", flat=True)}
    is_asked = Exists(questions().filter(page=OuterRef("pk")))
    waits = Q(pk__in=keys) | is_asked | (Q(live=True) & ~not_held())
    # A draft does not report its people.
    may_have_people = Exists(Use.objects.filter(page=OuterRef("pk"))) | is_asked | Q(pk__in=keys)
    pages = Page.objects.filter(waits, depth__gt=1)  # without the root, which nobody reads
    sent = submitted.filter(object_id=Cast(OuterRef("pk"), CharField())).order_by().values("created_at")
    since = Coalesce(Subquery(sent[:1]), "latest_revision_created_at", "last_published_at", Now())
    pages = pages.annotate(may_have_people=may_have_people, is_asked=is_asked, waits_since=since)
    return pages.order_by("-may_have_people", "waits_since", "pk")


def find_page_to_decide(person, first):
    """Return the first page that waits for a decision about `person`, a Contributor, or None.

    `first`: a page that comes before those that wait, or None.
    """
    pages = waiting_pages().filter(pk__in=person.uses.values("page"))
    for version in chain.from_iterable(map(find_versions, filter(None, [first, *pages]))):
        if any(each == person and unmet in WAITING for each, unmet in version.unmet):
            return version.page
    return None


def questions():
    """Return a queryset of the entries in the history that say who asked about a page in the last weeks."""
    return PageLogEntry.objects.filter(action=ASK, timestamp__gt=timezone.now() - ASKED_FOR)


def find_undecided(unseen=MAX_LISTED):
    """Return three lists of Versions.

    They wait for a decision of a lead, are undecided, or have an answer that a lead has to look at. Each list
    has the first MAX_LISTED at most, and the last one the first `unseen`. Those that wait longest come first.
    """
    pages = waiting_pages()
    # No person is recorded in the other pages, so no lead has to decide about them. They are read only until
    # there are enough that are undecided.
    with_people = list(read_versions(pages.filter(may_have_people=True)))
    others = read_versions(pages.filter(may_have_people=False))
    waiting = first_of(with_people, lambda each: each.is_waiting or (each.page.is_asked and each.unmet))
    undecided = first_of(chain(with_people, others), lambda version: not version.report.is_decided)
    live = Page.objects.live().filter(Q(release__is_unseen=True) | Q(release__taken_out__gt=""))
    # Those come first that wait for it.
    live = live.order_by(F("release__until").asc(nulls_first=True), "pk")
    others = read_versions(live.exclude(pk__in={each.page.pk for each in with_people}))
    versions = chain(with_people, others)
    return waiting, undecided, first_of(versions, lambda version: version.is_unseen, unseen)


def read_versions(pages):
    """Yield the Versions of `pages`, a queryset, without those after the first MAX_READ pages."""
    for page in pages[:MAX_READ].iterator(chunk_size=MAX_LISTED):
        yield from find_versions(page)


def first_of(versions, is_wanted, number=MAX_LISTED):
    """Return a list of the first `number` of `versions` for which the function `is_wanted` is true."""
    return list(islice(filter(is_wanted, versions), number))


def find_versions(page):
    """Return the Versions of `page`: the live, the scheduled and the latest one."""
    latest, versions = page.latest_revision, []
    if page.live:
        versions.append(make_version(page, page.specific, True, revision_of_live(page)))
    drafts = [page.scheduled_revision, latest if page.has_unpublished_changes or not page.live else None]
    for revision in filter(None, drafts):
        draft = make_version(page, revision.as_object(), False, revision)
        # Versions with the same content are one.
        if draft.report.digest not in {version.report.digest for version in versions}:
            versions.append(draft)
    return versions


def revision_of_live(page):
    """Return the Revision with the content of `page`, which is live, or None."""
    # A page that was made live without publish() has no live_revision.
    return page.live_revision or (None if page.has_unpublished_changes else page.latest_revision)


def make_version(page, content, is_live, revision):
    """Return a Version with these values. The report and the unmet conditions are computed."""
    report = content.report_people()
    people = load_people(use.contributor_id for use in report.uses)
    judged = judge_uses(content, report.uses, report.digest, people, today())
    unmet = [(person, each) for person, _use, verdict in judged for each in verdict.unmet]
    return Version(page, content, is_live, revision, report, unmet)


def find_repeatable(version, user):
    """Return what `user` decided about another version of the page last: (content, {question: Decision}).

    The content is None if that version is unknown, or has changed since, which no comparison with it shows:
    it was overwritten, or somebody edited a picture, document or author in it.
    """
    own = Decision.objects.filter(page=version.page, decided_by=user).exclude(digest=version.report.digest)
    last = own.order_by("pk").last()
    if not (last and last.revision) or last.revision.as_object().people_digest != last.digest:
        return None, {}
    decided = counting_decisions(version.page, last.digest).filter(decided_by=user, ends_on__gte=today())
    questions = {f"{each.contributor_id}:{each.ground}": each for each in decided.order_by("pk")}
    # The content is read again: a digest makes the lists in it, and two lists that were made are never equal.
    return last.revision.as_object(), questions


# --- Decisions that end ---------------------------------------------------------------------------


def ending_decisions(**conditions):
    """Return the Decisions that live pages need, and that end within DAYS_OF_NOTICE or have ended.

    `conditions`: lookups of Decision. Those that a later decision replaces are left out.
    """
    live = Release.objects.filter(page=OuterRef("page"), digest=OuterRef("digest"), page__live=True)
    found = Decision.objects.filter(Exists(live), **conditions).order_by("ends_on").defer("reason")
    last = {(each.page_id, each.contributor_id, each.ground): each for each in found}
    limit = today() + timedelta(days=DAYS_OF_NOTICE)
    return [each for each in last.values() if each.ends_on <= limit and is_needed(each)]


def is_needed(decision):
    """Return whether a condition is not met after the last day of `decision`, if nothing else is decided."""
    person, day = decision.contributor, max(decision.ends_on + ONE_DAY, today())
    uses = Use.objects.filter(page=decision.page_id, contributor=person)
    unmet = {each for use in uses for each in judge(person, use, {}, None, day).unmet}
    return decision.ground in {GROUNDS.get(each) for each in unmet}


# --- Decisions about pages that changed since -----------------------------------------------------


def changed_decisions():
    """Return the last Decision about each live page that changed since, so little that the decision counts.

    The address, the layout or an option of the page changed, or somebody edited a term that it shows, such
    as a theme.
    """
    live = Release.objects.filter(page=OuterRef("page"), digest=OuterRef("digest"), page__live=True)
    found = Decision.objects.filter(Exists(live), ends_on__gte=today(), revision__isnull=False)
    found = found.select_related("page__live_revision", "revision").order_by("decided_at").defer("reason")
    last = {each.page_id: each for each in found}
    edits = ModelLogEntry.objects.filter(action="wagtail.edit").order_by("timestamp")
    edits = edits.values_list("content_type", "object_id", "timestamp")
    edits = {tuple(term): moment for *term, moment in edits}
    page_type = ContentType.objects.get_for_model(Page)
    shown = ReferenceIndex.objects.filter(base_content_type=page_type, object_id__in=map(str, last))
    edited = {
        int(page)
        for page, *term in shown.values_list("object_id", "to_content_type", "to_object_id")
        if tuple(term) in edits and edits[tuple(term)] > last[int(page)].decided_at
    }
    return [each for key, each in last.items() if key in edited or is_other_version(each)]


def is_other_version(decision):
    """Return whether the live version of the page has another field than the version of `decision`.

    Fields that nobody edits do not count, nor those that say when the page is live.
    """
    page_type = decision.page.specific_class
    edited = {field.name for field in page_type._meta.fields if field.editable or field.name == "url_path"}
    # A version has no field that its page type got later. It counts as one with the default.
    defaults = page_type().serializable_data()
    then, now = (
        {name: value for name, value in (defaults | each.content).items() if name in edited - TIMES}
        for each in (decision.revision, decision.page.live_revision or decision.revision)
    )
    return now != then
