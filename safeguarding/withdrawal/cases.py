"""Finds the pages that a withdrawal erases, and those that it holds.

Here, a story is a page with its translations. It is erased if the person is in its current versions, and
nobody else but people who withdrew before, and no page is below it. Otherwise it is held. The earlier
versions of a held page are erased as soon as it is published without the person. A Case is a withdrawal that
is planned or carried out: see safeguarding/withdrawal/places.py.
"""

from collections import defaultdict
from itertools import chain

from wagtail.models import Page, Revision

from safeguarding.models import Use
from safeguarding.releases import load_people
from safeguarding.withdrawal.places import Case
from safeguarding.withdrawal.words import terms_of


def make_case(contributor):
    """Return the Case of `contributor`, who withdraws."""
    case = Case(contributor, contributor.code, terms=terms_of(contributor))
    all_mentions = find_mentions()
    for story in stories_of(pages_about(contributor, all_mentions)):
        is_erased = is_alone(contributor, story, all_mentions) and is_erasable(story)
        (case.erased if is_erased else case.held).update(story)
    return case


def find_mentions():
    """Return {page: {person: whether in a current version}} of all people in all pages and their versions.

    Pages and people are primary keys. A version is current if it is live, the latest draft, or scheduled.
    """
    found = defaultdict(dict)
    reported = ((*keys, True) for keys in Use.objects.values_list("page", "contributor"))
    for page, contributor, is_current in chain(reported, read_versions()):
        found[page][contributor] = is_current or found[page].get(contributor, False)
    return found


def read_versions():
    """Yield what find_mentions() collects of the list of people of each page, and of each of its versions."""
    pages = Page.objects.filter(story_people__isnull=False)
    for page, contributor in pages.values_list("pk", "story_people__contributor"):
        yield page, contributor, True
    current = {key for keys in Page.objects.values_list("latest_revision", "live_revision") for key in keys}
    versions = Revision.page_revisions.values_list(
        "pk", "object_id", "approved_go_live_at", "content__story_people"
    )
    for key, page, scheduled_for, people in versions:
        for row in people or ():
            yield int(page), row["contributor"], key in current or scheduled_for is not None


def pages_about(contributor, all_mentions):
    """Return the primary keys of the pages that mention `contributor`. `all_mentions`: of find_mentions()."""
    return {page for page, people in all_mentions.items() if contributor.pk in people}


def is_alone(contributor, story, all_mentions):
    """Return whether `contributor` is in the current versions of `story`, and nobody else who still agrees.

    Others who withdrew everything don't count. `all_mentions`: of find_mentions().
    """
    found = [each for page in story for each in all_mentions.get(page, {}).items()]
    current = {person for person, is_current in found if is_current}
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
