"""Imports files of the old site's uploads folder into the library. They are cleaned as all uploads are."""

import hashlib
import zipfile
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from media.documents import SUFFIXES
from media.models import CleanDocument, CleanImage
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
    """The files of an uploads folder. `path`: a folder or a .zip file.

    Raises ExportError if it can't be read.

    `names`: {path in the uploads folder: name of the file in the folder or .zip file}.
    """

    def __init__(self, path):
        self.path = path
        self.names = {}
        try:
            if path.is_dir():
                root = path.resolve()
                found = (each for each in path.rglob("*") if each.is_file())
                # A symbolic link could lead out of the folder.
                names = [str(each.relative_to(path)) for each in found if each.resolve().is_relative_to(root)]
            else:
                with zipfile.ZipFile(path) as archive:
                    names = archive.namelist()
        except DAMAGED as error:
            raise ExportError(f"{path.name}: the uploads can't be read ({error}).") from None
        for name in names:
            key = path_in_uploads(name)
            self.names[key] = name
        # If a picture itself is missing, a smaller copy of it takes its place.
        for name in names:
            key = path_in_uploads(name)
            self.names.setdefault(VARIANT.sub("", key), name)

    def read(self, name, limit):
        """Return at most `limit` + 1 bytes of the file `name`. Raises one of DAMAGED."""
        if self.path.is_dir():
            with (self.path / name).open("rb") as file:
                return file.read(limit + 1)
        with zipfile.ZipFile(self.path) as archive, archive.open(name) as file:
            return file.read(limit + 1)


class Library:
    """Finds files by their path in the uploads folder, and imports those that are asked for.

    `uploads`: the Uploads, or None. `source`: the address of the old site. `writes`: whether files are
    imported. `used`: the paths of the files that pages show. `refused`: {path: why a file could not be
    imported}. `known`: {key of an ImportedFile: primary key of the picture or document, or None if it was
    deleted}.
    """

    def __init__(self, uploads=None, *, source="", writes=False):
        self.uploads, self.source, self.writes = uploads, source[:200], writes
        self.used, self.refused = set(), {}
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
            name = self.uploads.names.get(path) if self.uploads else None
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
        kind = "image" if isinstance(file, CleanImage) else "document"
        ImportedFile.objects.create(source=self.source, key=key, **{kind: file})
        return file.pk

    def add_image(self, file, alt):
        """Return a new CleanImage of `file`. `alt`: its alternative text."""
        # With this value and no people, the picture is not shown until somebody says who is on it.
        shows = CleanImage.Shows.PERSON_IN_STORY
        title = alt or "From WordPress"
        return CleanImage.objects.create(title=title[:255], description=alt[:255], file=file, shows=shows)

    def add_document(self, file):
        """Return a new CleanDocument of `file`."""
        return CleanDocument.objects.create(title="From WordPress", file=file)

    def forget(self):
        """Load `known` again, after a transaction was rolled back."""
        files = ImportedFile.objects.filter(source=self.source)
        self.known = {each.key: each.image_id or each.document_id for each in files}
