"""Finds the pages that a withdrawal erases, and those that it holds.

Here, a story is a page with its aliases and translations. If nobody else is in it, it is erased. If others
are in it, it is held until it is published without the person.
"""

from collections import defaultdict

from wagtail.models import Page

from safeguarding.models import Use
from safeguarding.scopes import Naming, Picture
from safeguarding.withdrawal.places import Case, Mention, read_versions
from safeguarding.withdrawal.words import terms_of
from safeguarding.withdrawals import Choice


def make_case(contributor, choice):
    """Return the Case of `contributor`, who takes back `choice`, a Choice."""
    case = Case(contributor, choice, contributor.code, terms=terms_of(contributor))
    mentions = find_mentions()
    for story in stories_of(pages_about(contributor, mentions)):
        found = [mention for page in story for mention in mentions.get(page, ())]
        own = [mention for mention in found if mention.contributor == contributor.pk]
        if choice == Choice.EVERYTHING:
            is_erased = is_alone(contributor, own, found)
            (case.erased if is_erased else case.held).update(story)
        else:
            case.held.update({page: story[page] for page in concerned(story, own, contributor, choice)})
    return case


def find_mentions():
    """Return {primary key of a page: list of Mentions} of all people in all pages and their versions."""
    mentions = defaultdict(list)
    uses = Use.objects.values_list("page", "contributor", "naming")
    for page, contributor, naming in uses:
        mentions[page].append(Mention(page, contributor, naming, is_current=True))
    for mention in read_versions():
        mentions[mention.page].append(mention)
    return mentions


def pages_about(contributor, mentions):
    """Return the primary keys of the pages in `mentions` that mention `contributor`."""
    return {page for page, found in mentions.items() if contributor.pk in {m.contributor for m in found}}


def is_alone(contributor, own, found):
    """Return whether `contributor` is in the current versions of a story, and nobody else is.

    `own`: the Mentions of `contributor` in the story. `found`: those of everybody.
    """
    people = {mention.contributor for mention in found if mention.is_current}
    return people == {contributor.pk} and any(mention.is_current for mention in own)


def concerned(story, own, contributor, choice):
    """Return the primary keys of those pages of `story` that show the real name or the pictures.

    `story`: {primary key: Page}. `own`: the Mentions of `contributor` in it. `choice`: the name or the
    pictures.
    """
    if choice == Choice.NAME:
        return {mention.page for mention in own if mention.naming in {None, Naming.REAL}}
    shown = Use.objects.filter(page__in=story, contributor=contributor, picture__gt=Picture.NONE)
    return set(shown.values_list("page", flat=True))


def stories_of(keys):
    """Return the stories of the pages with the primary keys `keys`, each as {primary key: Page}."""
    stories, done = [], set()
    for key in sorted(keys):
        if key not in done:
            story = with_versions(key)
            if story:
                stories.append(story)
            done |= {key, *story}
    return stories


def with_versions(key):
    """Return {primary key: Page} of the page `key` with its translations, its aliases and its source."""
    found, new = {}, list(Page.objects.filter(pk=key))
    while new:
        found |= {page.pk: page for page in new}
        related = Page.objects.filter(translation_key__in={page.translation_key for page in new})
        related |= Page.objects.filter(alias_of__in=[page.pk for page in new])
        related |= Page.objects.filter(pk__in=[page.alias_of_id for page in new if page.alias_of_id])
        new = list(related.exclude(pk__in=found).distinct())
    return found
