"""Cleans uploaded files with media.sanitizer. The result is a CleanFile: media/fields.py stores no other."""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from media.process import sanitize
from media.sanitizer.reasons import Reason, Refused

PNG_START = b"\x89PNG\r\n\x1a\n"
# The suffixes of cleaned pictures.
PICTURE_SUFFIXES = {".jpg", ".png"}
# {Reason why a picture is refused: message for editors}. UNREADABLE is the message for all other Reasons.
MESSAGES = {
    Reason.MOVES: gettext_lazy("This picture moves. Save one still picture of it, and use that."),
    Reason.PIXELS: gettext_lazy(
        "This picture has too many pixels: %(millions)s million at most. Make it smaller and try again."
    ),
}
UNREADABLE = gettext_lazy(
    "This can't be read as a picture. It may be damaged, or of a kind that isn't used here: "
    "save it as JPEG or PNG and try again."
)


class CleanFile(ContentFile):
    """The bytes of a cleaned file. The site makes it of what the sanitizer returned, and of a stored one.

    Its name is random, because the name of an upload can name a person.
    """

    def __init__(self, data, suffix):
        super().__init__(data, name=f"{secrets.token_hex(16)}{suffix}")
        self.suffix = suffix


def clean_picture(file):
    """Return the picture in the open file `file` as a CleanFile without metadata.

    The result is a PNG or a JPEG: media/sanitizer/raster.py. Raises ValidationError, with a message for
    editors, if the file is not a picture, is broken, is animated, is too large, or takes more memory or time
    than media/sanitizer/limits.py allows.
    """
    data = read_bounded(file, settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE)
    try:
        data = sanitize(data, "picture")
    except Refused as refused:
        message = MESSAGES.get(refused.reason, UNREADABLE)
        raise ValidationError(message % {"millions": refused.number // 1_000_000}) from None
    return CleanFile(data, ".png" if data.startswith(PNG_START) else ".jpg")


def read_bounded(file, max_bytes):
    """Return the bytes of `file`. Raises ValidationError if there are more than `max_bytes`."""
    file.seek(0)
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        text = _("This file is too large: %(most)s at most.")
        raise ValidationError(text % {"most": filesizeformat(max_bytes)})
    return data
