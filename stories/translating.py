"""Files a story that is copied to another language under the themes and authors of that language."""

from django.dispatch import receiver
from wagtail.signals import copy_for_translation_done

from stories.models import StoryPage


@receiver(copy_for_translation_done)
def file_in_its_language(target_obj, **_arguments):
    """Take the translation of each theme and author.

    A theme without one goes: its list would be at no address. An author without one keeps the name.
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
    story.save(clean=False)
    story.save_revision(clean=False)
