"""Takes out of a PDF what isn't on its pages. The work is done by pikepdf, that is by qpdf."""

import io

import pikepdf
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pikepdf import Array, Dictionary, Name, Stream
from pikepdf.sanitize import Sanitizer

from media.strip import strip_jpeg

# For the whole process, as qpdf has it: bytes that one compressed stream may take when it is opened.
# What is on the pages isn't opened at all, only the lists of objects, which are much smaller.
pikepdf.settings.set_qpdf_limits(flate_max_memory=100_000_000, doc_max_warnings=1000)

SANITIZER = Sanitizer().remove_attachments().remove_collection().remove_javascript().remove_multimedia()
# On any object: metadata as XML, programs' own notes, small previews, dates, where it was taken from.
LEFT_OUT = (
    Name.Metadata,
    Name.PieceInfo,
    Name.Thumb,
    Name.LastModified,
    Name.SpiderInfo,
    Name.OPI,
    Name("/PTEX.FileName"),
    Name("/PTEX.InfoDict"),
    Name("/PTEX.Fullbanner"),
)
# What a click does with other files and programs, whose folder can name a person.
OTHER_FILES = (Name.Launch, Name.GoToR, Name.GoToE, Name.ImportData)
# On a note that somebody stuck on a page: who, when, what about.
LEFT_OUT_OF_NOTES = (Name.T, Name.M, Name.CreationDate, Name.NM, Name.Subj)


def clean_pdf(data):
    """Return the PDF `data` written anew, so also without its earlier versions and deleted objects.

    Raises ValidationError when it is locked, signed or a form in Adobe's XFA, or has a picture that
    can't be cleaned; and errors of pikepdf when it is broken.
    """
    try:
        # No recovery: half of a document, put together by guessing, is worse than a clear no.
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False)
    except pikepdf.PasswordError:
        raise locked() from None
    with pdf:
        if pdf.is_encrypted:
            raise locked()
        SANITIZER.apply(pdf)
        take_out(pdf.trailer, ("/Info", "/ID"))
        for found in list(pdf.objects):
            for each in walk(found):
                clean_object(each)
        output = io.BytesIO()
        # What is compressed stays so: nothing is opened that may be a bomb.
        pdf.save(output, stream_decode_level=pikepdf.StreamDecodeLevel.none, deterministic_id=True)
        return output.getvalue()


def locked():
    return ValidationError(_("This file is locked with a password. Save a copy without one, and use that."))


def walk(found):
    """Give the dictionary or stream `found` and those written inside it, however deep."""
    waiting = [found]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (Dictionary, Stream)):
            yield each
            values = [value for _key, value in each.items()]
        elif isinstance(each, Array):
            values = list(each)
        else:
            continue
        # The others are objects of their own, met in the list of objects.
        waiting += [v for v in values if isinstance(v, pikepdf.Object) and not v.is_indirect]


def clean_object(each):
    """Take out of one dictionary or stream what must not be in it. Raises ValidationError."""
    if each.get(Name.FT) == Name.Sig or each.get(Name.Type) == Name.Sig or Name.XFA in each:
        raise ValidationError(
            _("This PDF is signed, or a form that can't be cleaned. Print it to a new PDF, and use that.")
        )
    take_out(each, LEFT_OUT)
    if Name.Rect in each and each.get(Name.Subtype) not in (None, Name.Widget):
        take_out(each, LEFT_OUT_OF_NOTES)
    if each.get(Name.S) in OTHER_FILES:
        take_out(each, [key for key in each if key != "/S"])
    if isinstance(each, Stream):
        clean_picture_stream(each)


def take_out(each, keys):
    for key in keys:
        if key in each:
            del each[key]


def clean_picture_stream(stream):
    """Clean `stream` if it is a picture file in the PDF: JPEG has room for place and time, JPEG 2000 too."""
    filters = stream.get(Name.Filter)
    filters = list(filters) if isinstance(filters, Array) else [filters]
    if filters == [Name.DCTDecode]:
        settings = stream.get(Name.DecodeParms)
        stream.write(strip_jpeg(stream.read_raw_bytes()), filter=Name.DCTDecode, decode_parms=settings)
    elif Name.DCTDecode in filters or Name.JPXDecode in filters:
        raise ValidationError(
            _("This PDF has a picture that can't be cleaned. Print it to a new PDF, and use that.")
        )
