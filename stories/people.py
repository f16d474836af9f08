"""The people in a page: what an editor answers about them, and what the page reports to safeguarding/.

Visitors may read the page only while all of them agree to what is reported: safeguarding/releases.py.
"""

import hashlib
import json
from collections import defaultdict
from functools import partial

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import get_all_child_relations
from wagtail.fields import StreamField
from wagtail.models import COMMENTS_RELATION_NAME, Orderable, Page, PageLogEntry, ReferenceIndex, Revision

from media.models import FOCAL_POINT, CleanDocument, CleanImage
from media.people import levels_in
from safeguarding.gate import PersonUse, Report
from safeguarding.leak_check.texts import LocatedText
from safeguarding.models import Contributor, Reading
from safeguarding.releases import lock_found, lock_people_of
from safeguarding.scopes import Naming, Picture
from safeguarding.uses import Release, Use
from safeguarding.writers import RIGHT, compare, words_in
from stories.body import get_images
from stories.terms import Author
from stories.voices import find_voices

# Not in the digest of a page. stories/counts.py sets the first two fields when a page is saved, which may
# be after the safeguarding team decided about a version with this digest. The others are layout and options.
NO_CONTENT = {
    *("word_count", "undescribed_pictures"),
    *("show_contents", "show_leave_quickly", "keep_out_of_search_engines", "in_footer"),
}
# Likewise in blocks: a block gets a new id if it has none, and the level of a heading is layout.
NO_BLOCK_CONTENT = {"id", "level"}

# Likewise relations. Featured stories have decisions of their own, and can be deleted.
NO_CONTENT_RELATIONS = {COMMENTS_RELATION_NAME, "featured_stories"}

# {model: names of what readers see of its instances on the pages that refer to them}
SHOWN_WITH = {
    CleanImage: ("file_hash", "credit", "shows", "is_recognisable", "people", *FOCAL_POINT),
    CleanDocument: ("file_hash",),
    Author: ("name", "role", "picture", "picture__file_hash"),
}
# Those of them whose editors count as writers of these pages. Of a picture, most say who is on it.
WRITTEN_APART = (CleanDocument, Author)

# The digest of a reading leaves these out: the answers about people, and the themes.
NOT_READ = {"people", "story_people", "story_themes"}


class People(models.TextChoices):
    """The answers to "who is in this page". "" is no answer yet."""

    NONE = "none", _("Nobody: no person is described")
    UNKNOWN = "unknown", _("A person, but nobody could tell who")
    LISTED = "listed", _("These people")


# The answers without people.
NOBODY = {People.NONE, People.UNKNOWN}


class StoryPerson(Orderable):
    """A person in a page of any type, and how the page names them."""

    page = ParentalKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="story_people")
    contributor = models.ForeignKey(Contributor, models.PROTECT, verbose_name=_("person"), related_name="+")
    naming = models.IntegerField(_("named in the page"), choices=Naming, null=True, blank=True)

    class Meta(Orderable.Meta):
        unique_together = [("page", "contributor")]


def contributors_in(page):
    """Return the primary keys of everybody who is listed in `page`, on its pictures, or heard."""
    listed = {row.contributor_id for row in page.story_people.all()}
    return listed | {*levels_in(images_of(page)), *find_voices(page)[0]}


def read_labels(page):
    """Return a LocatedText for the label of each person in `page`. Readers never see it."""
    people = Contributor.objects.filter(pk__in=contributors_in(page))
    return [LocatedText(_("label of %s") % each.code, each.label, "people") for each in people]


def lock_shown(page):
    """Lock `page`, everybody in it, and its pictures, and return the Uses so far. It needs a transaction.

    Otherwise somebody who is put on a picture while a page begins to show it would not be in that page.
    """

    def lock_rows(people):
        former[:] = lock_people_of([page.pk] if page.pk else [], people)
        images = [image.pk for image in images_of(page)]
        list(CleanImage.objects.select_for_update(no_key=True).filter(pk__in=images).order_by("pk"))

    former = []
    lock_found(partial(contributors_in, page), lock_rows)
    return former


def images_of(page):
    """Return the pictures in `page`, without those of its authors."""
    return [image for images in images_by_field(page).values() for image in images]


def images_by_field(page):
    """Return {name of a field: list of the images in it}."""
    # Only stories have a lead picture, and sections have no body.
    lead_image, body = getattr(page, "lead_image", None), getattr(page, "body", ())
    return {"lead_image": [lead_image] if lead_image else [], "body": get_images(body)}


def report_of(page):
    """Return the Report of `page`: everybody who is listed, on its pictures, or heard."""
    in_pictures, (voices, unanswered) = levels_in(images_of(page)), find_voices(page)
    is_other_language = is_translation(page)
    namings = {row.contributor_id: row.naming for row in page.story_people.all()}
    # The answer has to fit the list, and the list the pictures. “Nobody” with people in the list counts as no
    # answer, and so does a list without somebody who is on a picture.
    is_decided = page.people in ({People.LISTED} if namings else NOBODY) and not page.lacks_reason
    is_decided &= in_pictures.keys() | voices.keys() <= namings.keys() and not unanswered
    content, shown, refused_at = content_of(page), shown_with(page), find_refusal(page, namings)
    waits = bool(find_doubtful(page) or refused_at)
    digest = hash_of([content, shown])
    # A person who is only on a picture, or heard, is not named.
    named = dict.fromkeys([*in_pictures, *voices], Naming.NONE) | namings
    uses = [
        PersonUse(key, in_pictures.get(key, Picture.NONE), naming, is_other_language, voices.get(key, 0))
        for key, naming in sorted(named.items())
    ]
    uses = [use._replace(digest=digest_about(use, content, shown)) for use in uses]
    answer = hash_of([page.people, sorted(namings), shown])
    is_unseen = waits or (page.people in NOBODY and not namings)
    is_unseen = is_unseen and not is_right(page, digest, answer, refused_at)
    waits &= is_unseen
    return Report(is_decided, uses, digest, is_other_language, is_unseen, waits, answer, images_of(page))


def find_refusal(page, listed):
    """Return when somebody who is not in `listed` said no to the last version of `page` they saw, or None.

    What it says of them may be the same as before.
    """
    # A new page has no key yet, and readings of deleted pages have None.
    rows = Reading.objects.exclude(contributor__in=listed).filter(page__in=[page.pk], second_reader=None)
    rows = rows.exclude(agrees=None).order_by("answered_at", "pk")
    last = {key: answer for key, *answer in rows.values_list("contributor", "agrees", "answered_at")}
    return max((answered_at for agrees, answered_at in last.values() if not agrees), default=None)


def find_doubtful(page):
    """Return the list of the pictures because of which `page` waits for a safeguarding lead.

    Each was said to show somebody, or shows a person in a page that is said to be without people.
    """
    shows = CleanImage.SOMEBODY if page.people in NOBODY else ()
    return [image for image in images_of(page) if image.is_relabelled or image.shows in shows]


def is_right(page, digest, answer, since):
    """Return whether a lead said that `answer` is right in `page`, whose content has the `digest`.

    That holds while the answer stays, and little of the words changes: Change in safeguarding/writers.py.
    What was said before `since`, if it is a time, counts no more.
    """
    later = {"timestamp__gt": since} if since else {}
    entries = list(PageLogEntry.objects.filter(page=page.pk, action=RIGHT, **later))
    if any(entry.data.get("digest") == digest for entry in entries):
        return True
    same = {each.revision_id: each.timestamp for each in entries if each.data.get("answer") == answer}
    # A version that was overwritten since, as an autosave does, is another one now.
    seen = [each for each in Revision.objects.filter(pk__in=same) if each.created_at <= same[each.pk]]
    words = words_in(page.people_content) if seen else None
    return any(compare(words_in(each.as_object().people_content), words).is_little for each in seen)


def is_translation(page):
    """Return whether `page` is a translation: an older page of another language is its original, or above it.

    A page that was a translation when it was saved stays one after its original is deleted. Its copies, which
    have translation keys of their own, are translations too.
    """
    others = type(page).objects.filter(translation_key=page.translation_key)
    if page.pk:
        others = others.filter(pk__lt=page.pk)
    # A page that was copied below pages of another language is translated there. Wagtail moves no page there.
    above = Page.objects.ancestor_of(page).filter(depth__gt=1)
    if any(found.exclude(locale=page.locale_id).exists() for found in (others, above)):
        return True
    shown = filter(None, [page.pk, page.copy_of])
    stored, listed = (
        model.objects.filter(page__in=shown, other_language=True).values("page") for model in (Release, Use)
    )
    return stored.union(listed).exists()


def digest_of(page):
    """Return a hash of what readers see of `page`. Two versions with the same content have the same one."""
    return hash_of([content_of(page), shown_with(page)])


def digest_about(use, content, shown):
    """Return a hash of what a reading shows the person of `use`, a PersonUse.

    That is the words, who wrote them, the documents, the pictures of the person, and how the person is named.
    `content`, `shown`: what content_of() and shown_with() returned.
    """
    words = {name: value for name, value in content.items() if name not in NOT_READ}
    pictures = [
        [row.get(name) for name in ("pk", "file_hash", "is_recognisable", *FOCAL_POINT)]
        for row in shown.get(CleanImage.__name__, ())
        if row.get("people") == str(use.contributor_id)
    ]
    return hash_of([words, shown.get(CleanDocument.__name__), pictures, use.naming])


def hash_of(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def shown_with(page):
    """Return what readers see of the pictures, documents and authors that `page` refers to, as content_of().

    Whoever saves one of them lets the page report again: report_again() in safeguarding/releases.py.
    """
    found = defaultdict(set)
    for content_type, key, *_path in ReferenceIndex._extract_references_from_object(page):
        found[content_type].add(key)
    shown = {}
    for model, names in SHOWN_WITH.items():
        if keys := found.get(ContentType.objects.get_for_model(model).pk):
            rows = model.objects.filter(pk__in=keys).order_by("pk", *names)
            shown[model.__name__] = list(rows.values("pk", *names))
    return without_empty(shown)


def content_of(page):
    """Return what readers see of `page`: nested dictionaries and lists, without what is empty and layout.

    Its slug is left out too.
    """
    content = {name: getattr(page, name) for name in ("title", "seo_title", "search_description")}
    content |= values_of(page, NO_CONTENT)
    for relation in get_all_child_relations(page):
        name = relation.get_accessor_name()
        if name not in NO_CONTENT_RELATIONS:
            left_out = {relation.field.name, "sort_order"}
            content[name] = [values_of(row, left_out) for row in getattr(page, name).all()]
    return without_empty(content)


def values_of(instance, left_out):
    """Return {name: value} of the fields of `instance` without its primary key and those in `left_out`."""
    fields = [field for field in instance._meta.local_fields if not field.primary_key]
    return {field.name: value_of(field, instance) for field in fields if field.name not in left_out}


def value_of(field, instance):
    is_stream = isinstance(field, StreamField)
    return json.loads(field.value_to_string(instance)) if is_stream else field.value_from_object(instance)


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
