"""Registers the Places of `media` for withdrawals: pictures, documents, tags and collections.

When a person withdraws, each Place finds and erases one kind of row (safeguarding/withdrawal/places.py).
`case` is always the Case.
"""

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from taggit.models import Tag
from wagtail.models import Collection, Page, ReferenceIndex, Revision

from media.models import CleanDocument, CleanImage
from media.shown_files import key_of, references_in, waiting_versions
from safeguarding.withdrawal.places import Found, Place, TextPlace, register_place
from safeguarding.withdrawal_models import Choice


class Files(Place):
    """The pictures or documents, by `model`, that only the erased pages use.

    Also pictures of the person, if these are withdrawn. After the restore of a backup, also pictures whose
    hash is in the ledger of earlier withdrawals.
    """

    # Before the TextPlaces, which have 20: those of files skip what find() notes in `case.logged`.
    order = 5

    def __init__(self, name, label, model):
        self.name, self.label, self.model = name, label, model

    def find(self, case):
        items = self.model.objects.filter(pk__in=self.keys(case)).order_by("pk")
        case.logged |= {(self.model, item.pk) for item in items}
        return [Found(str(item.pk), f"{item.title} ({item.created_at.date()})") for item in items]

    def keys(self, case):
        """Return the primary keys of the files to erase."""
        keys = files_of(case, self.model)
        if self.model is CleanImage:
            hashes = CleanImage.objects.values_list("pk", "file_hash")
            keys |= {key for key, file_hash in hashes if case.is_known_picture(file_hash)}
            if case.contributor and case.choice in {Choice.EVERYTHING, Choice.PICTURES}:
                shown = CleanImage.objects.filter(people=case.contributor)
                # The same picture may have been uploaded twice.
                same = CleanImage.objects.filter(file_hash__in=shown.values("file_hash"))
                keys |= set(same.values_list("pk", flat=True))
        return keys

    def erase(self, case, keys):
        # The same file may stay as another picture, such as an illustration. The ledger then doesn't list it.
        kept_hashes = set(self.model.objects.exclude(pk__in=keys).values_list("file_hash", flat=True))
        for item in self.model.objects.filter(pk__in=keys):
            files = [item.file.name]
            if self.model is CleanImage:
                case.hashes |= {item.file_hash} - kept_hashes
                files += item.renditions.values_list("file", flat=True)
            for name in files:
                case.add_task("file", name=name)
            item.delete()


def files_of(case, model):
    """Return the primary keys of the files of `model` that the erased pages use, and nothing else uses."""
    if not case.erased:
        return set()
    pages = {key_of(Page, key) for key in case.erased}
    uses = used_files(model)
    found = {int(key) for holder, key in uses if holder in pages}
    versions = Revision.page_revisions.filter(object_id__in=[str(key) for key in case.erased])
    found |= {key for revision in versions for key in files_in(revision, model)}
    found -= {int(key) for holder, key in uses if holder not in pages}
    return found - used_in_drafts(case, model, found) if found else found


def used_files(model):
    """Return a list of ((content type, primary key) of what uses a file, primary key of the file).

    The primary keys are strings, as in Wagtail's reference index.
    """
    references = ReferenceIndex.objects.filter(to_content_type=ContentType.objects.get_for_model(model))
    rows = references.values_list("base_content_type", "object_id", "to_object_id")
    return [((content_type, key), file) for content_type, key, file in rows]


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


def register():
    """Register the Places of this module."""
    register_place(Files("pictures", _("Pictures"), CleanImage))
    register_place(Files("documents", _("Documents"), CleanDocument))
    register_place(
        TextPlace(
            "picture_texts",
            _("Texts of other pictures"),
            CleanImage,
            ("title", "description", "credit"),
            erase_rows=lambda rows, case: rows.update(title=case.code, description="", credit=""),
            skipped=lambda case: Q(pk__in=[key for model, key in case.logged if model is CleanImage]),
        )
    )
    register_place(
        TextPlace(
            "document_titles",
            _("Titles of other documents"),
            CleanDocument,
            ("title",),
            erase_rows=lambda rows, case: rows.update(title=case.code),
            skipped=lambda case: Q(pk__in=[key for model, key in case.logged if model is CleanDocument]),
        )
    )
    register_place(TextPlace("tags", _("Tags"), Tag, ("name", "slug")))
    register_place(
        TextPlace(
            "collections",
            _("Collections"),
            Collection,
            ("name",),
            erase_rows=lambda rows, case: rows.update(name=case.code),
        )
    )
