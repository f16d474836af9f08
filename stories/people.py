"""The people in a story: what an editor answers about them, and what the story reports to safeguarding/.

Visitors may read the story only while all of them agree to what is reported: safeguarding/releases.py.
"""

import hashlib
import json

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.models import Orderable

from media.people import levels_in
from safeguarding.gate import PersonUse
from safeguarding.models import Contributor
from safeguarding.releases import Report
from safeguarding.scopes import Naming, Picture
from safeguarding.uses import Release, Use
from stories.body import get_images

# Not in the digest of a story. stories/counts.py sets the first two fields when a story is saved, which may
# be after the safeguarding team decided about a version with this digest. The others are layout and options.
NO_CONTENT = {
    *("word_count", "undescribed_pictures"),
    *("show_contents", "show_leave_quickly", "keep_out_of_search_engines"),
}
# Likewise in blocks: a block gets a new id if it has none, and the level of a heading is layout.
NO_BLOCK_CONTENT = {"id", "level"}


class People(models.TextChoices):
    """The answers to "who is in this story". "" is no answer yet."""

    NONE = (
        "none",
        _(
            "Nobody could be recognised, not even by those who know them: no real person is described, or "
            "the safeguarding team agrees that nobody can tell who it is"
        ),
    )
    LISTED = "listed", _("These people")


class StoryPerson(Orderable):
    """A person in a story, and how the story names them."""

    story = ParentalKey("stories.StoryPage", on_delete=models.CASCADE, related_name="story_people")
    contributor = models.ForeignKey(
        Contributor, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+"
    )
    naming = models.IntegerField(_("named in the story"), choices=Naming, null=True, blank=True)

    class Meta(Orderable.Meta):
        unique_together = [("story", "contributor")]


def contributors_in(story):
    """Return the primary keys of everybody who is listed in `story` or is on its pictures."""
    return {*levels_in(images_of(story)), *(row.contributor_id for row in story.story_people.all())}


def images_of(story):
    """Return the pictures in `story`, without those of its authors."""
    lead_image = [story.lead_image] if story.lead_image_id else []
    return [*lead_image, *get_images(story.body)]


def report_of(story):
    """Return the Report of `story`: everybody who is listed, and everybody on its pictures."""
    in_pictures = levels_in(images_of(story))
    is_other_language = is_translation(story)
    namings = {row.contributor_id: row.naming for row in story.story_people.all()}
    uses = [
        PersonUse(
            contributor_id=key,
            picture=in_pictures.get(key, Picture.NONE),
            # Who is only on a picture is not named.
            naming=namings.get(key, Naming.NONE),
            other_language=is_other_language,
        )
        for key in sorted(namings.keys() | in_pictures.keys())
    ]
    # The answer has to fit the list. “Nobody” with people in the list counts as no answer.
    is_decided = story.people == (People.LISTED if namings else People.NONE)
    return Report(is_decided, uses, digest_of(story), is_other_language)


def is_translation(story):
    """Return whether `story` is a translation: an older page of another language is its original.

    A story that was a translation when it was saved stays one after its original is deleted. Its aliases and
    copies, which have translation keys of their own, are translations too.
    """
    others = type(story).objects.filter(translation_key=story.translation_key)
    if story.pk:
        others = others.filter(pk__lt=story.pk)
    if others.exclude(locale=story.locale_id).exists():
        return True
    shown = filter(None, [story.pk, story.alias_of_id, story.copy_of])
    stored, listed = (
        model.objects.filter(page__in=shown, other_language=True).values("page") for model in (Release, Use)
    )
    return stored.union(listed).exists()


def digest_of(story):
    """Return a hash of what readers see of `story`. Two versions with the same content have the same one."""
    return hashlib.sha256(json.dumps(content_of(story), sort_keys=True).encode()).hexdigest()


def content_of(story):
    """Return what readers see of `story`: nested dictionaries and lists, without what is empty and layout.

    The slug is not in it, because that of an alias is another one.
    """
    names = {field.name for field in story._meta.local_fields if not field.primary_key}
    names = (names | {"title", "seo_title", "search_description"}) - {"body", *NO_CONTENT}
    content = {name: story._meta.get_field(name).value_from_object(story) for name in names}
    content["body"] = json.loads(story._meta.get_field("body").value_to_string(story))
    content["countries"] = [row.country_id for row in story.story_countries.all()]
    content["themes"] = [row.theme_id for row in story.story_themes.all()]
    content["authors"] = [row.author_id for row in story.story_authors.all()]
    content["story_people"] = [[row.contributor_id, row.naming] for row in story.story_people.all()]
    return without_empty(content)


def without_empty(value):
    """Return `value` with texts instead of numbers, and without what is empty in dictionaries.

    So a new field changes nothing while it is unused. NO_BLOCK_CONTENT is left out too.
    """
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    if not isinstance(value, dict):
        return "" if value in (None, "") or value is False else str(value)
    kept = {name: without_empty(item) for name, item in value.items() if name not in NO_BLOCK_CONTENT}
    return {name: item for name, item in kept.items() if item}
