"""Gives a story that is copied to another language the themes and authors of that language."""

from django.dispatch import receiver
from wagtail.signals import copy_for_translation_done

from stories.models import StoryPage
from stories.story_links import StoryTheme
from stories.terms import Theme


def themes_without_version(page, locale, *, include_subtree):
    """Return the themes of `page` that have no version in `locale`: its translation would lose them.

    `include_subtree`: whether the stories below `page` are translated too. Of a live story Wagtail translates
    the live version, of any other story its latest draft.
    """
    stories = StoryPage.objects.descendant_of(page, inclusive=True)
    if not include_subtree:
        stories = stories.filter(pk=page.pk)
    drafts = stories.filter(live=False).exclude(latest_revision=None)
    others = stories.exclude(pk__in=drafts.values("pk"))
    keys = set(StoryTheme.objects.filter(story__in=others).values_list("theme", flat=True))
    for links in drafts.values_list("latest_revision__content__story_themes", flat=True):
        keys |= {link["theme"] for link in links or ()}
    translated = Theme.objects.filter(locale=locale).values("translation_key")
    return Theme.objects.filter(pk__in=keys).exclude(translation_key__in=translated)


@receiver(copy_for_translation_done)
def translate_terms(source_obj, target_obj, **_arguments):
    """Replace each theme and author of a new translation by its own translation.

    A theme without one is removed, because its list of stories has no URL in this language. An author without
    one stays. This is a receiver of the signal copy_for_translation_done.
    """
    if not isinstance(target_obj, StoryPage):
        return
    story, locale = target_obj, target_obj.locale
    themes, authors = list(story.story_themes.all()), list(story.story_authors.all())
    for link in themes:
        link.theme = link.theme.get_translation_or_none(locale) or link.theme
    for link in authors:
        link.author = link.author.get_translation_or_none(locale) or link.author
    story.story_themes = [link for link in themes if link.theme.locale_id == locale.pk]
    story.story_authors = authors
    # clean=False: the copy is a draft, which may lack something.
    story.save(clean=False)
    story.save_revision(clean=False)
