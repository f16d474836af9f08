"""Imports files of the old site's uploads folder into the library. They are cleaned as all uploads are."""

import functools
import zipfile
from collections import defaultdict
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from wagtail.utils.file import hash_filelike

from media.cleaning import clean_picture
from media.documents import SUFFIXES, clean_document
from media.models import CleanDocument, CleanImage
from safeguarding.withdrawal.addresses import is_erased_picture
from wordpress_import.addresses import digest_of
from wordpress_import.connections import FetchError
from wordpress_import.export import VARIANT
from wordpress_import.models import ImportedFile
from wordpress_import.sources import DAMAGED, ExportError

# {kind of a file: suffixes}.
KINDS = {"image": {f".{suffix}" for suffix in settings.WAGTAILIMAGES_EXTENSIONS}, "document": SUFFIXES}
# Stands for a primary key without `writes`: the file exists or may be fetched, and would be imported.
WOULD_BE_IMPORTED = -1


def is_of_kind(path, kind):
    """Return whether the file at `path` has a suffix of `kind`: "image" or "document"."""
    return PurePosixPath(path.lower()).suffix in KINDS[kind]


def path_in_uploads(name):
    """Return the part of the path `name` below the uploads folder: all of it if the copy begins in there."""
    return name.replace("\\", "/").rpartition("uploads/")[2].strip("/")


class Uploads:
    """The copy of the old site's uploads folder: a folder, or a .zip.

    `names`: {path below the uploads folder: name of the file in the folder or the .zip}.
    """

    def __init__(self, path):
        self.path = path
        try:
            if path.is_dir():
                root = path.resolve()
                found = (each for each in path.rglob("*") if each.is_file())
                # A symbolic link could lead out of the folder.
                names = [str(each.relative_to(path)) for each in found if each.resolve().is_relative_to(root)]
            else:
                # It stays open: to read the list of its files for each picture would take long.
                self.archive = zipfile.ZipFile(path)
                names = self.archive.namelist()
        except DAMAGED as error:
            raise ExportError(f"{path.name}: the uploads can't be read ({error}).") from None
        self.names = {path_in_uploads(name): name for name in names}

    def find(self, path, export):
        """Return the name of the file at `path`, else of the first smaller or turned copy, or None.

        Nothing fetches the file itself where there is such a copy.
        """
        if path in self.names:
            return self.names[path]
        copies = self.copies.get(path, ())
        return next((self.names[each] for each in copies if each not in export.named_like_copies), None)

    @functools.cached_property
    def copies(self):
        """{path without the size: paths of its copies, and its own if it is there}."""
        copies = defaultdict(list)
        for path in self.names:
            copies[VARIANT.sub("", path)].append(path)
        return copies

    def read(self, name, limit):
        """Return at most `limit` + 1 bytes of the file `name`. Raises one of DAMAGED."""
        with (self.path / name).open("rb") if self.path.is_dir() else self.archive.open(name) as file:
            return file.read(limit + 1)


class Library:
    """Finds files by their path in the uploads folder, and imports those that are asked for.

    `export`: the Export. `uploads`: Uploads, or None. `fetcher`: the Fetcher for files that are not there, or
    None. `fetches_again`: whether it also fetches those that it could not fetch before. `writes`: False in a
    trial run, and while writing.py looks which files an item needs. `used`: the paths of the files that pages
    show. `refused`: {path: reason} of those that can't be used. `known`: {digest of a path: primary key} of
    the imported files, None for those that were deleted or that store() refused. `problems`: {digest of a
    path: reason} of those that refuse_fetched() refused, in this run or in earlier ones.
    """

    def __init__(self, export, uploads, fetcher, *, fetches_again, writes):
        self.export, self.uploads, self.fetcher, self.writes = export, uploads, fetcher, writes
        self.source = export.source
        self.used, self.refused = set(), {}
        # PageWriter empties these three for each item.
        self.stored = []  # (storage, name) of the files of the item that is being written
        self.wanted = {}  # {path: address in the item} of its files that have to be fetched
        self.shown = {}  # {path: {"image_id" or "document_id": primary key}} of its files
        self.known = self.find_known()
        failed = ImportedFile.objects.filter(source=self.source).exclude(problem="")
        self.problems = {} if fetches_again else dict(failed.values_list("key", "problem"))

    def find_known(self):
        """Return {key: primary key, or None if somebody deleted it} of the files that were imported."""
        files = ImportedFile.objects.filter(source=self.source, problem="")
        return {each.key: each.image_id or each.document_id for each in files}

    def find(self, kind, path, url, alt=""):
        """Return the primary key of the file at `path`, or None if it is missing, refused or deleted here.

        Without `writes`, that of a file to import is WOULD_BE_IMPORTED. `path`: the whole address for a
        picture of another site. `kind`: "image" or "document". `url`: its address in the item. `alt`: the
        alternative text of a picture, which becomes its title and description.
        """
        if not is_of_kind(path, kind):
            return None
        key = digest_of(path)
        if key not in self.known:
            name = self.uploads.find(path, self.export) if self.uploads else None
            if path in self.refused or (name is None and not self.can_fetch(path, url)):
                return None
            if not self.writes:
                self.used.add(path)
                return WOULD_BE_IMPORTED
            self.known[key] = self.store(path, name, kind, alt)
        if self.known[key] is not None:
            self.used.add(path)
            self.shown[path] = {f"{kind}_id": self.known[key]}
        return self.known[key]

    def can_fetch(self, path, url):
        """Return whether the file at `path` was fetched or, without `writes`, whether it may be.

        In the second case, the file is noted in `wanted`, or the reason against it in `refused`.
        """
        if self.fetcher is None:
            return False
        if self.writes:
            return path in self.fetcher.places
        reason = self.problems.get(digest_of(path)) or self.fetcher.refusal(path, url)
        if reason:
            self.refused[path] = reason
        else:
            self.wanted[path] = url
        return not reason

    def fetch_wanted(self):
        """Fetch the files that were noted in `wanted`. Failures are stored."""
        self.fetcher.forget()
        for path, url in self.wanted.items():
            try:
                self.fetcher.fetch(path, url)
            except FetchError as error:
                self.refuse_fetched(path, str(error))

    def refuse_fetched(self, path, reason):
        """Store `reason`. Later runs fetch the file at `path` only if `fetches_again`."""
        self.refused[path] = self.problems[digest_of(path)] = reason[:200]
        ImportedFile.objects.update_or_create(
            source=self.source, key=digest_of(path), defaults={"problem": reason[:200]}
        )

    def store(self, path, name, kind, alt):
        """Import the file at `path`. Return its primary key, or None if it is refused.

        `name`: its name in the uploads, or None if it was fetched.
        """
        try:
            if name is None:
                data = self.fetcher.read(path)
            else:
                data = self.uploads.read(name, settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE)
            file = ContentFile(data, name=f"file{PurePosixPath(path.lower()).suffix}")
            file = self.add_image(file, alt) if kind == "image" else self.add_document(file)
        except (ValidationError, *DAMAGED) as error:
            reason = "; ".join(getattr(error, "messages", [str(error)]))
            if name is None:
                self.refuse_fetched(path, reason)
            else:
                self.refused[path] = reason
            return None
        self.stored.append((file.file.storage, file.file.name))
        ImportedFile.objects.update_or_create(
            source=self.source, key=digest_of(path), defaults={kind: file, "problem": ""}
        )
        return file.pk

    def add_image(self, file, alt):
        """Return a new CleanImage of `file`. `alt`: its alternative text."""
        # With this value and no people, the picture is not shown until somebody says who is on it.
        shows = CleanImage.Shows.PERSON_IN_STORY
        title = alt or "From WordPress"
        clean = clean_picture(file)
        if is_erased_picture(hash_filelike(clean)):
            raise ValidationError("it was withdrawn here")
        return CleanImage.objects.create(title=title[:255], description=alt[:255], file=clean, shows=shows)

    def add_document(self, file):
        """Return a new CleanDocument of `file`."""
        return CleanDocument.objects.create(title="From WordPress", file=clean_document(file))

    def roll_back(self):
        """After the transaction of an item was rolled back, delete its files, and read what is imported."""
        for storage, name in self.stored:
            storage.delete(name)
        self.known = self.find_known()
