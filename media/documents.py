"""Makes a document safe to keep: what tells by whom, when and where it was made is taken out.

What can't be cleaned is refused, with words that say how to save a clean copy.
"""

from pathlib import PurePath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from media.cleaning import is_sealed, read_bounded, sealed
from media.office import clean_office, clean_open_document
from media.pdf import clean_pdf


def clean_document(file, name):
    """Return the document in `file`, an open file that is called `name`, as a clean ContentFile.

    Raises ValidationError, in an editor's words, when its kind can't be cleaned, when it isn't what
    its name says, when it is locked, or when it holds what must not be published.
    """
    clean = CLEANERS.get(suffix := PurePath(name).suffix.lower())
    if not clean:
        raise ValidationError(
            _(
                "Files of this kind can't be cleaned of the names and dates in them. "
                "Save it as PDF, Word (.docx) or Excel (.xlsx), and use that."
            )
        )
    data = read_bounded(file, settings.WAGTAILDOCS_MAX_UPLOAD_SIZE)
    if is_sealed(data, name):
        return ContentFile(data, name=PurePath(name).name)
    try:
        return sealed(clean(data), suffix)
    except ValidationError:
        raise
    except Exception as error:  # the libraries raise all kinds on a broken file
        raise ValidationError(
            _("This can't be read as %(kind)s. It may be damaged: save it anew and try again.")
            % {"kind": suffix[1:].upper()}
        ) from error


def clean_text(data):
    """Return the plain text `data` as it is: there is nothing in it but what its reader sees."""
    try:
        if "\0" not in data.decode("utf-8"):
            return data
    except UnicodeDecodeError:
        pass
    raise ValidationError(
        _("This is no text in UTF-8. Save it as “CSV UTF-8” or as text in UTF-8, and use that.")
    )


CLEANERS = {
    ".csv": clean_text,
    ".docx": clean_office,
    ".ods": clean_open_document,
    ".odt": clean_open_document,
    ".pdf": clean_pdf,
    ".txt": clean_text,
    ".xlsx": clean_office,
}
