"""Finds protected words in the texts of an object, and decides which of them prevent publishing.

Protected words are the names of a person and other words that would give the person away.
docs/safeguarding.md explains the rules.
"""

from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from django.db import models
from django.db.models import Q
from django.utils.text import capfirst
from wagtail.models import Page, Revision

from caching.local_date import today
from safeguarding.leak_check.matching import Texts
from safeguarding.leak_check.rows import BATCH, find_rows, mentions, models_with_texts, written_fields
from safeguarding.leak_check.sources import read_texts, shown_sources, source_of
from safeguarding.leak_check.texts import LocatedText, read_above
from safeguarding.models import Contributor, Use, WithdrawalTask
from safeguarding.releases import is_held, load_people, not_held
from safeguarding.scopes import Channel, Naming
from safeguarding.status import Status, counts_as_child


@dataclass
class Findings:
    """The LocatedTexts of an object that have protected words. Each of them is in one of the lists.

    `stops`: those that prevent publishing. `warnings`: those that may reveal who somebody is. `ordinary`:
    those whose protected words are all ordinary words too. `texts`: all LocatedTexts of the object.
    `strangers`: how many people whom it doesn't list have a word in them.
    """

    stops: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    ordinary: list = field(default_factory=list)
    texts: list = field(default_factory=list)
    strangers: int = 0

    def __bool__(self):
        return bool(self.stops or self.warnings or self.ordinary)


@dataclass
class People:
    """The people in a page, as primary keys. `named`: those of `listed` whose real name the page may give."""

    listed: set = field(default_factory=set)
    named: set = field(default_factory=set)


def people_of(instance):
    """Return the People of `instance`. Only pages of guarded types have people.

    A person who withdrew counts as listed, and as not named, until the page is published without this person.
    """
    if not hasattr(instance, "report_people"):
        return People()
    uses, gone = instance.report_people().uses, people_taken_out(instance)
    named = {use.contributor_id for use in uses if use.naming == Naming.REAL}
    return People({use.contributor_id for use in uses} | gone, named - gone)


def people_at(pages):
    """Return the People in `pages`, a queryset, as far as they are live. Named are those named in each."""
    uses = Use.objects.filter(page__in=pages, page__live=True)
    uses = set(uses.values_list("contributor", "naming"))
    listed = {key for key, _naming in uses}
    return People(listed, listed - {key for key, naming in uses if naming != Naming.REAL})


def people_taken_out(page):
    """Return the primary keys of people who withdrew, and whom an editor has to remove from `page`.

    Those who have agreed again since are not among them.
    """
    # The task "purge" of a page waits until the page is published without the person.
    waiting = WithdrawalTask.objects.filter(step="purge", done_at=None, data__page=page.pk)
    people = waiting.filter(withdrawal__contributor__isnull=False)
    people = load_people(people.values_list("withdrawal__contributor", flat=True))
    return {key for key, person in people.items() if person.has_withdrawn}


def check(instance, words, more=()):
    """Return the Findings for `words`, a list of ProtectedWords, in the texts of `instance`, and in `more`.

    The titles and slugs of the sections above a story count as its texts. The title and the slug of a page
    also count as texts of the live pages below it.
    """
    texts = [*read_texts(instance), *more]
    if hasattr(instance, "report_people"):
        texts += read_above(instance)
    found = find_words(texts, words)
    findings = classify(texts, found, people_of(instance)) if found else Findings(texts=texts)
    if findings and isinstance(instance, Page) and instance.path:
        titles = [each for each in texts if each.field in {"title", "slug"}]
        stops = check_titles(titles, words, instance.get_descendants()).stops
        findings.stops += [each for each in stops if each not in findings.stops]
    return findings


def check_titles(titles, words, pages):
    """Return the Findings in `titles`, LocatedTexts, which stand above the people in `pages`, a queryset."""
    found = find_words(titles, words)
    return classify(titles, found, people_at(pages)) if found else Findings(texts=titles)


def find_words(texts, words):
    """Return [(ProtectedWord, indexes in `texts`)] for those of `words` that are in one of `texts`.

    `texts`: a list of LocatedTexts.
    """
    prepared = Texts(each.text for each in texts)
    numbers = {term: prepared.find(term) for term in {word.term for word in words}}
    return [(word, numbers[word.term]) for word in words if numbers[word.term]]


def classify(texts, found, people):
    """Return the Findings for a page or another object.

    `texts`: its LocatedTexts. `found`: what find_words() returned for them. `people`: the People in it.
    """
    found = [(word, numbers) for word, numbers in found if counts(word, people)]
    # The page may give the names of people who agreed to it. A word that is such a name counts only if it is
    # also a word of somebody in the page who did not agree to be named.
    agreed = {word.term for word, _numbers in found if word.is_name and word.contributor in people.named}
    found = [
        (word, numbers)
        for word, numbers in found
        if word.term not in agreed or (word.contributor in people.listed - people.named)
    ]
    # People who are not in the page, and whose full name it gives.
    strangers = {
        word.contributor for word, _ in found if word.is_full_name and word.contributor not in people.listed
    }
    # The site may name these already.
    public = {key for key, person in load_people(strangers).items() if agrees_to_name(person)}
    # Children have their names from parents who may be named. It takes a decision to publish a page with a
    # child, so a lead reads the name first.
    shared = {word for word, _ in found if word.term in agreed and not word.is_full_name}
    children = load_people(word.contributor for word in shared).values()
    children = {child.pk for child in children if counts_as_child(child, today()) and not child.has_withdrawn}
    grades = {}
    for word, numbers in found:
        highest = 1 if word in shared and word.contributor in children else 2
        for number in numbers:
            grades[number] = max(min(highest, grade(word, people, public)), grades.get(number, 0))
    # One person for each word, because several can have the same first name.
    unlisted = {word.term: word.contributor for word, _ in found if word.contributor not in people.listed}
    findings = Findings(texts=texts, strangers=len(set(unlisted.values())))
    for number, highest in sorted(grades.items()):
        [findings.ordinary, findings.warnings, findings.stops][highest].append(texts[number])
    return findings


def counts(word, people):
    """Return whether `word` counts at all. A proposed one must neither stop other pages nor allow a name."""
    is_agreed = word.is_name and word.contributor in people.named
    return not word.is_proposed or (word.contributor in people.listed and not is_agreed)


def grade(word, people, public):
    """Return 2 if `word` prevents publishing, 1 if it only causes a warning, 0 if it is an ordinary word too.

    `people`: the People in the page. `public`: the primary keys of people whose name is public on this site.
    """
    if word.is_ordinary:
        return 0
    if word.contributor in people.listed:
        return 2
    return 2 if word.is_full_name and word.contributor not in public else 1


def agrees_to_name(person):
    """Return whether `person` is an adult whose consent today lets this site give the real name."""
    consent = person.latest_consent
    return (
        person.get_status() in {Status.ACTIVE, Status.ENDS_SOON}
        and consent.naming == Naming.REAL
        and Channel.WEBSITE in consent.where
        and person.kind != Contributor.Kind.CHILD
        and not counts_as_child(person, today())
    )


# --- What is live --------------------------------------------------------------------------------


@dataclass
class LiveObject:
    """An object with protected words in its texts. `places`: the LocatedTexts that have them.

    The object is one that readers can see, or a draft from find_drafts(). `name`: its kind with its title, or
    with its key if the title has a protected word.
    """

    instance: models.Model
    name: str
    places: list


def find_live(words):
    """Return the LiveObjects with one of `words`, a collection of ProtectedWords."""
    terms, found = {word.term for word in words}, []
    for source in shown_sources():
        rows = source.live(source.model).filter(pk__in=find_keys(source.model, terms))
        found += find_in(rows, source.read, words)
    return found


def find_shown(words):
    """Return those of find_live() that readers can see today, without pages and pictures that are held.

    The slug of a held page is in the addresses of the pages below it, which may not be held.
    """
    found = find_live(words)
    for each in found:
        if not is_shown(each.instance):
            slugs = [place for place in each.places if place.field == "slug"]
            is_above = slugs and each.instance.get_descendants().live().filter(not_held()).exists()
            each.places = slugs if is_above else []
    return [each for each in found if each.places]


def is_shown(instance):
    if isinstance(instance, Page):
        return not is_held(instance)
    return getattr(instance, "is_shown", True)


def find_keys(model, terms):
    """Return the primary keys of the rows of `model`, and of its subclasses, with one of `terms`.

    Only these are then read as their Source does, which takes queries for each object.
    """
    tables = [each for each in models_with_texts() if terms and issubclass(each, model)]
    found = partial(mentions, terms)
    return {
        key
        for each in tables
        for key, _texts in find_rows(each._base_manager.all(), written_fields(each), found)
    }


def find_drafts(words):
    """Return the LiveObjects for drafts and scheduled versions of pages with one of `words`.

    A draft is the latest version of a page that is not live or has unpublished changes. The row of a page
    that is not live counts too: it is older if the page was unpublished after its draft was saved.
    """
    if not words:
        return []
    scheduled = Revision.page_revisions.exclude(approved_go_live_at=None).order_by("pk")
    pages = Page.objects.filter(Q(has_unpublished_changes=True) | Q(live=False)).order_by("pk")
    drafts = (page.get_latest_revision_as_object() for page in pages.select_related("latest_revision"))
    rows = pages.filter(live=False).specific().iterator(chunk_size=BATCH)
    # A draft can be newer than the version that is scheduled.
    later = (revision.as_object() for revision in scheduled.iterator(chunk_size=BATCH))
    versions = chain(drafts, rows, later)
    return list(find_in(versions, source_of(Page).read, words))


def find_in(instances, read, words):
    """Yield a LiveObject for each of `instances` with one of `words`.

    `read`: function that takes an instance, and returns its LocatedTexts.
    """
    for instance in instances:
        texts = list(read(instance))
        found = find_words(texts, words)
        if numbers := sorted({number for _word, each in found for number in each}):
            kind, title = capfirst(instance._meta.verbose_name), LocatedText("", str(instance))
            name = f"{kind} {instance.pk}" if find_words([title], words) else f"{kind}: {title.text}"
            yield LiveObject(instance, name, [texts[number] for number in numbers])
