"""Cleaned documents still work."""

import io
from collections import Counter
from pathlib import Path

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from pikepdf import Array, Dictionary, Name

from media.documents import clean_document
from media.sanitizer.__main__ import clean
from tests.support.document_samples import pdf, unpack_all

pytestmark = pytest.mark.sqlite_only

# Files that other programs wrote.
DATA = Path(__file__).parent / "data"


def cleaned(data, suffix):
    """Return the bytes `data`, cleaned by the sanitizer in this process."""
    return clean(io.BytesIO(data), suffix)


def test_pages_of_a_pdf_stay():
    with pikepdf.open(io.BytesIO(cleaned(pdf(), "pdf"))) as document:
        (page,) = document.pages
        assert page.Annots[0].A.URI == "https://example.org/"
        assert len(page.Annots) == 2  # The second link has lost its action, which would start a program.
        assert page.Resources.XObject.Im1.read_raw_bytes().startswith(b"\xff\xd8")
        assert "/Info" not in document.trailer


def draw_forms(document):
    """Let the page draw a form with words in it, which draws another one. Return the first form."""
    box = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": [0, 0, 9, 9]}
    inner = document.make_stream(b"BT (In the inner form.) Tj ET", **box)
    outer = document.make_stream(b"/P <</MCID 3>> BDC BT (In the form.) Tj ET EMC /Fm2 Do", **box)
    outer.Resources = Dictionary(XObject=Dictionary(Fm2=inner))
    document.pages[0].Resources.XObject.Fm1 = outer
    document.pages[0].Contents = document.make_stream(b"/Im1 Do /Fm1 Do")
    return outer


def mark_content(document):
    """Mark what the page draws by a text to say instead, and by a condition on the layers that are on."""
    layer = document.make_indirect(Dictionary(Type=Name.OCG, Name="A"))
    condition = document.make_indirect(Dictionary(Type=Name.OCMD, OCGs=[layer], P=Name.AnyOff))
    said = Dictionary(MCID=5, Lang="fr", ActualText="Said instead")
    document.pages[0].Resources.Properties = Dictionary(MC0=condition, MC1=said)
    document.pages[0].Contents = document.make_stream(b"/OC /MC0 BDC /Span /MC1 BDC /Im1 Do EMC EMC")


def tell_structure(document):
    """Add an element with a marked part of the page, one of a form, and a link, each a dictionary.

    The part with MCID 9 is in a form that no page draws. Without the form, it would be a part of the page.
    """
    unused = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Form)
    link = document.pages[0].Annots[0] = document.make_indirect(document.pages[0].Annots[0])
    parts = [
        Dictionary(Type=Name.MCR, Pg=document.pages[0].obj, MCID=4),
        Dictionary(Type=Name.MCR, Stm=draw_forms(document), MCID=3),
        Dictionary(Type=Name.MCR, Stm=unused, MCID=9),
        Dictionary(Type=Name.OBJR, Obj=link),
    ]
    element = document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P, K=Array(parts)))
    document.Root.StructTreeRoot = document.make_indirect(Dictionary(K=element))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        # With a space before it, a name is a key of the resources.
        (draw_forms, ["(In the form.)", "(In the inner form.)", "/Fm1 Do", "/Fm2 Do", " /Fm1 ", " /Fm2 "]),
        (mark_content, ["/P /AnyOff", "/OCGs [", "/MCID 5", "(Said instead)", "/Lang (fr)"]),
        (tell_structure, ["/MCID 4", "/MCID 3", "/Stm ", "/Type /OBJR"]),
    ],
)
def test_what_a_pdf_draws_and_says_to_screen_readers_stays(change, words):
    content = unpack_all(cleaned(pdf(change), "pdf")).decode("latin-1")
    assert [word for word in words if word not in content] == []
    assert "/MCID 9" not in content


def test_pages_of_an_ordinary_pdf_are_drawn_as_before():
    """Chromium wrote the file, with a structure tree for screen readers."""
    data = (DATA / "chromium.pdf").read_bytes()
    with pikepdf.open(io.BytesIO(data)) as old, pikepdf.open(io.BytesIO(cleaned(data, "pdf"))) as new:
        drawn = [list(map(str, pikepdf.parse_content_stream(pdf.pages[0]))) for pdf in (old, new)]
        tags = [Counter(str(each.get("/S")) for each in elements(pdf)) for pdf in (old, new)]
        assert new.pages[0].Annots[0].A.URI == "https://example.org/"
    assert drawn[0] == drawn[1]
    assert tags[0] == tags[1]
    assert tags[0]["/H1"] == 1
    assert tags[0]["/TD"] == 2


def elements(pdf):
    """Return the elements of the structure tree of `pdf`."""
    objects = (each for each in pdf.objects if isinstance(each, pikepdf.Dictionary))
    return [each for each in objects if each.get("/Type") == "/StructElem"]


def test_plain_text_stays_the_same():
    words = "Ségou, 12 août\r\n".encode()
    assert cleaned(words, "txt") == words
    assert cleaned(b"\xef\xbb\xbfa;b\n1;2\n", "csv") == b"\xef\xbb\xbfa;b\n1;2\n"


def test_size_is_limited_without_a_form_too():
    with pytest.raises(ValidationError):
        clean_document(ContentFile(b"a" * (15 * 1024 * 1024 + 1), name="a.txt"))
