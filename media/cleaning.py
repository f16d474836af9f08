"""Cleans uploaded pictures with media.sanitizer, and signs the names of cleaned files.

The file name of a cleaned file is a random nonce and a signature, a keyed hash of the bytes. A file with a
valid signature has been cleaned by this site before, and is not cleaned a second time.
"""

import secrets
from pathlib import PurePath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.template.defaultfilters import filesizeformat
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from media.process import sanitize
from media.sanitizer.reasons import Reason, Refused

PNG_START = b"\x89PNG\r\n\x1a\n"
# The suffixes of cleaned pictures.
CLEAN_SUFFIXES = {".jpg", ".png"}
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


def clean_picture(file, name):
    """Return the picture in the open file `file` as a ContentFile without metadata.

    `name`: the name of the file. The result is a PNG or a JPEG: media/sanitizer/raster.py. Raises
    ValidationError, with a message for editors, if the file is not a picture, is broken, is animated, is too
    large, or takes more memory or time than media/sanitizer/limits.py allows.
    """
    data = read_bounded(file, settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE)
    path = PurePath(name)
    # Documents are signed too, so the suffix has to be that of a picture.
    if path.suffix in CLEAN_SUFFIXES and is_signed(data, name):
        return ContentFile(data, name=path.name)
    try:
        data = sanitize(data, "picture")
    except Refused as refused:
        message = MESSAGES.get(refused.reason, UNREADABLE)
        raise ValidationError(message % {"millions": refused.number // 1_000_000}) from None
    return sign(data, ".png" if data.startswith(PNG_START) else ".jpg")


def read_bounded(file, max_bytes):
    """Return the bytes of `file`. Raises ValidationError if there are more than `max_bytes`."""
    file.seek(0)
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ValidationError(
            _("This file is too large: %(most)s at most.") % {"most": filesizeformat(max_bytes)}
        )
    return data


# --- Signed file names ---------------------------------------------------------------------------


def sign(data, suffix):
    """Return the cleaned bytes `data` as a ContentFile: 16 hex digits of nonce, 16 of signature, `suffix`."""
    nonce = secrets.token_hex(8)
    return ContentFile(data, name=f"{nonce}{_signature(nonce, data, suffix, settings.SECRET_KEY)}{suffix}")


def is_signed(data, name):
    """Return whether `name` has a valid signature of `data`, so `data` was cleaned by this site."""
    path = PurePath(name)
    nonce, signature = path.stem[:16], path.stem[16:]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(signature, _signature(nonce, data, path.suffix, key)) for key in keys)


def _signature(nonce, data, suffix, key):
    # The suffix is signed too: bytes that were cleaned as text could be a PDF.
    salt = f"media.cleaning{suffix}{nonce}"
    return salted_hmac(salt, data, secret=key, algorithm="sha256").hexdigest()[:16]
