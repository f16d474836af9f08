"""Keeps what lists of pages ask for: numbers of words and pictures of a story, and checks of helplines."""

from django.db.models.signals import pre_save
from django.dispatch import receiver

from stories.body import iter_texts, parts_in, stored_pictures
from stories.models import StoryPage


@receiver(pre_save, sender=StoryPage)
def count(instance, update_fields, **_arguments):
    """Set the counts of a story before all of its fields are saved. A receiver of the signal pre_save."""
    if update_fields is None:
        instance.word_count = sum(len(text.split()) for text in iter_texts(instance.body))
        instance.undescribed_pictures = instance.lacks_lead_image_alt + sum(
            bool(picture["image"]) and not (picture.get("alt_text") or picture.get("decorative"))
            for picture in stored_pictures(instance.body)
        )


@receiver(pre_save)
def find_oldest_check(instance, update_fields, **_arguments):
    """Set the day of the oldest check of a helpline before all fields of a page are saved."""
    if update_fields is None and hasattr(instance, "helplines_checked_on") and hasattr(instance, "body"):
        days = [block.to_python(day) for block, day in parts_in(instance.body) if block.name == "checked_on"]
        instance.helplines_checked_on = min(filter(None, days), default=None)
