"""Gives a story that is copied to another language the themes and authors of that language."""

from django.dispatch import receiver
from wagtail.signals import copy_for_translation_done

from stories.models import StoryPage


@receiver(copy_for_translation_done)
def translate_terms(target_obj, **_arguments):
    """Replace each theme and author of a new translation by its own translation.

    A theme without one is removed, as its list of stories has no URL in this language. An author without one
    stays. This is a receiver of the signal copy_for_translation_done.
    """
    if not isinstance(target_obj, StoryPage) or target_obj.alias_of_id:
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
