"""Finds the pages that a withdrawal erases, and those that it holds.

Here, a story is a page with its translations. If everything is taken back, it is erased if the
person is in its current versions, and nobody else but people who withdrew before, and no page is below it.
Otherwise it is held. If
only the name or the pictures are taken back, or a name is corrected, those of its pages that show it are
held. The earlier versions of a held page are erased as soon as it is published without what was taken back or
corrected. A Case is a withdrawal that is planned or carried out: see safeguarding/withdrawal/places.py.
"""

from collections import defaultdict

from wagtail.models import Page, PageLogEntry

from safeguarding.leak_check.rows import mentions
from safeguarding.leak_check.sources import read_texts
from safeguarding.models import Use
from safeguarding.releases import load_people
from safeguarding.scopes import Naming, Picture
from safeguarding.withdrawal.addresses import redirected_paths
from safeguarding.withdrawal.pages import revisions_of
from safeguarding.withdrawal.places import Case, Mention, read_versions
from safeguarding.withdrawal.words import terms_of, words_of_name
from safeguarding.withdrawal_models import Choice


def make_case(contributor, choice, old_name=""):
    """Return the Case of `contributor`, who takes back `choice`, a Choice. `old_name`: for a correction."""
    case = Case(contributor, choice, contributor.code, terms=terms_of(contributor))
    if choice == Choice.CORRECTION:
        case.words = words_of_name(contributor.pk, old_name)
        case.terms = {word.term for word in case.words}
    all_mentions = find_mentions()
    for story in stories_of(pages_about(contributor, all_mentions)):
        found = [mention for page in story for mention in all_mentions.get(page, ())]
        own = [mention for mention in found if mention.contributor == contributor.pk]
        if choice == Choice.EVERYTHING:
            is_erased = is_alone(contributor, found) and is_erasable(story)
            (case.erased if is_erased else case.held).update(story)
        elif choice == Choice.CORRECTION:
            case.held.update({key: page for key, page in story.items() if has_terms(page, case.terms)})
        else:
            case.held.update({page: story[page] for page in pages_to_hold(story, own, contributor, choice)})
    return case


def find_mentions():
    """Return {primary key of a page: list of Mentions} of all people in all pages and their versions."""
    found = defaultdict(list)
    uses = Use.objects.values_list("page", "contributor", "naming")
    for page, contributor, naming in uses:
        found[page].append(Mention(page, contributor, naming, is_current=True))
    for mention in read_versions():
        found[mention.page].append(mention)
    return found


def pages_about(contributor, all_mentions):
    """Return the primary keys of the pages that mention `contributor`. `all_mentions`: of find_mentions()."""
    return {page for page, found in all_mentions.items() if contributor.pk in {m.contributor for m in found}}


def is_alone(contributor, found):
    """Return whether `contributor` is in the current versions of a story, and nobody else who still agrees.

    Others who withdrew everything don't count. `found`: the Mentions of everybody in the story.
    """
    current = {mention.contributor for mention in found if mention.is_current}
    others = load_people(current - {contributor.pk}).values()
    return contributor.pk in current and all(person.has_withdrawn for person in others)


def is_erasable(story):
    """Return whether `story`, {primary key: Page}, can be deleted: no home page, and nothing is below it."""
    return all(page.is_leaf() and page.depth > 2 for page in story.values())


def has_terms(page, terms):
    """Return whether one of `terms` is in a version, a former address or the history of `page`."""
    versions = [page.specific, *(version.as_object() for version in revisions_of([page.pk]))]
    texts = [each.text for version in versions for each in read_texts(version)]
    labels = PageLogEntry.objects.filter(page=page.pk).values_list("label", flat=True)
    return mentions(terms, [*texts, *redirected_paths(page), *labels])


def pages_to_hold(story, own, contributor, choice):
    """Return the primary keys of those pages of `story` that show the real name or the pictures.

    `story`: {primary key: Page}. `own`: the Mentions of `contributor` in it. `choice`: the name or the
    pictures.
    """
    if choice == Choice.NAME:
        # None: nobody said how the page names the person, so it may be by the real name.
        return {mention.page for mention in own if mention.naming in {None, Naming.REAL}}
    # Other versions don't count: the pictures are deleted everywhere (media/erasing.py). A name would stay in
    # their texts.
    shown = Use.objects.filter(page__in=story, contributor=contributor, picture__gt=Picture.NONE)
    return set(shown.values_list("page", flat=True))


def stories_of(keys):
    """Return the stories of the pages with the primary keys `keys`, each as {primary key: Page}."""
    stories, done = [], set()
    # Sorted, so that the digest of the plan stays the same.
    for key in sorted(keys):
        if key not in done:
            story = with_related_pages(key)
            if story:
                stories.append(story)
            done |= {key, *story}
    return stories


def with_related_pages(key):
    """Return {primary key: Page} of the page `key` with its translations. {} if there is no such page."""
    keys = Page.objects.filter(pk=key).values("translation_key")
    return {page.pk: page for page in Page.objects.filter(translation_key__in=keys)}
