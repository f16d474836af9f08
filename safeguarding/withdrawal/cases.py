"""Finds the pages that a withdrawal erases, and those that it holds.

Here, a story is a page with its translations. It is erased if the person is in its current versions, and
nobody else but people who withdrew before, and no page is below it. Otherwise it is held. The earlier
versions of a held page are erased as soon as it is published without the person. A Case is a withdrawal that
is planned or carried out: see safeguarding/withdrawal/places.py.
"""

from collections import defaultdict

from wagtail.models import Page

from safeguarding.models import Use
from safeguarding.releases import load_people
from safeguarding.withdrawal.places import Case, Mention, read_versions
from safeguarding.withdrawal.words import terms_of


def make_case(contributor):
    """Return the Case of `contributor`, who withdraws."""
    case = Case(contributor, contributor.code, terms=terms_of(contributor))
    all_mentions = find_mentions()
    for story in stories_of(pages_about(contributor, all_mentions)):
        found = [mention for page in story for mention in all_mentions.get(page, ())]
        is_erased = is_alone(contributor, found) and is_erasable(story)
        (case.erased if is_erased else case.held).update(story)
    return case


def find_mentions():
    """Return {primary key of a page: list of Mentions} of all people in all pages and their versions."""
    found = defaultdict(list)
    for page, contributor in Use.objects.values_list("page", "contributor"):
        found[page].append(Mention(page, contributor, is_current=True))
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
