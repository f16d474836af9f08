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
from modelcluster.models import get_all_child_relations
from wagtail.documents import get_document_model
from wagtail.fields import StreamField
from wagtail.images import get_image_model
from wagtail.models import COMMENTS_RELATION_NAME, Page, PageLogEntry, ReferenceIndex, Revision

from safeguarding.gate import PersonUse, Report
from safeguarding.leak_check.texts import LocatedText
from safeguarding.models import Contributor, Reading
from safeguarding.releases import lock_found, lock_people_of
from safeguarding.scopes import Naming, Picture, level_of
from safeguarding.uses import Release, Use
from safeguarding.writers import RIGHT, compare, words_in

# Not in the digest of a page: a block gets a new id if it has none, and the level of a heading is layout.
NO_BLOCK_CONTENT = {"id", "level"}

# Likewise relations. Featured stories have decisions of their own, and can be deleted.
NO_CONTENT_RELATIONS = {COMMENTS_RELATION_NAME, "featured_stories"}

# The digest of a reading leaves these out: the answers about people, and the themes.
NOT_READ = {"people", "story_people", "story_themes"}
NOT_READ_OF_PICTURES = {"people", "credit", "shows"}


class People(models.TextChoices):
    """The answers to "who is in this page". "" is no answer yet."""

    NONE = "none", _("Nobody: no person is described")
    UNKNOWN = "unknown", _("A person, but nobody could tell who")
    LISTED = "listed", _("These people")


# The answers without people.
NOBODY = {People.NONE, People.UNKNOWN}


def contributors_in(page):
    """Return the primary keys of everybody who is listed in `page`, on its pictures, or heard."""
    listed = {row.contributor_id for row in page.story_people.all()}
    return listed | {*levels_in(images_of(page)), *find_voices(page)[0]}


def levels_in(images):
    """Return {primary key of a person: the greatest level_of() the `images` that show the person}."""
    rows = get_image_model().objects.filter(pk__in=[image.pk for image in images], people__isnull=False)
    rows = rows.order_by("is_recognisable")  # The last one counts.
    return {person: level_of(each) for person, each in rows.values_list("people", "is_recognisable")}


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
        list(get_image_model().objects.select_for_update(no_key=True).filter(pk__in=images).order_by("pk"))

    former = []
    lock_found(partial(contributors_in, page), lock_rows)
    return former


def images_of(page):
    """Return the pictures in `page`, without those of its authors."""
    return [image for images in images_by_field(page).values() for image in images]


def images_by_field(page):
    """Return {name of a field: list of the images in it}."""
    found = {field.name: body.stream_block.find_images(body) for field, body in bodies_of(page)}
    for field in page._meta.concrete_fields:
        if field.related_model is get_image_model() and (image := getattr(page, field.name)):
            found[field.name] = [image]
    return found


def bodies_of(page):
    """Return (field, its StreamValue) for each StreamField of `page`. Its block is a StoryBody."""
    fields = (field for field in page._meta.concrete_fields if isinstance(field, StreamField))
    return [(field, field.value_from_object(page)) for field in fields]


def find_voices(page):
    """Return {primary key of a person: Voice}, and the list of the titles of recordings without an answer."""
    voices, unanswered = {}, []
    for _field, body in bodies_of(page):
        heard, titles = body.stream_block.find_voices(body)
        voices |= {key: max(voice, voices.get(key, voice)) for key, voice in heard.items()}
        unanswered += titles
    return voices, unanswered


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
    shows = get_image_model().SOMEBODY if page.people in NOBODY else ()
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
        {name: value for name, value in row.items() if name not in NOT_READ_OF_PICTURES}
        for row in shown.get(get_image_model().__name__, ())
        if row.get("people") == str(use.contributor_id)
    ]
    return hash_of([words, shown.get(get_document_model().__name__), pictures, use.naming])


def hash_of(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def shown_with(page):
    """Return what readers see of the pictures, documents and authors that `page` refers to, as content_of().

    Such a model names these fields in `seen_on_pages`. Whoever saves one of them lets the page report again:
    report_again() in safeguarding/releases.py.
    """
    found = defaultdict(set)
    for content_type, key, *_path in ReferenceIndex._extract_references_from_object(page):
        found[content_type].add(key)
    shown = {}
    for content_type, keys in found.items():
        model = ContentType.objects.get_for_id(content_type).model_class()
        if names := getattr(model, "seen_on_pages", ()):
            rows = model.objects.filter(pk__in=keys).order_by("pk", *names)
            shown[model.__name__] = list(rows.values("pk", *names))
    return without_empty(shown)


def content_of(page):
    """Return what readers see of `page`: nested dictionaries and lists, without what is empty and options.

    Its slug is left out too.
    """
    content = {name: getattr(page, name) for name in ("title", "seo_title", "search_description")}
    content |= values_of(page)
    for relation in get_all_child_relations(page):
        name = relation.get_accessor_name()
        if name not in NO_CONTENT_RELATIONS:
            left_out = {relation.field.name, "sort_order"}
            content[name] = [values_of(row, left_out) for row in getattr(page, name).all()]
    return without_empty(content)


def values_of(instance, left_out=()):
    """Return {name: value} of the fields of `instance` without those for which is_option() and `left_out`.

    A field with its default is left out, unless a function makes the default. So a decision about a page
    still counts after its type gets another field.
    """
    fields = [field for field in instance._meta.local_fields if not is_option(field)]
    values = {field: value_of(field, instance) for field in fields if field.name not in left_out}
    return {field.name: value for field, value in values.items() if value != field.default}


def is_option(field):
    """Return whether `field` can hold nothing of a person: nobody writes it, or it is yes or no."""
    return not field.editable or field.primary_key or isinstance(field, models.BooleanField)


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
