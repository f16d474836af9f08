"""The people on a picture. It is shown only while all of them agree to it.

Whoever is on a picture is in each page that shows it, and the page is public only while they agree to it
(publishing/people.py). So these pages report again when the picture changes. In addition, `shown_until` of
the picture is the last day for which they have agreed to it. It leaves out what depends on the page, its
language and decisions. For the logo and the pictures of authors, which are shown outside of a page, there is
no decision: is_shown_outside().
"""

from django.db import transaction
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.dispatch import receiver
from wagtail.models import Page
from wagtail.search import index

from caching.local_date import today
from media.models import CleanImage
from safeguarding.gate import PersonUse, judge
from safeguarding.models import Contributor, Decision
from safeguarding.releases import lock_found, people_changed, report_again
from safeguarding.scopes import NO_END, Naming, level_of

# The decisions that a page may have. None replaces the consent to a picture.
ON_PAGES = dict.fromkeys(set(Decision.Ground) - {Decision.Ground.OTHER}, NO_END)


def compute_shown_until(image):
    """Return the last day on which `image` may be shown, or None if it may not be shown today.

    Without people, it may never be shown if it shows the person in a story, and always (NO_END) otherwise.
    """
    if image.asks_again:
        return None
    last_days = judge_people(image, ON_PAGES) if image.pk else []
    if not last_days:
        return None if image.shows == image.Shows.PERSON_IN_STORY else NO_END
    return None if None in last_days else min(last_days)


def judge_people(image, decisions, other_language=False):
    """Return a list of the last day for each person on `image`, None for those who don't agree to it today.

    `decisions`: {ground: last day} of the decisions that count. `other_language`: as for PersonUse.
    """
    level = level_of(image.is_recognisable)
    people = image.people.prefetch_related("consents")
    uses = [(person, PersonUse(person.pk, level, Naming.NONE, other_language)) for person in people]
    return [judge(person, use, decisions, None, today()).until for person, use in uses]


def is_shown_outside(image):
    """Return whether `image`, or None, is shown outside of a page: as the logo, or the picture of an author.

    It is then on pages in any language. No lead says there that a relabelled one is right.
    """
    if not image or not image.is_shown or image.is_relabelled:
        return False
    return shows_nobody(image) or None not in judge_people(image, {}, other_language=True)


def shows_nobody(image):
    """Return whether `image` shows nobody who has to agree. Such a picture is never held."""
    return image.shown_until == NO_END


def words_for_index(image, words):
    """Return `words` about `image` for the search index, or "" if `image` is None or shows people.

    The index is not updated when a consent ends, so it never has words about a picture with people.
    """
    return words if image and shows_nobody(image) else ""


def update_shown_until(keys):
    """Compute and store `shown_until` of the pictures with the primary keys `keys`.

    It needs a transaction. The rows are locked first, so that two changes of people on the same picture don't
    overwrite each other. With `no_key`, rows that refer to them can still be inserted.
    """
    images = CleanImage.objects.select_for_update(no_key=True).filter(pk__in=keys)
    for image in images.order_by("pk"):
        until = compute_shown_until(image)
        if until != image.shown_until:
            CleanImage.objects.filter(pk=image.pk).update(shown_until=until)
            # The picture begins or ceases to show nobody.
            if NO_END in {until, image.shown_until}:
                update_search_index(image)


def update_search_index(image):
    """Index the pages with `image` again, after `shows_nobody` changed for it."""
    for page in Page.objects.filter(pk__in=image.get_pages()).specific():
        index.insert_or_update_object(page)


@receiver(pre_save, sender=CleanImage)
def set_shown_until(instance, raw, **_arguments):
    """Compute `shown_until` before a picture is saved. Note whether the search index has to follow."""
    if raw:  # It is loaded from a fixture, whose values stay.
        return
    if instance._state.adding:
        instance.shown_until = compute_shown_until(instance)
        return
    instance.lock_people()
    row = CleanImage.objects.select_for_update(no_key=True).filter(pk=instance.pk)
    stored = row.values_list("shown_until", flat=True).first()
    instance.shown_until = compute_shown_until(instance)
    instance.changes_index = (stored == NO_END) != shows_nobody(instance)


@receiver(post_save, sender=CleanImage)
def update_pages(instance, raw, created, **_arguments):
    if instance.__dict__.pop("changes_index", False):
        update_search_index(instance)
    if not raw and not created:
        report_again(instance.get_pages())


@receiver(people_changed)
def update_pictures_of(contributors, **_arguments):
    """Compute `shown_until` anew after `contributors` or their consents changed."""
    images = CleanImage.objects.filter(people__in=contributors)
    update_shown_until(set(images.values_list("pk", flat=True)))


@receiver(pre_delete, sender=Contributor)
def take_off_pictures(instance, **_arguments):
    """Take a person who is deleted off the pictures, and ask again who is on them.

    That the row of a person is gone doesn't mean that the person is not on the picture. So visitors don't see
    it until an editor says who is on it. Taking the person off calls update_picture(), which hides it.
    """
    rows = CleanImage.people.through.objects
    images = rows.filter(contributor=instance).values("cleanimage")
    with transaction.atomic():
        lock_found(lambda: set(rows.filter(cleanimage__in=images).values_list("contributor", flat=True)))
        for image in CleanImage.objects.filter(people=instance).order_by("pk"):
            CleanImage.objects.filter(pk=image.pk).update(asks_again=True)
            image.people.remove(instance)


@receiver(m2m_changed, sender=CleanImage.people.through)
def update_picture(instance, action, pk_set, **_arguments):
    """Compute `shown_until` anew, and let pages report, after people were put on a picture or taken off it.

    `pk_set`: these people.
    """
    if action not in {"post_add", "post_remove", "post_clear"}:
        return
    with transaction.atomic():
        instance.lock_people(pk_set or ())
        update_shown_until([instance.pk])
        report_again(instance.get_pages())
    instance.refresh_from_db(fields=["shown_until"])
