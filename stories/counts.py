"""Counts the words of a story, and its pictures without alternative text, when all of it is saved."""

from django.db.models.signals import pre_save
from django.dispatch import receiver

from stories.body import iter_texts, stored_pictures
from stories.models import StoryPage


@receiver(pre_save, sender=StoryPage)
def count(instance, update_fields, **_arguments):
    """Set the counts of a story before all of its fields are saved. A receiver of the signal pre_save."""
    if update_fields is None:
        instance.word_count = count_words(instance.body)
        instance.undescribed_pictures = instance.lacks_lead_image_alt + sum(
            bool(picture["image"]) and not (picture.get("alt_text") or picture.get("decorative"))
            for picture in stored_pictures(instance.body)
        )


def count_words(body):
    """Return the number of words in the texts of `body` that `iter_texts` yields."""
    return sum(len(text.split()) for text in iter_texts(body))
