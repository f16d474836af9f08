"""Registers pictures, documents, copies of them, tags and collections for withdrawals and the leak check.

When a person withdraws, each Place finds and erases one kind of row (safeguarding/withdrawal/places.py).
`case` is always the Case.
"""

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import FileField, Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from taggit.models import Tag
from wagtail.images.models import AbstractRendition
from wagtail.models import Collection, Page, ReferenceIndex, Revision, UploadedFile
from wagtail.utils.file import hash_filelike

from media.looks import is_like
from media.models import CleanDocument, CleanImage
from media.shown_files import key_of, references_in, waiting_versions
from safeguarding.leak_check import sources
from safeguarding.withdrawal.places import Found, Place, register_place

# The models of `media` with files.
OWN = (CleanImage, CleanDocument)


class Files(Place):
    """The pictures or documents, by `model`, that only the erased pages use.

    Also pictures of the person. After the restore of a backup, also pictures whose hash is in the ledger of
    earlier withdrawals.
    """

    # Before the TextPlaces, which have 20: those of files skip what find() notes in `case.logged`.
    order = 5

    def __init__(self, name, label, model):
        self.name, self.label, self.model = name, label, model

    def find(self, case):
        keys = files_of(case, self.model)
        if self.model is CleanImage:
            hashes = CleanImage.objects.values_list("pk", "file_hash")
            keys |= {key for key, file_hash in hashes if case.is_known_picture(file_hash)}
            if case.contributor:
                shown = CleanImage.objects.filter(people=case.contributor)
                # The same picture may have been uploaded twice.
                same = CleanImage.objects.filter(file_hash__in=shown.values("file_hash"))
                keys |= set(same.values_list("pk", flat=True))
        items = self.model.objects.filter(pk__in=keys).order_by("pk")
        case.logged |= {(self.model, item.pk) for item in items}
        return [Found(str(item.pk), f"{item.title} ({item.created_at.date()})") for item in items]

    def erase(self, case, keys):
        # The same file may stay as another picture, such as an illustration. The ledger then doesn't list it.
        kept_hashes = set(self.model.objects.exclude(pk__in=keys).values_list("file_hash", flat=True))
        # Without no_key: whoever makes a rendition waits, which would otherwise refer to a deleted picture.
        for item in self.model.objects.filter(pk__in=keys).select_for_update().order_by("pk"):
            files = [item.file.name]
            if self.model is CleanImage:
                case.hashes |= {item.file_hash} - kept_hashes
                files += item.renditions.values_list("file", flat=True)
            for name in files:
                case.add_task("file", name=name)
            item.delete()


class Copies(Place):
    """Files with the bytes of an erased one, such as the picture of a user, and pictures that look like one.

    They may have been kept for something else, so they are erased only if the lead ticks them.
    """

    name, label = "copies", _("Files that are the same, and pictures that look the same in any size")
    needs_yes, order = True, 6  # after Files

    def find(self, case):
        erased = [row for model, key in case.logged if model in OWN for row in model.objects.filter(pk=key)]
        hashes, looks = {row.file_hash for row in erased}, [getattr(row, "look", "") for row in erased]
        return [
            Found(
                f"{model._meta.label_lower} {field} {row.pk}", f"{capfirst(model._meta.verbose_name)}: {row}"
            )
            for model, field in (file_fields() if erased else ())
            for row in model._base_manager.exclude(**{field: ""}).order_by("pk")
            if row not in erased
            and (hash_of(row, field) in hashes or is_like(getattr(row, "look", ""), looks))
        ]

    def erase(self, case, keys):
        for label, field, key in (key.split(" ") for key in keys):
            model = apps.get_model(label)
            rows = model._base_manager.filter(pk=key)
            if model in OWN:
                Files(self.name, self.label, model).erase(case, [key])
            else:
                case.add_task("file", name=rows.values_list(field, flat=True).get())
                rows.update(**{field: ""})


def file_fields():
    """Return (model, name) for each field of files. Renditions and unfinished uploads are deleted anyway."""
    return [
        (model, field.name)
        for model in apps.get_models()
        if not issubclass(model, (AbstractRendition, UploadedFile))
        for field in model._meta.local_concrete_fields
        if isinstance(field, FileField)
    ]


def hash_of(row, field):
    """Return the hash of the file in `field` of `row`, or None if the file is missing."""
    if hasattr(row, "file_hash"):
        return row.file_hash
    try:
        with getattr(row, field).open() as file:
            return hash_filelike(file)
    except OSError:
        return None


def files_of(case, model):
    """Return the primary keys of the files of `model` that the erased pages use, and nothing else uses."""
    if not case.erased:
        return set()
    pages = {key_of(Page, key) for key in case.erased}
    # The primary keys are strings, as in Wagtail's reference index.
    references = ReferenceIndex.objects.filter(to_content_type=ContentType.objects.get_for_model(model))
    rows = references.values_list("base_content_type", "object_id", "to_object_id")
    uses = [((content_type, key), file) for content_type, key, file in rows]
    found = {int(key) for holder, key in uses if holder in pages}
    versions = Revision.page_revisions.filter(object_id__in=[str(key) for key in case.erased])
    found |= {key for revision in versions for key in files_in(revision, model)}
    found -= {int(key) for holder, key in uses if holder not in pages}
    return found - used_in_drafts(case, model, found) if found else found


def files_in(revision, model):
    """Return the primary keys of the files of `model` that `revision` uses."""
    wanted = ContentType.objects.get_for_model(model).pk
    return {int(key) for content_type, key in references_in(revision) if content_type == wanted}


def used_in_drafts(case, model, keys):
    """Return those of `keys` that drafts and waiting versions of other pages use.

    The reference index only has what is in the rows of the pages.
    """
    drafts = Page.objects.filter(has_unpublished_changes=True).exclude(pk__in=case.erased)
    versions = Revision.page_revisions.filter(
        Q(pk__in=drafts.values("latest_revision")) | Q(pk__in=waiting_versions().values("pk"))
    ).exclude(object_id__in=[str(key) for key in case.erased])
    return {key for revision in versions.iterator() for key in files_in(revision, model)} & keys


register_place(Files("pictures", _("Pictures"), CleanImage))
register_place(Files("documents", _("Documents"), CleanDocument))
register_place(Copies())
for _model in (CleanImage, CleanDocument, Collection):
    sources.register(_model, is_shown=True)
sources.register(Tag, is_shown=True, erase=sources.delete_rows)
