"""Imports files of the old site's uploads folder into the library. They are cleaned as all uploads are."""

import functools
import hashlib
import zipfile
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from wagtail.utils.file import hash_filelike

from media.cleaning import clean_picture
from media.documents import SUFFIXES
from media.models import CleanDocument, CleanImage
from safeguarding.withdrawal.addresses import is_erased_picture
from wordpress_import.export import VARIANT
from wordpress_import.models import ImportedFile
from wordpress_import.sources import DAMAGED, ExportError

PICTURES = {f".{suffix}" for suffix in settings.WAGTAILIMAGES_EXTENSIONS}
# What takes the place of a primary key while nothing is written: the file is there, and would be imported.
WOULD_BE_IMPORTED = -1


def path_in_uploads(name):
    """Return the part of the path `name` that follows the uploads folder."""
    return name.replace("\\", "/").rpartition("uploads/")[2].strip("/")


class Uploads:
    """The files of a folder or a .zip. `names`: {path in the uploads folder: name}."""

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
        """Return the name of the file at `path`, of a smaller copy if it is not there, or None."""
        if path in self.names:
            return self.names[path]
        copies = self.copies.get(path, ())
        return next((self.names[each] for each in copies if each not in export.originals), None)

    @functools.cached_property
    def copies(self):
        """{path: paths of the smaller copies}."""
        copies = {}
        for path in self.names:
            copies.setdefault(VARIANT.sub("", path), []).append(path)
        return copies

    def read(self, name, limit):
        """Return at most `limit` + 1 bytes of the file `name`. Raises one of DAMAGED."""
        if self.path.is_dir():
            with (self.path / name).open("rb") as file:
                return file.read(limit + 1)
        with self.archive.open(name) as file:
            return file.read(limit + 1)


class Library:
    """Finds files by their path in the uploads folder, and imports those that are asked for.

    `export`: the Export. `uploads`: Uploads, or None. `used`: the paths of the files that pages show.
    """

    def __init__(self, export, uploads=None, *, writes=False):
        self.export, self.uploads, self.writes = export, uploads, writes
        self.source = export.source
        self.used, self.refused = set(), {}
        self.stored = []  # (storage, name) of the files of the item that is being written
        files = ImportedFile.objects.filter(source=self.source)
        self.known = {file.key: file.image_id or file.document_id for file in files}

    def image(self, path, alt):
        """Return the primary key of the picture at `path`, or None if it is missing or refused.

        `alt`: its alternative text, which becomes its title and description.
        """
        return self.find(path, PICTURES, lambda file: self.add_image(file, alt))

    def document(self, path):
        """Return the primary key of the document at `path`, or None if it is missing or refused."""
        return self.find(path, SUFFIXES, self.add_document)

    def find(self, path, suffixes, add):
        """Return the primary key of the file at `path`, or None. `add`: function that imports it."""
        if PurePosixPath(path.lower()).suffix not in suffixes:
            return None
        key = hashlib.sha256(path.encode()).hexdigest()
        if key not in self.known:
            name = self.uploads.find(path, self.export) if self.uploads else None
            if name is None or path in self.refused:
                return None
            if not self.writes:
                self.used.add(path)
                return WOULD_BE_IMPORTED
            self.known[key] = self.store(path, name, key, add)
        if self.known[key] is not None:
            self.used.add(path)
        return self.known[key]

    def store(self, path, name, key, add):
        """Import the file `name`. Return its primary key, or None if it is refused."""
        try:
            data = self.uploads.read(name, settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE)
            file = add(ContentFile(data, name=f"file{PurePosixPath(path.lower()).suffix}"))
        except (ValidationError, *DAMAGED) as error:
            self.refused[path] = "; ".join(getattr(error, "messages", [str(error)]))
            return None
        self.stored.append((file.file.storage, file.file.name))
        kind = "image" if isinstance(file, CleanImage) else "document"
        ImportedFile.objects.create(source=self.source, key=key, **{kind: file})
        return file.pk

    def add_image(self, file, alt):
        """Return a new CleanImage of `file`. `alt`: its alternative text."""
        # With this value and no people, the picture is not shown until somebody says who is on it.
        shows = CleanImage.Shows.PERSON_IN_STORY
        title = alt or "From WordPress"
        clean = clean_picture(file, file.name)
        if is_erased_picture(hash_filelike(clean)):
            raise ValidationError("it was withdrawn here")
        return CleanImage.objects.create(title=title[:255], description=alt[:255], file=clean, shows=shows)

    def add_document(self, file):
        """Return a new CleanDocument of `file`."""
        return CleanDocument.objects.create(title="From WordPress", file=file)

    def forget(self):
        """Forget what was imported in a transaction that was rolled back, and delete its files."""
        for storage, name in self.stored:
            storage.delete(name)
        files = ImportedFile.objects.filter(source=self.source)
        self.known = {each.key: each.image_id or each.document_id for each in files}
